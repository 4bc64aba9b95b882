/** A commit that is too large for one message to the writer. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { draft } from '../../../src/fhir/stamp.ts'
import type { StoreEvent, Write } from '../../../src/store/port.ts'
import { openSqlite } from '../../../src/store/sqlite/open.ts'

const tenant = 'default'
const entries = (n: number) => ({ terms: [{ slot: 'code', text: `t${n}`, element: 0 }], ranges: [] })

function put(n: number, more: Partial<Extract<Write, { do: 'put' }>> = {}): Write {
  const key = { tenant, type: 'Patient', id: `p${n}` }
  const it = { resourceType: 'Patient', language: `l${n}` }
  return { do: 'put', key, method: 'PUT', draft: draft(it, key.id), entries: entries(n), ...more }
}

function open(t: Test, events: StoreEvent[] = []) {
  const path = mkdtempSync(join(tmpdir(), 'kiln-sqlite-'))
  t.teardown(() => rmSync(path, { recursive: true }))
  return openSqlite({ path, clock: Date.now, random: randomBytes, observe: event => events.push(event) })
}

const many = (count: number, make: (n: number) => Write = put) => Array.from({ length: count }, (_, n) => make(n))
const found = async (store: Awaited<ReturnType<typeof open>>, text: string, type = 'Patient') => {
  const where = { is: 'term', slot: 'code', texts: [text] } as const
  const { matches } = await store.search({ tenant, type, where, sort: [], limit: 10, budget: 10_000 })
  return matches.map(({ version }) => version.id)
}

t.test('it is one commit all the same: each write with its own entries, in its order', async t => {
  const events: StoreEvent[] = []
  const store = await open(t, events)
  const outcome = await store.commit({ tenant, writes: many(1_000) })
  t.ok(outcome.ok)
  const versions = outcome.ok ? outcome.versions : []
  t.strictSame(
    versions.map(version => version?.id),
    many(1_000).map(({ key }) => key.id),
  )
  t.strictSame(
    versions.map(version => version?.seq),
    versions.map((_, at) => at + 1),
  )
  for (const n of [0, 255, 256, 511, 512, 999]) {
    t.match((await store.read({ tenant, type: 'Patient', id: `p${n}` }))?.json, `"language":"l${n}"`)
    t.strictSame(await found(store, `t${n}`), [`p${n}`])
  }
  t.match(
    events.filter(({ event }) => event === 'store.commit'),
    [{ commits: 1, writes: 1_000 }],
  )
  await store.close()
})

t.test('nothing of it happens where the last write is refused', async t => {
  const store = await open(t)
  const writes = [...many(600), put(600, { when: 'present' })]
  t.match(await store.commit({ tenant, writes }), { ok: false, because: { why: 'condition', at: 600 } })
  t.equal(await store.sequence(tenant), 0)
  await store.close()
})

t.test('what some of the writes contain arrives with them', async t => {
  const store = await open(t)
  const contained = [{ type: 'Device', id: 'd', json: '{"resourceType":"Device","id":"d"}', entries: entries(-1) }]
  t.ok((await store.commit({ tenant, writes: many(600, n => put(n, n === 400 ? { contained } : {})) })).ok)
  t.strictSame(await found(store, 't-1', '#Device'), ['Patient/p400#d'])
  await store.close()
})

t.test('several at once do not mix, and small ones come between', async t => {
  const store = await open(t)
  const large = [0, 1, 2].map(at => store.commit({ tenant, writes: many(700, n => put(at * 1_000 + n)) }))
  const small = [0, 1, 2].map(at => store.commit({ tenant, writes: [put(9_000 + at)] }))
  for (const outcome of await Promise.all([...large, ...small])) t.ok(outcome.ok)
  t.equal(await store.sequence(tenant), 3 * 700 + 3)
  for (const n of [0, 699, 1_000, 1_699, 2_000, 2_699]) t.strictSame(await found(store, `t${n}`), [`p${n}`])
  await store.close()
})

t.test('one that was asked for before the store closes is waited for', async t => {
  const path = mkdtempSync(join(tmpdir(), 'kiln-sqlite-'))
  t.teardown(() => rmSync(path, { recursive: true }))
  const store = await openSqlite({ path, clock: Date.now, random: randomBytes, observe: () => {} })
  await store.commit({ tenant, writes: [put(1)] })
  const late = store.commit({ tenant, writes: many(2_000, n => put(n + 10)) })
  const closing = store.close()
  await t.rejects(store.commit({ tenant, writes: many(2_000) }), { name: 'StoreUnavailable' })
  t.ok((await late).ok)
  await closing
  const again = await openSqlite({ path, clock: Date.now, random: randomBytes, observe: () => {} })
  t.equal(await again.sequence(tenant), 2_001)
  await again.close()
})
