/** Encryption is turned on, changed and turned off for what is stored already, while servers go on. */
import { randomBytes } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { searchNeeds } from '../../../src/interactions/search/needs.ts'
import type { Encryption } from '../../../src/security/encryption/encryption.ts'
import { erasePatient } from '../../../src/security/encryption/erase.ts'
import type { EncryptionEvent } from '../../../src/security/encryption/event.ts'
import { openEncryption } from '../../../src/security/encryption/open.ts'
import { type SealStoredNeeds, sealStored } from '../../../src/security/encryption/seal-stored.ts'
import type { Store } from '../../../src/store/port.ts'
import { base, entries, type Over, onBothStores, type World } from '../../world.ts'
import { definitions, keyFile } from './sealed.ts'
import { bytesBelow, fill, marks, names, observation, patient, types } from './site.ts'

const tenant = 'default'
const { index } = searchNeeds(definitions, { handling: 'strict', budget: 10_000 })

type Process = Pick<World, 'ask'> & { readonly encryption: Encryption | undefined; readonly events: EncryptionEvent[] }

/** Processes on one store, each with settings of its own. */
async function place(t: Test, open: (over?: Over) => Promise<World>) {
  const file = keyFile(t)
  let now = 0
  let next: readonly string[] = []
  let last: Pick<Process, 'encryption' | 'events'> | undefined
  let id = ''
  const around = async (below: Store, name: string): Promise<Store> => {
    id = name
    const events: EncryptionEvent[] = []
    const { store, encryption } = await openEncryption(below, {
      ...{ definitions, tenants: [tenant], random: randomBytes, elapsed: () => now },
      settings: { names: next, file: next.length > 0 || last?.encryption ? file : '' },
      observe: event => void events.push(event),
    })
    last = { encryption, events }
    return store
  }
  const world = await open({ around })
  const start = async (names: readonly string[]): Promise<Process> => {
    next = names
    const { ask } = await world.apart()
    return { ask, ...(last ?? { encryption: undefined, events: [] }) }
  }
  const needs = ({ encryption }: Process, over: Partial<SealStoredNeeds> = {}): SealStoredNeeds => {
    if (!encryption) throw new Error('there is encryption where there are names')
    return {
      ...encryption,
      ...{ tenants: [tenant], random: randomBytes, clock: () => world.clock, owner: 'me', observe: () => {} },
      indexIn: async () => (resource, id) => index(resource, id, base),
      settle: async () => {
        now += 2_000
      },
      ...over,
    }
  }
  const pass = (): void => {
    now += 2_000
  }
  return { world, start, needs, pass, below: () => written(id) }
}

/** As it is, without what the file has not overwritten yet. */
async function written(id: string): Promise<Buffer> {
  if (!id.includes('/')) return bytesBelow(id)
  const copy = join(id, 'copy')
  const db = new DatabaseSync(join(id, 'kiln.db', 'kiln.db'))
  db.prepare('VACUUM INTO ?').run(copy)
  db.close()
  const bytes = readFileSync(copy)
  rmSync(copy)
  return bytes
}

async function told({ below }: Awaited<ReturnType<typeof place>>): Promise<readonly string[]> {
  const bytes = await below()
  return marks.filter(mark => bytes.includes(mark))
}

async function states({ ask }: Pick<World, 'ask'>): Promise<unknown> {
  const paths = [
    ...[
      '/Patient/p1',
      '/Patient/p1/_history/1',
      '/Observation/b1',
      '/Observation/b2/_history/1',
      '/MedicationRequest/m1',
    ],
    '/Medication?_contained=true&_containedType=contained',
  ]
  const replies = await Promise.all(paths.map(path => ask('GET', path)))
  return replies.map(({ status, body }) => [
    status,
    body.entry?.map((each: { resource: unknown }) => each.resource) ?? body,
  ])
}

async function filled(ask: World['ask']): Promise<void> {
  await fill({ ask } as World)
  await ask('PUT', '/Patient/p1', { ...patient, active: true })
  await ask('DELETE', '/Observation/b2')
  for (let at = 0; at < 30; at++) {
    const identifier = [{ system: 'http://mrn-system.example', value: `MRN-${at}` }]
    await ask('PUT', `/Patient/many${at}`, {
      resourceType: 'Patient',
      id: `many${at}`,
      identifier,
      name: [{ family: 'Zeta' }],
    })
  }
}

