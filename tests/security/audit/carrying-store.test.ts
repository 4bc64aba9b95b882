/** A write and its record are one: both happen, or neither. */
import tap from 'tap'
import { draftsOf } from '../../../src/security/audit/audit-event.ts'
import { type Changing, carrying } from '../../../src/security/audit/carrying-store.ts'
import type { Commit, Store, Version } from '../../../src/store/port.ts'
import { openDesk } from '../../store/place.ts'
import { occurrence, onPlaces, type Place } from './places.ts'

tap.setTimeout(120_000)

/** Each write is recorded by an event of its id. */
function audited(
  store: Store,
  seen: (writes: readonly Changing[], before: readonly (Version | undefined)[]) => void = () => {},
) {
  let carried = 0
  const recording = carrying(store, {
    drafts(writes, before) {
      seen(writes, before)
      return writes.flatMap(({ key }, at) => draftsOf(occurrence(key.id), () => `of-${key.id}-${at}-${++names}`))
    },
    carried: () => void carried++,
  })
  return { recording, count: () => carried }
}

let names = 0

function deskOf(place: Place) {
  return openDesk({ ...place, now: 0, again: place.again })
}

async function stored(store: Store, tenant: string): Promise<readonly string[]> {
  const until = await store.sequence(tenant)
  const { versions } = await store.history({ tenant, order: 'oldest', until, limit: 1_000 })
  return versions.map(({ type, id }) => `${type} ${id.replace(/^of-(.*)-\d+-\d+$/, '$1')}`)
}

await onPlaces(async (t, open) => {
  await t.test('what a commit made is told without its record', async t => {
    const place = await open()
    const { tenant, put, remove, check } = deskOf(place)
    const { recording, count } = audited(place.store)
    const outcome = await recording.commit({ tenant, writes: [put('a'), put('b'), check('c', 'absent')] })
    t.match(outcome, { ok: true, versions: [{ id: 'a' }, { id: 'b' }, undefined] })
    t.equal(outcome.ok && outcome.versions.length, 3)
    t.same(await stored(place.store, tenant), ['Patient a', 'Patient b', 'AuditEvent a', 'AuditEvent b'])
    await recording.commit({ tenant, writes: [check('a', 'present')] })
    await recording.commit({ tenant, writes: [remove('a')] })
    t.equal(count(), 2, 'what changes nothing carries nothing')
  })

  await t.test('a commit that is refused leaves no record, and is refused in the same words', async t => {
    const place = await open()
    const { tenant, put } = deskOf(place)
    const { recording, count } = audited(place.store)
    const it: Commit = { tenant, writes: [put('a'), put('b', { when: 'present' })] }
    t.same(await recording.commit(it), await place.store.commit(it))
    t.same(await stored(place.store, tenant), [])
    t.equal(count(), 0)
  })

  await t.test('a receipt does not tell of records', async t => {
    const place = await open()
    const { tenant, put } = deskOf(place)
    const { recording } = audited(place.store)
    const receipt = { key: 'once', fingerprint: 'f', note: '' }
    await recording.commit({ tenant, writes: [put('a')], receipt })
    t.match(await recording.receipt(tenant, 'once'), { versions: [{ type: 'Patient', id: 'a' }] })
    t.equal((await recording.receipt(tenant, 'once'))?.versions.length, 1)
    const again = await recording.commit({ tenant, writes: [put('b')], receipt })
    t.match(again, { ok: false, because: { why: 'receipt', versions: [{ id: 'a' }] } })
    t.equal(!again.ok && again.because.why === 'receipt' && again.because.versions.length, 1)
  })

  await t.test('of deletions it is known what they end', async t => {
    const place = await open()
    const { tenant, put, remove } = deskOf(place)
    const seen: (string | undefined)[] = []
    const { recording } = audited(place.store, (_, before) => seen.push(...before.map(version => version?.id)))
    await recording.commit({ tenant, writes: [put('a')] })
    await recording.commit({ tenant, writes: [remove('none'), put('b'), remove('a')] })
    t.same(seen, [undefined, 'a'])
  })

  await t.test('nobody writes or deletes a record through it', async t => {
    const place = await open()
    const { tenant, put, remove } = deskOf(place)
    const { recording } = audited(place.store)
    for (const write of [put('a', { type: 'AuditEvent' }), remove('a', undefined, 'AuditEvent')]) {
      await t.rejects(recording.commit({ tenant, writes: [write] }), { message: /written by the server alone/ })
    }
    t.same(await stored(place.store, tenant), [])
  })

  await t.test('whichever step of the store fails, there are both or neither', async t => {
    const place = await open()
    let steps: string[] = []
    let failing = Number.POSITIVE_INFINITY
    const store = await place.again(step => {
      steps.push(step)
      if (steps.length === failing) throw new Error('fault')
    })
    const { tenant, put } = deskOf(place)
    const { recording } = audited(store)
    await recording.commit({ tenant, writes: [put('first')] })
    const most = steps.length
    t.ok(most > 0, 'there are steps')
    for (failing = 1; failing <= most + 1; failing++) {
      steps = []
      const id = `at-${failing}`
      const outcome = await recording.commit({ tenant, writes: [put(id)] }).catch((error: unknown) => error)
      const found = (await stored(place.store, tenant)).filter(name => name.endsWith(id))
      t.ok(found.length === 2 || found.length === 0, `step ${failing} (${steps[failing - 1]}): ${found}`)
      const isDone = typeof outcome === 'object' && outcome !== null && 'ok' in outcome && outcome.ok === true
      if (isDone) t.equal(found.length, 2, 'what is acknowledged is there')
    }
  })
})
