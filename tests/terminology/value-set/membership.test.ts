/** The algebra against a naive one, on small random systems. */

import t from 'tap'
import type { JsonObject, Resource } from '../../../src/fhir/resource.ts'
import type { CodeSystem, Relations } from '../../../src/terminology/code-system.ts'
import { ConceptSet } from '../../../src/terminology/concept-set.ts'
import { objectOf, objectsOf, textOf } from '../../../src/terminology/element.ts'
import { readCodeSystem } from '../../../src/terminology/resource/resource-code-system.ts'
import { expand } from '../../../src/terminology/value-set/expand.ts'
import { membershipsOf } from '../../../src/terminology/value-set/membership.ts'
import { type Terminology, terminologyOf } from '../../../src/terminology/value-set/terminology.ts'
import { isMember, validate } from '../../../src/terminology/value-set/validate.ts'
import { noRules, versionRules } from '../../../src/terminology/value-set/version-rules.ts'
import { fc } from '../../property.ts'

/** Plain objects, as JSON gives them. */
const record = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(fields, { noNullPrototype: true }) as fc.Arbitrary<T>

const urls = ['http://t/a', 'http://t/b']
type Node = {
  readonly code: string
  readonly parents: readonly string[]
  readonly colour: string
  readonly inactive: boolean
}

const codes = Array.from({ length: 8 }, (_, index) => `c${index}`)
const nodes: fc.Arbitrary<Node[]> = fc
  .array(
    record({
      above: fc.array(fc.nat(7), { maxLength: 2 }),
      colour: fc.constantFrom('red', 'blue'),
      inactive: fc.boolean(),
    }),
    {
      minLength: 8,
      maxLength: 8,
    },
  )
  .map(list =>
    list.map(({ above, colour, inactive }, index) => ({
      code: `c${index}`,
      // Upward only, so without cycles.
      parents: [...new Set(above.filter(parent => parent < index).map(parent => `c${parent}`))],
      colour,
      inactive,
    })),
  )

