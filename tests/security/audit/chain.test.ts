/** Whatever is done to the audit behind the server's back is found. */

import tap from 'tap'
import { anchorLast, seal } from '../../../src/security/audit/keep-audit.ts'
import type { Seal } from '../../../src/security/audit/seal.ts'
import { verify } from '../../../src/security/audit/verify.ts'
import { clock, onPlaces, type Place, record, tenant } from './places.ts'

/** Three seals over seven events, and two events behind them. */
async function audited({ store }: Place): Promise<readonly Seal[]> {
  const seals: Seal[] = []
  for (const ids of [
    ['a1', 'a2', 'a3'],
    ['b1', 'b2'],
    ['c1', 'c2'],
  ]) {
    await record(store, ids)
    const made = await seal({ store, clock: () => clock.now }, tenant)
    if (made) seals.push(made)
  }
  await record(store, ['d1', 'd2'])
  return seals
}

type Deed = readonly [what: string, act: (place: Place) => Promise<void>, found: RegExp]

const deeds: readonly Deed[] = [
  ['an event is changed', ({ tamper }) => tamper.change('a2', 'someone', 'nobody!'), /changed or exchanged .*seal 1/],
  [
    'the time of an event is changed',
    ({ tamper }) => tamper.change('b1', '2026-01', '2025-01'),
    /changed or exchanged .*seal 2/,
  ],
  ['an event is removed', ({ tamper }) => tamper.remove('a2'), /2 events instead of 3 .*seal 1/],
  ['the last sealed event is removed', ({ tamper }) => tamper.remove('c2'), /1 events instead of 2 .*seal 3/],
  ['two events change places', ({ tamper }) => tamper.exchange('a1', 'a3'), /changed or exchanged .*seal 1/],
  [
    'two events of different seals change places',
    ({ tamper }) => tamper.exchange('a1', 'b1'),
    /changed or exchanged .*seal 1/,
  ],
  [
    'a seal is changed',
    ({ tamper }) => tamper.changeNotes('audit-seal', '"count":2', '"count":1'),
    /seal 2 was not made by this server/,
  ],
  ['a seal is removed', ({ tamper }) => tamper.removeNotes('audit-seal', '000000000002'), /seal 2 is gone/],
  [
    'the last seal is removed',
    ({ tamper }) => tamper.removeNotes('audit-seal', '000000000003'),
    /seals behind 2 are gone/,
  ],
  ['all seals are removed', ({ tamper }) => tamper.removeNotes('audit-seal'), /seals behind 0 are gone/],
  [
    'the note of the last seal is removed',
    ({ tamper }) => tamper.removeNotes('audit-head'),
    /the note that tells the last seal is gone/,
  ],
]

tap.setTimeout(120_000)

await onPlaces(async (t, open) => {
  await t.test('an audit that nobody touched is found to be so', async t => {
    const place = await open()
    const anchors = await audited(place)
    t.same(await verify({ store: place.store, tenant, anchors }), {
      findings: [],
      events: 9,
      seals: 3,
      tail: 2,
      pending: 0,
    })
    t.same(await verify({ store: place.store, tenant: 'empty' }), {
      findings: [],
      events: 0,
      seals: 0,
      tail: 0,
      pending: 0,
    })
  })

  for (const [what, act, found] of deeds) {
    await t.test(`${what}, and it is found`, async t => {
      const place = await open()
      await audited(place)
      await act(place)
      const { findings } = await verify({ store: place.store, tenant })
      t.ok(
        findings.some(finding => found.test(finding)),
        findings.join('\n'),
      )
    })
  }

  await t.test('an event that is added between others is found', async t => {
    const place = await open()
    await audited(place)
    await place.tamper.changeNotes('audit-seal', '"number":3', '"number":3') // nothing, as a control
    t.same((await verify({ store: place.store, tenant })).findings, [])
    const { until } = JSON.parse(
      (await place.store.note({ tenant, kind: 'audit-seal', id: '000000000003' }))?.text ?? '',
    )
    await place.tamper.changeNotes('audit-seal', `"until":${until}`, `"until":${until + 2}`)
    const { findings } = await verify({ store: place.store, tenant })
    t.match(findings.join('\n'), /4 events instead of 2/)
  })

  await t.test('an event that got a second version, or was deleted, is found though nothing is sealed yet', async t => {
    const place = await open()
    await record(place.store, ['x', 'y'])
    for (const id of ['x', 'y']) {
      const key = { tenant, type: 'AuditEvent', id }
      const text = { type: 'AuditEvent', id, rest: '}}' }
      await place.store.commit({
        tenant,
        writes: [id === 'x' ? { do: 'put', method: 'PUT', key, draft: text } : { do: 'delete', key }],
      })
    }
    const { findings } = await verify({ store: place.store, tenant })
    t.match(findings.join('\n'), /AuditEvent\/x was changed/)
    t.match(findings.join('\n'), /AuditEvent\/y was deleted/)
  })

  await t.test('who can make the seals anew contradicts what was anchored', async t => {
    const place = await open()
    const anchors = await audited(place)
    for (const kind of ['audit-seal', 'audit-head']) await place.tamper.removeNotes(kind)
    await place.tamper.remove('b2')
    await seal({ store: place.store, clock: () => clock.now }, tenant)
    t.same((await verify({ store: place.store, tenant })).findings, [], 'without anchors nothing tells')
    const { findings } = await verify({ store: place.store, tenant, anchors })
    t.match(findings.join('\n'), /seal 1 is not the one that was anchored/)
    t.match(findings.join('\n'), /seal 3 was anchored, and the last one is 1/)
  })

  await t.test('several processes that seal and write at once make one chain', async t => {
    const place = await open()
    const other = await place.again()
    const stores = [place.store, other]
    await Promise.all(
      stores.map(async (store, at) => {
        for (let round = 0; round < 10; round++) {
          await record(store, [`${at}-${round}-a`, `${at}-${round}-b`])
          await seal({ store, clock: () => clock.now }, tenant)
        }
      }),
    )
    await seal({ store: place.store, clock: () => clock.now }, tenant)
    const { findings, events, tail } = await verify({ store: other, tenant })
    t.same(findings, [])
    t.same({ events, tail }, { events: 40, tail: 0 })
  })

  await t.test('each seal is told to the anchor once, and one that fails the next time', async t => {
    const { store } = await open()
    const told: number[] = []
    let broken = false
    const anchor = async ({ number }: Seal): Promise<void> => {
      if (broken) throw new Error('no answer')
      told.push(number)
    }
    const one = async (id: string) => {
      await record(store, [id])
      await seal({ store, clock: () => clock.now }, tenant)
    }
    await anchorLast({ store, anchor }, tenant)
    await one('a')
    await anchorLast({ store, anchor }, tenant)
    await anchorLast({ store, anchor }, tenant)
    await one('b')
    broken = true
    await t.rejects(anchorLast({ store, anchor }, tenant))
    await one('c')
    broken = false
    await anchorLast({ store, anchor }, tenant)
    t.same(told, [1, 3])
  })
})
