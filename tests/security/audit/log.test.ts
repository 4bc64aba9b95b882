/** The log loses nothing that it took, and makes requests wait where it cannot keep up. */
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { FhirError } from '../../../src/fhir/issue.ts'
import { type Holder, openHolder } from '../../../src/jobs/lease.ts'
import { type AuditLogEvent, openAuditLog } from '../../../src/security/audit/log.ts'
import { parsePortion } from '../../../src/security/audit/portion.ts'
import { writeDown } from '../../../src/security/audit/write-down.ts'
import { type Note, OutcomeUnknown, type Store, StoreUnavailable } from '../../../src/store/port.ts'
import { clock, occurrence, onPlaces, record, tenant } from './places.ts'

t.setTimeout(120_000)

type Kept = { readonly notes: Note[]; keepNote(note: Note): Promise<number | undefined> }

/** A store that does as it is told. */
function obedient(act: (kept: number) => Promise<void> | void = () => {}): Kept {
  const notes: Note[] = []
  let calls = 0
  return {
    notes,
    async keepNote(note) {
      await act(++calls)
      notes.push(note)
      return 1
    },
  }
}

function openLog(store: Pick<Store, 'keepNote'>, room?: number) {
  const events: AuditLogEvent[] = []
  let count = 0
  const log = openAuditLog({
    ...{ store, sleep: (ms: number) => sleep(ms > 1_000 ? 30 : 1), observe: event => events.push(event) },
    newId: () => `portion-${++count}`,
    ...(room === undefined ? {} : { room }),
  })
  return { log, events }
}

function countOf({ notes }: Kept): number {
  return notes.reduce((sum, { text }) => sum + parsePortion(text).length, 0)
}

t.test('what comes together is kept together, by tenant', async t => {
  const store = obedient()
  const { log } = openLog(store)
  for (let n = 0; n < 100; n++) t.equal(log.take(occurrence(`${n}`)), undefined, 'nobody waits')
  const { exchange, ...rest } = occurrence('other')
  log.take({ ...rest, exchange: { ...exchange, tenant: 'north' } })
  await log.flush()
  t.same(
    store.notes.map(note => [note.tenant, parsePortion(note.text).length]),
    [
      ['default', 100],
      ['north', 1],
    ],
  )
})

t.test('what could not be kept is tried again under the same id, and nothing is lost', async t => {
  for (const error of [new StoreUnavailable('busy'), new OutcomeUnknown('who knows'), new Error('bug')]) {
    const ids: string[] = []
    const store = obedient(calls => {
      if (calls <= 3) throw error
    })
    const { log, events } = openLog({
      keepNote(note) {
        ids.push(note.id)
        return store.keepNote(note)
      },
    })
    log.take(occurrence('a'))
    await log.flush()
    t.equal(countOf(store), 1)
    t.same(ids, ['portion-1', 'portion-1', 'portion-1', 'portion-1'])
    t.equal(events.filter(({ event }) => event === 'audit.failed').length, 3)
  }
})

t.test('where there is no room requests wait, and go on when there is some', async t => {
  const gate = Promise.withResolvers<void>()
  const store = obedient(() => gate.promise)
  const { log } = openLog(store, 10)
  for (let n = 0; n < 10; n++) log.take(occurrence(`${n}`))
  const waiting = log.take(occurrence('late'))
  t.ok(waiting instanceof Promise, 'it waits')
  gate.resolve()
  await waiting
  await log.flush()
  t.equal(countOf(store), 11)
})

t.test('who waits too long is refused with 503, and what was taken is still kept', async t => {
  const gate = Promise.withResolvers<void>()
  const store = obedient(() => gate.promise)
  const { log } = openLog(store, 1)
  log.take(occurrence('first'))
  const refused: unknown = await log.take(occurrence('late'))?.catch(error => error)
  t.ok(refused instanceof FhirError)
  t.match(refused, { status: 503, headers: { 'retry-after': '5' } })
  gate.resolve()
  await log.close()
  t.equal(countOf(store), 1)
})

t.test('a process that ends writes what it has, and says so where it cannot', async t => {
  const store = obedient()
  const { log } = openLog(store)
  log.take(occurrence('a'))
  await log.close()
  t.equal(countOf(store), 1)

  const broken = openLog({ keepNote: () => Promise.reject(new StoreUnavailable('gone')) })
  broken.log.take(occurrence('a'))
  broken.log.take(occurrence('b'))
  await broken.log.close()
  t.same(broken.events.at(-1), { event: 'audit.lost', occurrences: 2 })
})

