/** Every invariant of R4, on random resources: the compiled form and the `fhirpath` engine agree. */

import t from 'tap'
import { loadDefinitions } from '../../../../src/conformance/definitions.ts'
import { compileExpression } from '../../../../src/fhir/path/compiled/compile.ts'
import { evaluate, ofDefinitions } from '../../../../src/fhir/path/evaluate.ts'
import { isObject, type Json, type Resource } from '../../../../src/fhir/resource.ts'
import { fc } from '../../../property.ts'
import { lifelike } from '../../../search/lifelike.ts'
import { randomResource } from '../../xml/random-resource.ts'
import { type Invariant, invariantsOfR4, type Site, sitesOf } from './invariants.ts'

const { shapes } = loadDefinitions()
const invariants = invariantsOfR4()
const everything = [...invariants.values()].flat()

/** Where the two differ, and why ours stands. (With other seeds, also `isDistinct` of equal texts whose extensions differ.) */
const explained: Readonly<Record<string, string>> = {
  'eld-16': 'the engine refuses the pattern: it reads all patterns in the strict mode',
  'eld-19': 'the same',
  'eld-20': 'the same',
  'rng-2': 'of quantities without a value, the engine says that the one is less',
  'ele-1': 'the engine says that xhtml has no value',
  'ig-1': '%context: the engine can only be asked from the resource',
}

t.test('no invariant of R4 is beyond the compiler', async t => {
  const beyond = everything.filter(({ expression }) => !compileExpression(expression, { type: 'Element', shapes }))
  t.ok(everything.length > 1_000)
  t.strictSame([...new Set(beyond.map(({ key }) => key))], [], 'what falls back to the engine')
})

/** Words that conditions look for, so that they find some. */
const words = [
  ...new Set(everything.flatMap(({ expression }) => expression.match(/(?<=')[^'\\ ]{1,80}(?=')/g) ?? [])),
] as const

/** Texts and numbers changed here and there for some that make a difference; dates stay dates. */
function pointed(resource: Resource, seed: number): Resource {
  let turn = seed
  const one = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(one)
    if (isObject(value)) {
      const members = Object.entries(value).filter(([name]) => name !== 'resourceType')
      return { ...value, ...Object.fromEntries(members.map(([name, member]) => [name, one(member ?? null)])) }
    }
    turn = (turn * 1_103_515_245 + 12_345) % 2_147_483_648
    if (typeof value === 'number' && turn % 3 === 0) return (turn >> 4) % 5
    const free = typeof value === 'string' && /^(?!\d{4})[\w -]*$/.test(value)
    return free && turn % 2 === 0 ? words[(turn >> 8) % words.length]! : value
  }
  return one(resource) as Resource
}

function ours({ type, foci }: Site, expression: string, resource: Resource): readonly string[] {
  const compiled = compileExpression(expression, { type, shapes })!
  return foci.map(({ value, companion }) => {
    const [result] = compiled.run(value, { resource }, companion)
    return result === undefined ? 'empty' : String(result.value)
  })
}

/** All foci at once. `as` of many is an error to the engine, and `%resource` is unknown to it. */
function theirs({ path }: Site, expression: string, resource: Resource): readonly Json[] {
  const known = expression.replaceAll(/%(?:rootR|r)esource\b/g, '%context').replaceAll(/\bas\(/g, 'ofType(')
  const verdict = `iif((${known}).empty(), 'empty', iif(${known}, 'true', 'false'))`
  return evaluate(`${path}.select(${verdict})`, resource, ofDefinitions)
}

function answer(ask: () => readonly Json[]): string {
  try {
    return ask().join()
  } catch {
    return 'refused'
  }
}

type Question = { readonly site: Site; readonly invariant: Invariant; readonly resource: Resource }

function* questions(): Iterable<Question> {
  let n = 0
  for (const type of [...shapes.resourceTypes, 'Parameters']) {
    for (const sample of fc.sample(randomResource(type, shapes), { seed: 7, numRuns: 2 })) {
      const resource = pointed(lifelike(sample, shapes, ++n), n)
      for (const site of sitesOf(resource, shapes)) {
        const asked = new Set([site.definition, site.type].flatMap(path => invariants.get(path) ?? []))
        for (const invariant of asked) yield { site, invariant, resource }
      }
    }
  }
}

t.test('the engine comes to the same verdicts', async t => {
  const verdicts = new Map<string, Set<string>>()
  let turn = 0
  for (const { site, invariant, resource } of questions()) {
    const { key, expression } = invariant
    // These two are asked of every element there is; a sample of them will do.
    if ((key === 'ele-1' || key === 'ext-1') && turn++ % 31 > 0) continue
    const mine = answer(() => ours(site, expression, resource))
    if (!(key in explained))
      t.equal(
        mine,
        answer(() => theirs(site, expression, resource)),
        `${key} at ${site.path}`,
      )
    const known = verdicts.get(key) ?? new Set()
    verdicts.set(key, known)
    for (const verdict of mine.split(',')) known.add(verdict)
  }
  const decided = [...verdicts.values()].filter(known => known.has('true') && known.has('false'))
  t.ok(verdicts.size > 200, `${verdicts.size} invariants were asked`)
  t.ok(decided.length > 60, `${decided.length} of them held here and were broken there`)
})