const questions: Readonly<Record<string, readonly string[]>> = {
  '/Patient?identifier=http://mrn-system.example|MRN-77231': ['Patient/p1'],
  '/Patient?identifier=MRN-7': ['Patient/many7'],
  '/Patient?identifier:not=MRN-1&gender=female': ['Patient/p1'],
  '/Patient?organization=Organization/o1': ['Patient/p1'],
  '/Patient?organization.name:missing=false': ['Patient/p1'],
  '/Patient?family:missing=true': [],
  '/Patient?_id=many3': ['Patient/many3'],
  '/Observation?patient.identifier=MRN-77231': ['Observation/b1'],
  '/MedicationRequest?medication.code=zaubertrank': ['MedicationRequest/m1'],
  '/Medication?_contained=true&code=zaubertrank': ['MedicationRequest/m1'],
}

async function asked(t: Test, { ask }: Pick<World, 'ask'>): Promise<void> {
  for (const [path, expected] of Object.entries(questions)) {
    const reply = await ask('GET', path)
    t.same(names(reply), expected, `${path} ${reply.status} ${reply.status === 200 ? '' : reply.json}`)
  }
  const count = await ask('GET', '/Patient?identifier=http://mrn-system.example|&_summary=count')
  t.equal(count.body.total, 31)
}

const ways: Readonly<Record<string, readonly string[]>> = {
  'whole types': types,
  'their elements': [
    ...['identifier', 'name', 'telecom', 'birthDate', 'gender', 'managingOrganization'].map(name => `Patient.${name}`),
    ...['Observation.code', 'Observation.effective', 'MedicationRequest'],
  ],
}

t.setTimeout(300_000)