t.test('large occurrences are kept in several notes', async t => {
  const store = obedient()
  const { log } = openLog(store)
  const patients = Array.from({ length: 10_000 }, (_, n) => `Patient/${String(n).padStart(60, '0')}`)
  for (let n = 0; n < 12; n++) log.take({ ...occurrence('a'), patients })
  await log.flush()
  t.ok(store.notes.length > 1)
  t.ok(store.notes.every(({ text }) => text.length < 5_000_000))
  t.equal(countOf(store), 12)
})

await onPlaces(async (t, open) => {
  const now = { clock: () => clock.now, signal: new AbortController().signal }

  async function holding<T>(store: Store, act: (holder: Holder) => Promise<T>): Promise<T> {
    const holder = openHolder({ store, clock: now.clock, owner: 'test' }, tenant, 'audit write')
    try {
      return await act(holder)
    } finally {
      await holder.release()
    }
  }

  async function ids(store: Store): Promise<readonly string[]> {
    const until = await store.sequence(tenant)
    const page = await store.history({ tenant, type: 'AuditEvent', order: 'oldest', until, limit: 1_000 })
    return page.versions.map(({ id }) => id)
  }

  await t.test('what the log has kept is written down once, though the process dies in between', async t => {
    const { store } = await open()
    const { log } = openLog(store)
    log.take(occurrence('a'))
    log.take({ ...occurrence('b'), patients: ['Patient/1', 'Patient/2'] })
    await log.flush()
    const dying: Store = { ...store, dropNote: () => Promise.reject(new Error('killed')) }
    const events: AuditLogEvent[] = []
    const observe = (event: AuditLogEvent): void => void events.push(event)
    await holding(store, holder => writeDown({ ...now, observe, store: dying }, tenant, holder, act => act()))
    t.equal(events.length, 1, 'it failed behind the commit')
    t.same(await ids(store), ['portion-1-1', 'portion-1-2', 'portion-1-3'])
    await holding(store, holder => writeDown({ ...now, observe, store }, tenant, holder, act => act()))
    t.same(await ids(store), ['portion-1-1', 'portion-1-2', 'portion-1-3'])
    t.same(await store.notes({ tenant, kind: 'audit-log', limit: 10 }), [])
  })

  await t.test('of a portion of which some is written down, the rest is', async t => {
    const { store } = await open()
    const { log } = openLog(store)
    for (const name of ['a', 'b', 'c', 'd', 'e']) log.take(occurrence(name))
    await log.flush()
    await record(store, ['portion-1-2', 'portion-1-5'])
    await holding(store, holder => writeDown({ ...now, observe: () => {}, store }, tenant, holder, act => act()))
    t.same(
      (await ids(store)).toSorted(),
      [1, 2, 3, 4, 5].map(number => `portion-1-${number}`),
    )
    t.same(await store.notes({ tenant, kind: 'audit-log', limit: 10 }), [])
  })

  await t.test('two processes do not write the same portion twice', async t => {
    const place = await open()
    const stores = [place.store, await place.again()]
    const { log } = openLog(place.store)
    for (let n = 0; n < 50; n++) {
      log.take(occurrence(`${n}`))
      if (n % 5 === 0) await log.flush()
    }
    await log.flush()
    await Promise.all(
      stores.map(async (store, at) => {
        const holder = openHolder({ store, clock: now.clock, owner: `process-${at}` }, tenant, 'audit write')
        for (let round = 0; round < 4; round++) {
          if (await holder.fence()) await writeDown({ ...now, observe: () => {}, store }, tenant, holder, act => act())
          await holder.release()
          await turn()
        }
      }),
    )
    await holding(place.store, holder =>
      writeDown({ ...now, observe: () => {}, store: place.store }, tenant, holder, act => act()),
    )
    const found = await ids(place.store)
    t.equal(found.length, 50)
    t.equal(new Set(found).size, 50)
  })

  await t.test('a portion that cannot be read is told, and does not hold up the others', async t => {
    const place = await open()
    const { log } = openLog(place.store)
    log.take(occurrence('a'))
    await log.flush()
    await place.tamper.changeNotes('audit-log', '[', '')
    log.take(occurrence('b'))
    await log.flush()
    const events: AuditLogEvent[] = []
    const observe = (event: AuditLogEvent): void => void events.push(event)
    await holding(place.store, holder =>
      writeDown({ ...now, observe, store: place.store }, tenant, holder, act => act()),
    )
    t.same(await ids(place.store), ['portion-2-1'])
    t.match(events, [{ event: 'audit.failed' }])
  })
})
