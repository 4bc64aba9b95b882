/** What was asked for tells of patients, too: where anything is encrypted, the audit keeps it sealed. */
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { verify } from '../../../src/security/audit/verify.ts'
import { dropOlder, resealAll } from '../../../src/security/encryption/reseal.ts'
import { renewAll } from '../../../src/security/encryption/rotate.ts'
import type { Store } from '../../../src/store/port.ts'
import { type Loose, onBothStores } from '../../world.ts'
import { openAuditing, queryOf } from '../audit/auditing.ts'
import { keyFile, type Sealed, sealed } from './sealed.ts'
import { bytesBelow, names, patient } from './site.ts'

const tenant = 'default'
const asked = 'identifier=http%3A%2F%2Fmrn-system.example%7CMRN-77231'

t.setTimeout(300_000)

await onBothStores(async (t, open) => {
  for (const chosen of [['Patient'], ['Patient.identifier'], ['Patient', 'AuditEvent']]) {
    await t.test(`with ${chosen} encrypted, the audit tells nobody else whom was asked for`, async t => {
      const file = keyFile(t)
      let own: { readonly sealed: Sealed; readonly id: string } | undefined
      let now = 0
      const around = async (below: Store, id: string): Promise<Store> => {
        own = { sealed: await sealed(below, file, chosen, () => now), id }
        return own.sealed.store
      }
      const auditing = await openAuditing(t, over => open({ ...over, around }))
      if (!own) throw new Error('every store is opened')
      const { world, log } = auditing
      const { below, wrapper, events } = own.sealed
      const needs = { ...own.sealed, random: randomBytes, clock: () => world.clock, owner: 'me', observe: () => {} }
      const renewed = { store: below, wrapper, tenants: [tenant], random: randomBytes, observe: () => {} }
      const told = async (...more: readonly string[]): Promise<boolean> => {
        const bytes = await bytesBelow(own?.id ?? '')
        return [asked, 'MRN-77231', 'mrn-system', ...more].some(mark => bytes.includes(mark))
      }
      await world.ask('PUT', '/Patient/p1', patient)
      t.equal((await world.ask('GET', `/Patient?${asked}`)).body.total ?? 1, 1)
      await log.flush()
      t.equal((await below.notes({ tenant, kind: 'audit-log', limit: 9 })).length, 1)
      t.notOk(await told(), 'as long as it is in the log')
      await renewAll(renewed)
      now += 2_000
      await t.rejects(dropOlder(needs, tenant), /still needed/)
      t.ok((await resealAll(needs, tenant)) > 1)
      await dropOlder(needs, tenant)
      now += 2_000

      const search = (await auditing.events()).find(event => queryOf(event)?.includes(asked))
      t.ok(search, 'those who may read it are told')
      const { query } = search.entity.find((entity: Loose) => entity.query !== undefined)
      t.notOk(await told(query), 'as an event')
      const seal = await auditing.seal()
      t.ok(seal && seal.count >= 2)
      await auditing.index()
      if (chosen.length === 1) {
        t.ok(names(await world.ask('GET', '/AuditEvent?date=gt2020&entity-role=24&_sort=-date')).length > 0)
      }
      t.ok(names(await world.ask('GET', '/AuditEvent?patient=Patient/p1')).length > 0)
      t.match(await verify({ store: own.sealed.store, tenant, ...(seal ? { anchors: [seal] } : {}) }), { findings: [] })
      await renewAll(renewed)
      now += 2_000
      t.ok((await resealAll(needs, tenant)) > 2)
      await dropOlder(needs, tenant)
      now += 2_000
      t.match(await verify({ store: own.sealed.store, tenant }), { findings: [] }, 'seals are of what was written')

      const { versions } = await below.history({ tenant, type: 'AuditEvent', order: 'oldest', until: 1e9, limit: 9 })
      const [first] = versions
      const lease = await below.acquire(tenant, 'x', 'x', 60_000)
      if (!first?.json || !lease) throw new Error('there is an event')
      const json = first.json.replace(/.(?=.{9}$)/, last => (last === 'A' ? 'B' : 'A'))
      await below.reword(tenant, [{ type: 'AuditEvent', id: first.id, version: 1, was: first.json, json }], lease)
      const verdict = await verify({ store: own.sealed.store, tenant })
      t.match(verdict.findings.join(), /an event between places 0 and \d+ of the commit sequence cannot be decrypted/)
      t.match(events, [{ event: 'encryption.unreadable', type: 'AuditEvent' }])
    })
  }
})
