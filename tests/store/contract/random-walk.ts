import { deepStrictEqual } from 'node:assert/strict'
import type { Test } from 'tap'
import { draft } from '../../../src/fhir/stamp.ts'
import type { Commit, Outcome, Store, Write } from '../../../src/store/port.ts'
import { fc } from '../../property.ts'
import { openOracle } from '../oracle.ts'
import { collect, openDesk, type Place } from '../place.ts'

const ids = ['a', 'b', 'c', 'd']
const types = ['Patient', 'Group']

const key = fc.record({ type: fc.constantFrom(...types), id: fc.constantFrom(...ids) })
const when = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom('present' as const, 'absent' as const) },
  { weight: 1, arbitrary: fc.record({ version: fc.integer({ min: 1, max: 4 }) }) },
)
const link = key.map(({ type, id }) => `${type}/${id}`)
const write = fc.record({
  do: fc.constantFrom('put' as const, 'put' as const, 'put' as const, 'delete' as const, 'check' as const),
  key,
  when,
  method: fc.constantFrom('POST' as const, 'PUT' as const, 'PATCH' as const),
  links: fc.array(link, { maxLength: 2 }),
  text: fc.string({ unit: 'binary', maxLength: 8 }),
})
const step = fc.record({
  writes: fc.uniqueArray(write, { maxLength: 5, selector: ({ key: { type, id } }) => `${type}/${id}` }),
  /** By how much the clock moves; it falls back at times. */
  tick: fc.integer({ min: -5, max: 10 }),
  claim: fc.option(fc.record({ key: fc.constantFrom('k', 'l'), off: fc.constantFrom(0, 0, 0, 1) }), { freq: 2 }),
  receipt: fc.option(fc.constantFrom('r1', 'r2', 'r3'), { freq: 2 }),
  integrity: fc.boolean(),
  again: fc.boolean(),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Any commits at all, through either handle: the store answers and remembers what the oracle does. */
export async function randomWalk(t: Test, place: Place, other: Store, runs: number): Promise<void> {
  await t.test('random commits and reads agree with a model in memory', async t => {
    const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async steps => {
      const { tenant, store, end } = openDesk(place)
      const oracle = openOracle()
      for (const step of steps) {
        place.now += step.tick
        const commit = commitOf(step, tenant, oracle)
        const actual = await (step.again ? other : store).commit(commit)
        same(comparable(actual), comparable(oracle.commit(commit, place.now, actual)))
      }
      await compareReads(tenant, store, oracle, await end())
    })
    await fc.assert(property, { numRuns: runs })
    t.pass(`${runs} walks`)
  })
}

function commitOf(
  { writes, claim, receipt, integrity }: Step,
  tenant: string,
  oracle: ReturnType<typeof openOracle>,
): Commit {
  return {
    tenant,
    integrity,
    writes: writes.map(write => writeOf(write, tenant)),
    ...(claim ? { claims: [{ key: claim.key, generation: oracle.claimed(tenant, claim.key) + claim.off }] } : {}),
    ...(receipt ? { receipt: { key: receipt, fingerprint: `f ${receipt}`, note: '{}' } } : {}),
  }
}

function writeOf({ do: what, key, when, method, links, text }: Step['writes'][number], tenant: string): Write {
  const condition = when === undefined ? {} : { when }
  const whole = { tenant, ...key }
  if (what === 'check') return { do: what, key: whole, when: when ?? 'present' }
  if (what === 'delete') return { do: what, key: whole, ...condition }
  const body = draft({ resourceType: key.type, implicitRules: text }, key.id)
  return { do: what, key: whole, method, draft: body, links, ...condition }
}

/** Of several that link to a target, the store may name any. */
function comparable(outcome: Outcome): unknown {
  return !outcome.ok && outcome.because.why === 'linked' ? { why: 'linked', at: outcome.because.at } : outcome
}

async function compareReads(tenant: string, store: Store, oracle: ReturnType<typeof openOracle>, end: number) {
  const keys = types.flatMap(type => ids.map(id => ({ tenant, type, id })))
  same(await store.readAll(keys), keys.map(oracle.current))
  for (const key of keys) {
    same(await store.read(key), oracle.current(key))
    for (const version of oracle.history(key)) same(await store.vread(key, version.version), version)
  }
  for (const until of [end, Math.floor(end - 3)]) {
    for (const order of ['newest', 'oldest'] as const) {
      const query = { tenant, order, until, limit: 7 }
      same(await store.history(query), oracle.page(query))
    }
    for (const type of types) {
      const query = { tenant, type, at: until }
      same(await collect(store.scan(query)), oracle.scan(query))
    }
  }
  const changes = oracle.changes(tenant, 0)
  const signal = new AbortController().signal
  if (changes.length > 0) same(await collect(store.changes(tenant, 0, signal), changes.length), changes)
}

/** Throws, so that fast-check can shrink; one assertion of tap for each would drown the report. */
function same(actual: unknown, expected: unknown): void {
  deepStrictEqual(JSON.parse(JSON.stringify(actual ?? null)), JSON.parse(JSON.stringify(expected ?? null)))
}