const filter = fc.oneof(
  record({
    property: fc.constant('concept'),
    op: fc.constantFrom('is-a', 'descendent-of', 'is-not-a', 'generalizes', 'child-of', 'descendent-leaf'),
    value: fc.constantFrom(...codes),
  }),
  record({
    property: fc.constant('colour'),
    op: fc.constantFrom('=', 'in', 'not-in'),
    value: fc.constantFrom('red', 'blue'),
  }),
)
const clause = fc.oneof(
  record({ system: fc.constantFrom(...urls) }),
  record({ system: fc.constantFrom(...urls), filter: fc.array(filter, { minLength: 1, maxLength: 2 }) }),
  record({
    system: fc.constantFrom(...urls),
    concept: fc.array(record({ code: fc.constantFrom(...codes, 'none') }), { minLength: 1, maxLength: 5 }),
  }),
)
const imports = record({
  valueSet: fc.constantFrom(['http://t/vs/0'], ['http://t/vs/1'], ['http://t/vs/0', 'http://t/vs/1']),
})
const compose = (of: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> =>
  record({
    include: fc.array(of, { minLength: 1, maxLength: 3 }),
    exclude: fc.array(of, { maxLength: 2 }),
    inactive: fc.boolean(),
  })
const plain = clause as fc.Arbitrary<JsonObject>
const both = fc.oneof(
  plain,
  imports as fc.Arbitrary<JsonObject>,
  fc.tuple(plain, imports).map(([a, b]) => ({ ...a, ...b })),
)

function resourcesOf(systems: readonly Node[][], composes: readonly JsonObject[]): Resource[] {
  const property = [
    { code: 'colour', type: 'code' },
    { code: 'parent', type: 'code' },
    { code: 'inactive', type: 'boolean' },
  ]
  return [
    ...systems.map(
      (list, index): Resource => ({
        resourceType: 'CodeSystem',
        url: urls[index] ?? '',
        status: 'active',
        content: 'complete',
        caseSensitive: true,
        property,
        concept: list.map(({ code, parents, colour, inactive }) => ({
          code,
          property: [
            { code: 'colour', valueCode: colour },
            { code: 'inactive', valueBoolean: inactive },
            ...parents.map(parent => ({ code: 'parent', valueCode: parent })),
          ],
        })),
      }),
    ),
    ...composes.map(
      (each, index): Resource => ({
        resourceType: 'ValueSet',
        url: `http://t/vs/${index}`,
        status: 'active',
        compose: each,
      }),
    ),
  ]
}

/** By the words of the specification, code by code. */
function naive(
  systems: readonly Node[][],
  composes: readonly JsonObject[],
  index: number,
  url: string,
  code: string,
): boolean {
  const nodes = systems[urls.indexOf(url)] ?? []
  const node = nodes.find(each => each.code === code)
  if (node === undefined) return false
  const above = (of: string): string[] =>
    (nodes.find(each => each.code === of)?.parents ?? []).flatMap(each => [each, ...above(each)])
  const meets = ({ op, value = '' }: Record<string, string>): boolean => {
    const isBelow = above(code).includes(value)
    const answers: Record<string, boolean> = {
      'is-a': isBelow || code === value,
      'descendent-of': isBelow,
      'is-not-a': !isBelow && code !== value,
      generalizes: code === value || above(value).includes(code),
      'child-of': node.parents.includes(value),
      'descendent-leaf': isBelow && !nodes.some(each => each.parents.includes(code)),
      '=': node.colour === value,
      in: node.colour === value,
      'not-in': node.colour !== value,
    }
    return answers[op ?? ''] ?? false
  }
  const inClause = (each: JsonObject): boolean => {
    if (each['system'] !== undefined && each['system'] !== url) return false
    const listed = objectsOf(each, 'concept')
    if (listed.length > 0 && !listed.some(concept => concept['code'] === code)) return false
    if (!objectsOf(each, 'filter').every(filter => meets(filter as Record<string, string>))) return false
    const sets = (each['valueSet'] ?? []) as string[]
    return sets.every(canonical => naive(systems, composes, Number(canonical.at(-1)), url, code))
  }
  const given = composes[index] ?? {}
  if (given['inactive'] === false && node.inactive) return false
  return objectsOf(given, 'include').some(inClause) && !objectsOf(given, 'exclude').some(inClause)
}

const question = { rules: noRules, supplements: [] }
const stamp = { identifier: 'x', timestamp: 'y', limit: 100 }

t.test('an expansion lists what the specification says, each once; validation says the same of each code', async t => {
  fc.assert(
    fc.property(
      fc.tuple(nodes, nodes),
      fc.tuple(compose(plain), compose(plain), compose(both)),
      (systems, composes) => {
        const terminology = terminologyOf(resourcesOf(systems, composes))
        const memberships = membershipsOf(terminology)
        const members = memberships.of(memberships.find({ url: 'http://t/vs/2' }) ?? {}, question)
        const whole = { languages: [], echo: [], excludeNested: true }
        const expansion = objectOf(expand(members, whole, stamp), 'expansion')
        const listed = objectsOf(expansion, 'contains').map(item => `${textOf(item, 'system')}#${textOf(item, 'code')}`)
        const all = urls.flatMap(system => [...codes, 'none'].map(code => ({ system, code })))
        const expected = all.filter(({ system, code }) => naive(systems, composes, 2, system, code))
        t.same([...listed].sort(), expected.map(({ system, code }) => `${system}#${code}`).sort())
        t.equal(expansion?.['total'], expected.length)
        for (const coding of all) {
          const has = expected.includes(coding)
          t.equal(isMember(members, coding), has)
          const { result } = validate({
            terminology,
            rules: noRules,
            members,
            languages: [],
            subject: { as: 'coding', coding },
          })
          t.equal(result, has)
        }
        const pages = [0, 3, 6, 9, 12, 15].flatMap(offset => {
          const page = objectOf(expand(members, { languages: [], echo: [], offset, count: 3 }, stamp), 'expansion')
          return objectsOf(page, 'contains').map(item => `${textOf(item, 'system')}#${textOf(item, 'code')}`)
        })
        t.same(pages, listed, 'pages laid side by side are the whole')
      },
    ),
    { numRuns: 300 },
  )
})

/** A system with one reference set, and an evaluator that knows one expression. */
function snomed(): Terminology {
  const { system } = readCodeSystem({
    resourceType: 'CodeSystem',
    url: 'http://snomed.info/sct',
    status: 'active',
    content: 'complete',
    concept: ['1', '2', '3', '900000000000455006'].map(code => ({ code })),
  })
  const related: CodeSystem & Relations = {
    ...system,
    sources: () => new ConceptSet(4),
    attributes: () => [],
    members: refset => ConceptSet.of(4, refset === 2 ? [0, 1] : []),
    refsets: () => ConceptSet.of(4, [2]),
  }
  return {
    codeSystem: url => (url === 'http://snomed.info/sct' ? related : undefined),
    versions: () => [],
    valueSet: () => undefined,
    supplement: () => undefined,
    systemOfAll: () => undefined,
    ecl: (_, expression) =>
      expression === '<< 2 OR 3'
        ? { concepts: ConceptSet.of(4, [1, 2]), warnings: [] }
        : { concepts: new ConceptSet(4), warnings: [{ text: 'the concept 9 is not known' }] },
  }
}

function codesOf(terminology: Terminology, url: string): readonly (string | undefined)[] {
  const memberships = membershipsOf(terminology)
  const members = memberships.of(memberships.find({ url }) ?? {}, question)
  const expansion = objectOf(expand(members, { languages: [], echo: [] }, stamp), 'expansion')
  return objectsOf(expansion, 'contains').map(item => textOf(item, 'code'))
}

t.test('a reference set is the value set of its members', async t => {
  t.same(codesOf(snomed(), 'http://snomed.info/sct?fhir_vs=refset/3'), ['1', '2'])
  const find = (which: string) =>
    membershipsOf(snomed()).find({ url: `http://snomed.info/sct?fhir_vs=refset/${which}` })
  t.same([find('2'), find('404')], [undefined, undefined], 'a concept that has no members, and one that nobody knows')
})

t.test('an expression constraint is handed to who evaluates it, decoded', async t => {
  t.same(codesOf(snomed(), 'http://snomed.info/sct?fhir_vs=ecl/%3C%3C%202%20OR%203'), ['2', '3'])
  t.same(codesOf(snomed(), 'http://snomed.info/sct?fhir_vs=ecl/<< 2 OR 3'), ['2', '3'])
})

t.test('what is strange about a constraint is told with its expansion, and to whose code it leaves out', async t => {
  const memberships = membershipsOf(snomed())
  const members = memberships.of(memberships.find({ url: 'http://snomed.info/sct?fhir_vs=ecl/9' }) ?? {}, question)
  const expansion = objectOf(expand(members, { languages: [], echo: [] }, stamp), 'expansion')
  const told = objectsOf(expansion, 'parameter').find(({ name }) => name === 'warning')
  t.equal(told?.['valueString'], "ECL '9': the concept 9 is not known")
  const { result, issues } = validate({
    terminology: memberships.terminology,
    rules: noRules,
    languages: [],
    members,
    subject: { as: 'coding', coding: { system: 'http://snomed.info/sct', code: '1' } },
  })
  t.equal(result, false)
  t.match(issues.at(-1), { severity: 'warning', expression: 'ValueSet.compose.include[0].filter[0].value' })
  const importing = {
    resourceType: 'ValueSet',
    compose: { include: [{ valueSet: ['http://snomed.info/sct?fhir_vs=ecl/9'] }] },
  }
  t.equal(memberships.of(importing, question).warnings.length, 1, 'an import brings it along')
})

t.test('an implicit value set is one object however often it is asked for', async t => {
  const memberships = membershipsOf(snomed())
  const url = 'http://snomed.info/sct?fhir_vs=isa/1'
  t.equal(memberships.find({ url }), memberships.find({ url }))
  t.equal(memberships.find({ url: 'http://snomed.info/sct?fhir_vs=isa/%' }), undefined, 'not an encoding')
})

t.test('an implicit value set has the copyright of its code system, where it has one', async t => {
  const terminology = snomed()
  const of = (copyright: string | undefined) => {
    const codeSystem: typeof terminology.codeSystem = (...asked) => {
      const system = terminology.codeSystem(...asked)
      if (system === undefined) return undefined
      const facts = { ...system.facts, ...(copyright !== undefined && { copyright }) }
      return Object.create(system, { facts: { value: facts } })
    }
    const all = 'http://snomed.info/sct?fhir_vs'
    return membershipsOf({ ...terminology, codeSystem }).find({ url: all })
  }
  t.equal(of('© somebody')?.['copyright'], '© somebody')
  t.notOk(Object.hasOwn(of(undefined) ?? {}, 'copyright'))
})

/** Each imports the one after it, so often. */
function chain(
  length: number,
  times: number,
  named: (at: number) => JsonObject,
  to: (at: number) => string,
): Resource[] {
  return Array.from({ length }, (_, at) => {
    const next = at === length - 1 ? { system: urls[0] ?? '' } : { valueSet: [to(at + 1)] }
    return { resourceType: 'ValueSet', ...named(at), status: 'active', compose: { include: Array(times).fill(next) } }
  })
}

const one: Resource = { resourceType: 'CodeSystem', url: urls[0] ?? '', content: 'complete', concept: [{ code: 'a' }] }

t.test('who is imported by many ways is told once', async t => {
  const url = (at: number): string => `http://t/vs/${at}`
  const sets = chain(40, 2, at => ({ url: url(at) }), url)
  const memberships = membershipsOf(terminologyOf([one, ...sets]))
  const { imports, used, runs } = memberships.of(memberships.find({ url: url(0) }) ?? {}, question)
  t.equal(imports.length, 39)
  t.equal(used.length, 1)
  t.equal(runs.length, 1)
})

t.test('who is contained and imported by many ways is told once', async t => {
  const inner = chain(
    16,
    2,
    at => ({ id: `v${at}` }),
    at => `#v${at}`,
  )
  const outer = { url: 'http://t/outer', contained: inner, compose: { include: [{ valueSet: ['#v0'] }] } }
  const { imports, runs } = membershipsOf(terminologyOf([one])).of(outer, question)
  t.equal(imports.length, 16)
  t.equal(runs.length, 1)
})

t.test('what is contained means by an anchor what is beside it, and nothing by itself', async t => {
  const [first = {}, second = {}] = chain(
    2,
    1,
    at => ({ id: `v${at}` }),
    at => `#v${at}`,
  )
  const outer = { url: 'http://t/outer', contained: [first, second], compose: { include: [{ valueSet: ['#v0'] }] } }
  const memberships = membershipsOf(terminologyOf([one]))
  for (const [of, faults] of [
    [outer, 0],
    [first, 1],
    [outer, 0],
  ] as const) {
    t.equal(memberships.of(of, question).faults.length, faults)
  }
})

t.test('imports that lead too far are refused', async t => {
  const url = (at: number): string => `http://t/vs/${at}`
  const memberships = membershipsOf(terminologyOf([one, ...chain(5_000, 1, at => ({ url: url(at) }), url)]))
  t.throws(() => memberships.of(memberships.find({ url: url(0) }) ?? {}, question), {
    message: /^The value set 'http:\/\/t\/vs\/0' imports others, which import others, more than 100 deep/,
    status: 422,
  })
})

t.test('a property is one that the code system has, whatever else has a name like it', async t => {
  for (const property of ['constructor', 'toString', '__proto__']) {
    const filter = [{ property, op: '=', value: 'a' }]
    const set = { url: 'http://t/odd', compose: { include: [{ system: one['url'] ?? '', filter }] } }
    t.throws(() => membershipsOf(terminologyOf([one])).of(set, question), {
      message: `The CodeSystem '${urls[0]}' has no property or filter '${property}'; it has none`,
    })
  }
})

t.test('rules that differ do not share an answer', async t => {
  const concept = (code: string): JsonObject[] => [{ code }]
  const resources = ['1', '2'].map(version => ({
    resourceType: 'CodeSystem',
    url: 'http://t/a',
    version,
    status: 'active',
    content: 'complete',
    concept: concept(`in-${version}`),
  }))
  const valueSet: Resource = {
    resourceType: 'ValueSet',
    url: 'http://t/vs',
    status: 'active',
    compose: { include: [{ system: 'http://t/a' }] },
  }
  const memberships = membershipsOf(terminologyOf([...resources, valueSet]))
  for (const version of ['1', '2', '1']) {
    const rules = versionRules({ system: [`http://t/a|${version}`] })
    const members = memberships.of(valueSet, { rules, supplements: [] })
    t.ok(isMember(members, { system: 'http://t/a', code: `in-${version}` }))
    t.notOk(isMember(members, { system: 'http://t/a', code: `in-${version === '1' ? 2 : 1}` }))
  }
  for (let version = 0; version < 50; version++) {
    memberships.of(valueSet, { rules: versionRules({ system: [`http://t/b|${version}`] }), supplements: [] })
  }
  t.ok(isMember(memberships.of(valueSet, question), { system: 'http://t/a', code: 'in-2' }))
})
