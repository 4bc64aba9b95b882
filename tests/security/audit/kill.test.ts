/**
 * A server that audits is killed while sixteen writers write: whatever is there was recorded, and whatever was recorded is there.
 *
 * Negative control: the checker must accuse a store in which one of the two is missing.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { verify } from '../../../src/security/audit/verify.ts'
import { openMongo } from '../../../src/store/mongo/open.ts'
import type { Store, Version } from '../../../src/store/port.ts'
import { openSqlite } from '../../../src/store/sqlite/open.ts'
import { kinds, type Place } from '../../faults/places.ts'
import { product, startProcess } from '../../faults/process.ts'
import { openRandom, type Random } from '../../faults/random.ts'
import { openDesk } from '../../store/place.ts'
import { onPlaces, record } from './places.ts'

const rounds = 3
const writers = 16
const needs = { clock: Date.now, random: (n: number) => crypto.getRandomValues(new Uint8Array(n)), observe: () => {} }

function open({ name, store }: Place): Promise<Store> {
  return name === 'SQLite'
    ? openSqlite({ ...needs, path: store.slice('sqlite:'.length) })
    : openMongo({ ...needs, url: store })
}

t.setTimeout(240_000)

for (const { name, fresh } of await kinds()) {
  t.test(`on ${name}, kill -9 leaves no write without its record and no record without its write`, async t => {
    t.setTimeout(200_000)
    const place = fresh(t)
    const random = openRandom(t)
    let answered = 0
    for (let round = 0; round < rounds; round++) answered += await written(t, place, random)
    const store = await open(place)
    const writes = await all(store, 'Patient')
    const verdict = await verify({ store, tenant: 'default' })
    const found = unlike(writes, await all(store, 'AuditEvent'))
    await store.close()
    t.same(found, [])
    t.same(verdict.findings, [])
    t.ok(answered > 0 && writes.length >= answered, `${answered} writes were acknowledged, ${writes.length} happened`)
  })
}

/** How many writes were acknowledged before it was killed. */
async function written(t: Test, place: Place, random: Random): Promise<number> {
  const server = await startProcess(t, product, place.store, [], undefined, { KILN_AUDIT: 'all' })
  if (!server) throw new Error('it was not killed yet')
  let answered = 0
  const working = Array.from({ length: writers }, async (_, writer) => {
    for (let n = 0; ; n++) {
      const { method, path, body } = request(`w${writer}`, n, random)
      const headers = { 'content-type': 'application/fhir+json' }
      const response = await fetch(`${server.origin}/fhir${path}`, { method, headers, body: JSON.stringify(body) })
      if (response.status >= 300) throw new Error(await response.text())
      await response.arrayBuffer()
      answered++
    }
  })
  const ended = Promise.allSettled(working)
  while (answered < 50) await sleep(5)
  await sleep(100 + random.below(200))
  await server.kill()
  await ended
  return answered
}

/** Creates, updates and transactions; each changes one Patient, or two. */
function request(writer: string, n: number, random: Random) {
  const patient = (id: string) => ({
    resourceType: 'Patient',
    id,
    multipleBirthInteger: random.below(1e9),
  })
  if (n % 3 === 0) return { method: 'POST', path: '/Patient', body: patient('any') }
  if (n % 3 === 1) return { method: 'PUT', path: `/Patient/${writer}`, body: patient(writer) }
  const entry = ['a', 'b'].map(letter => {
    const id = `${writer}${letter}`
    return { resource: patient(id), request: { method: 'PUT', url: `Patient/${id}` } }
  })
  return { method: 'POST', path: '', body: { resourceType: 'Bundle', type: 'transaction', entry } }
}

async function all(store: Store, type: string): Promise<readonly Version[]> {
  const versions: Version[] = []
  const until = await store.sequence('default')
  for (let after = 0, more = true; more; ) {
    const page = await store.history({ tenant: 'default', type, order: 'oldest', until, after, limit: 500 })
    versions.push(...page.versions)
    after = page.versions.at(-1)?.seq ?? until
    more = page.more
  }
  return versions
}

/** Resources of which there are more versions than records, or fewer. */
function unlike(writes: readonly Version[], events: readonly Version[]): readonly string[] {
  const counts = new Map<string, number>()
  const add = (name: string, by: number): unknown => counts.set(name, (counts.get(name) ?? 0) + by)
  for (const { type, id } of writes) add(`${type}/${id}`, 1)
  for (const { json = '' } of events) {
    const { action, outcome, entity = [] } = JSON.parse(json)
    if (outcome === '0' && (action === 'C' || action === 'U')) add(entity[0].what.reference, -1)
  }
  return [...counts].filter(([, count]) => count !== 0).map(([name, count]) => `${name}: ${count}`)
}

await onPlaces(async (t, open) => {
  await t.test('a write without its record is found, and a record without its write', async t => {
    const place = await open()
    const desk = openDesk({ ...place, now: 0, again: place.again })
    await place.store.commit({
      tenant: 'default',
      writes: [{ ...desk.put('alone'), key: { tenant: 'default', type: 'Patient', id: 'alone' } }],
    })
    t.same(unlike(await all(place.store, 'Patient'), []), ['Patient/alone: 1'])
    await record(place.store, ['x'])
    const events = (await all(place.store, 'AuditEvent')).map(event => ({
      ...event,
      json: event.json?.replace('"R"', '"C"'),
    }))
    t.same(unlike([], events), ['Observation/x: -1'])
  })
})