await onBothStores(async (t, open) => {
  for (const [name, wanted] of Object.entries(ways)) {
    await t.test(`what is stored is sealed, and opened again: ${name}`, async t => {
      const site = await place(t, open)
      await filled(site.world.ask)
      const before = await states(site.world)
      t.ok((await told(site)).length > 5)
      const server = await site.start(wanted)
      t.match(server.events, [{ event: 'encryption.pending' }], 'which is told')
      t.same(await states(server), before, 'until then nothing changes')
      t.equal((await server.ask('GET', '/Patient?family=zet')).body.entry.length, 30)
      const count = await sealStored(site.needs(server))
      t.ok(count >= 36, 'former versions, deleted ones and contained ones, too')
      t.same(await told(site), [])
      t.same(await states(server), before)
      await asked(t, server)
      t.equal((await server.ask('GET', '/Patient?family=zet')).status, 400)
      t.equal(await sealStored(site.needs(server)), 0, 'a second time there is nothing to do')

      const later = await site.start(['Organization'])
      t.match(later.events, [{ event: 'encryption.pending' }])
      t.same(await states(later), before, 'another process opens what the settings name no more')
      t.ok((await sealStored(site.needs(later))) >= 36)
      site.pass()
      t.same(await states(server), before, 'and the first one has heard of it')
      t.equal((await server.ask('GET', '/Patient?family=zet')).body.entry.length, 30)
      t.ok((await told(site)).length > 5)
      t.notOk((await site.below()).includes('Acme'), 'of another type in the same go')
      await asked(t, server)
    })

    await t.test(`meanwhile nothing is missed, and what is written is sealed: ${name}`, async t => {
      const site = await place(t, open)
      await filled(site.world.ask)
      const server = await site.start(wanted)
      let ended = false
      const needs = site.needs(server, { below: slowed(site.needs(server).below) })
      const sealing = sealStored(needs).finally(() => {
        ended = true
      })
      let rounds = 0
      const written: string[] = []
      while (!ended) {
        await asked(t, server)
        const id = `new${rounds++}`
        written.push(id)
        t.equal((await server.ask('PUT', `/Observation/${id}`, observation(id, 'Patient/many1'))).status, 201)
        t.equal(
          (
            await server.ask('PUT', '/Patient/many5', {
              resourceType: 'Patient',
              id: 'many5',
              identifier: [{ system: 'http://mrn-system.example', value: 'MRN-5' }],
              name: [{ family: `Zeta${rounds}` }],
            })
          ).status,
          200,
        )
      }
      await sealing
      t.ok(rounds > 1)
      t.same(await told(site), [])
      site.pass()
      const found = await server.ask('GET', '/Observation?patient=many1&_count=500')
      t.same(names(found).slice().sort(), written.map(id => `Observation/${id}`).sort())
      const history = entries(await server.ask('GET', '/Patient/many5/_history?_count=500'))
      t.equal(history.length, rounds + 1)
    })
  }

  await t.test('whoever is killed at any step goes on by doing it again', async t => {
    const site = await place(t, open)
    await filled(site.world.ask)
    const before = await states(site.world)
    const server = await site.start(types)
    const steps = ['reindex', 'reword', 'history', 'search', 'tidy'] as const
    let killed = 0
    for (let step = 0; step < 12; step++) {
      let left = step
      const { below } = site.needs(server)
      const failing = { ...below } as Record<string, unknown>
      for (const name of steps) {
        failing[name] = (...of: never[]) => {
          if (left-- === 0) throw new Error('killed')
          return (below[name] as (...of: never[]) => unknown)(...of)
        }
      }
      const error = await sealStored(site.needs(server, { below: failing as unknown as Store })).catch(error => error)
      if (error instanceof Error) killed++
      site.pass()
      t.same(await states(server), before)
      await asked(t, server)
    }
    t.ok(killed > 5)
    await sealStored(site.needs(server))
    t.same(await told(site), [])
    await asked(t, server)
  })

  await t.test('who was erased stays erased when nothing is to be encrypted any more', async t => {
    const site = await place(t, open)
    await filled(site.world.ask)
    const server = await site.start(['Patient.name', 'Observation'])
    await sealStored(site.needs(server))
    const needs = { ...site.needs(server), definitions, sleep: async () => {} }
    t.ok((await erasePatient(needs, tenant, 'p1')).resources > 0)
    site.pass()
    const later = await site.start([])
    t.ok((await sealStored(site.needs(later))) > 0)
    site.pass()
    for (const path of ['/Patient/p1', '/Patient/p1/_history/1', '/Observation/b1/_history/1']) {
      t.equal((await later.ask('GET', path)).status, 410, path)
    }
    t.equal((await later.ask('GET', '/Patient?family=zet')).body.entry.length, 30)
    t.match((await later.ask('GET', '/MedicationRequest/m1')).body, { status: 'active' })
  })

  await t.test('one change comes to its end before another begins, and one process does it', async t => {
    const site = await place(t, open)
    await filled(site.world.ask)
    const server = await site.start(types)
    const stopped = site.needs(server, { settle: async () => Promise.reject(new Error('killed')) })
    await t.rejects(sealStored(stopped), /killed/)
    const other = await site.start(['Patient.identifier'])
    await t.rejects(
      sealStored(site.needs(other)),
      /was begun and did not come to its end: expected the same KILN_ENCRYPTION/,
    )
    const { below } = site.needs(server)
    const lease = await below.acquire(tenant, 'reseal', 'another', 60_000)
    await t.rejects(sealStored(site.needs(server)), /another process is sealing anew/)
    if (lease) await below.release(tenant, lease)
    await sealStored(site.needs(server))
    const changed = await site.start(['Patient.identifier'])
    t.ok((await sealStored(site.needs(changed))) > 0)
    site.pass()
    t.equal((await server.ask('GET', '/Patient?family=zet')).body.entry.length, 30)
    t.same(names(await server.ask('GET', '/Patient?identifier=MRN-7')), ['Patient/many7'])
    const left = await told(site)
    t.notOk(left.includes('MRN-77231'))
    t.ok(left.includes('Grosvenor'))
  })
})

/** Others have their turn between its steps. */
function slowed(below: Store): Store {
  const wait = () => new Promise(resolve => setTimeout(resolve, 20))
  return {
    ...below,
    async reindex(...of) {
      await wait()
      return below.reindex(...of)
    },
    async reword(...of) {
      await wait()
      return below.reword(...of)
    },
  }
}
