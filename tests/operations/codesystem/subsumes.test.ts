/** https://hl7.org/fhir/R4/codesystem-operation-subsumes.html */
import { fc } from '../../property.ts'
import type { World } from '../../world.ts'
import { operating, parameters } from '../operating.ts'
import { runCases, told } from './asking.ts'

await runCases('subsumes')

const size = 12
const url = 'http://t/random'

/** For each concept its parents, which come before it, so that there is no cycle. */
const hierarchies = fc
  .array(fc.uniqueArray(fc.nat(size), { maxLength: 3 }), { minLength: size, maxLength: size })
  .map(rows => rows.map((above, concept) => above.filter(parent => parent < concept)))
const pairs = fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { minLength: 1, maxLength: 4 })

type Parents = readonly (readonly number[])[]

function above(parents: Parents, concept: number): ReadonlySet<number> {
  return new Set((parents[concept] ?? []).flatMap(parent => [parent, ...above(parents, parent)]))
}

function naive(parents: Parents, a: number, b: number): string {
  if (a === b) return 'equivalent'
  if (above(parents, b).has(a)) return 'subsumes'
  return above(parents, a).has(b) ? 'subsumed-by' : 'not-subsumed'
}

async function outcome(world: World, parents: Parents, a: number, b: number): Promise<string> {
  const concept = parents.map((list, code) => ({
    code: `c${code}`,
    property: list.map(parent => ({ code: 'parent', valueCode: `c${parent}` })),
  }))
  const given = parameters(
    ['codingA', 'Coding', { system: url, code: `c${a}` }],
    ['codingB', 'Coding', { system: url, code: `c${b}` }],
    ['tx-resource', 'resource', { resourceType: 'CodeSystem', url, content: 'complete', concept }],
  )
  return told(await world.ask('POST', 'CodeSystem/$subsumes', given)).outcome
}

await operating(async (t, open) => {
  const world = await open()
  await t.test('in any hierarchy the outcome is what a walk up the parents finds', async t => {
    const property = fc.asyncProperty(hierarchies, pairs, async (parents, asked) => {
      for (const [a, b] of asked) {
        const [found, expected] = [await outcome(world, parents, a, b), naive(parents, a, b)]
        if (found !== expected) throw new Error(`c${a} and c${b}: found ${found}, expected ${expected}`)
      }
    })
    await t.resolves(fc.assert(property, { numRuns: 60 }))
  })
})
