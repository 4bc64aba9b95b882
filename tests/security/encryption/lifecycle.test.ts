/** Keys come and go: rotation, erasure, files that do not fit. */
import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import t from 'tap'
import { all } from '../../../src/search/node.ts'
import { type Erased, erasePatient } from '../../../src/security/encryption/erase.ts'
import { addKey, dropKey, namesIn, newKeyFile } from '../../../src/security/encryption/key-file.ts'
import { BadKeys } from '../../../src/security/encryption/key-wrapper.ts'
import { openEncryption } from '../../../src/security/encryption/open.ts'
import { dropOlder, type ResealNeeds, resealAll } from '../../../src/security/encryption/reseal.ts'
import { ringKind } from '../../../src/security/encryption/ring.ts'
import { mustBeUnused, type RotateNeeds, renewAll, rewrapAll } from '../../../src/security/encryption/rotate.ts'
import type { Store } from '../../../src/store/port.ts'
import { onBothStores } from '../../world.ts'
import { definitions, sealed } from './sealed.ts'
import { bytesBelow, fill, marks, names, observation, patient, type Site, site, types } from './site.ts'

const tenant = 'default'

function rotating({ sealed }: Site): RotateNeeds {
  return { store: sealed.below, wrapper: sealed.wrapper, tenants: [tenant], random: randomBytes, observe: () => {} }
}

function resealing(world: Site): ResealNeeds {
  return { ...world.sealed, random: randomBytes, clock: () => world.clock, owner: 'me', observe: () => {} }
}

/** All that lies below, of every version and of what is contained. */
async function sealedTexts({ sealed }: Site): Promise<readonly string[]> {
  const history = await sealed.below.history({ tenant, order: 'oldest', until: 1e9, limit: 99 })
  const query = { tenant, type: '#Medication', where: all, sort: [], limit: 9, budget: 10_000 }
  const inside = await sealed.below.search(query)
  const versions = [...history.versions, ...inside.matches.map(({ version }) => version)]
  return versions.flatMap(({ json }) => (json?.includes('_sealed') ? [json] : []))
}

/** `meanwhile`: after the first look, before the last. */
function erase({ sealed }: Site, id: string, meanwhile: () => Promise<unknown> = async () => {}): Promise<Erased> {
  const observe = (event: (typeof sealed.events)[number]) => void sealed.events.push(event)
  return erasePatient({ ...sealed, definitions, clock: () => 1, owner: 'me', sleep: meanwhile, observe }, tenant, id)
}

async function ringOf({ sealed }: Site, id: string): Promise<string> {
  const version = await sealed.below.read({ tenant, type: 'Patient', id })
  return /"_sealed":"1\.([\w-]+)\./.exec(version?.json ?? '')?.[1] ?? ''
}

/** A store of the same data, as a process with other settings would open it. */
function opening(below: Store, over: { readonly file?: string; readonly names?: readonly string[] }) {
  const settings = { names: types, file: '', ...over }
  const own = { tenants: [tenant], random: randomBytes, elapsed: () => 0, observe: () => {} }
  return openEncryption(below, { ...own, definitions, settings })
}

t.setTimeout(300_000)

await onBothStores(async (t, open) => {
  await t.test('a master key is replaced while everything goes on, and the old one can be dropped then', async t => {
    const world = await site(t, open)
    await fill(world)
    const [old = ''] = namesIn(world.file)
    const second = addKey(world.file, randomBytes)
    await t.rejects(mustBeUnused(rotating(world), old), /are still wrapped by the master key/)
    t.throws(() => dropKey(world.file, second), BadKeys)
    const during = Promise.all([
      world.ask('PUT', '/Patient/new', { resourceType: 'Patient', id: 'new' }),
      world.ask('GET', '/Patient/p1'),
    ])
    t.ok((await rewrapAll(rotating(world))) >= 2, 'of the index and the patient')
    t.same(
      (await during).map(({ status }) => status),
      [201, 200],
    )
    await rewrapAll(rotating(world))
    t.equal(await rewrapAll(rotating(world)), 0, 'a second time there is nothing to do')
    await mustBeUnused(rotating(world), old)
    dropKey(world.file, old)
    world.pass(2_000)
    t.match((await world.ask('GET', '/Patient/p1')).body, patient)
    const other = await sealed(world.sealed.below, world.file, types)
    t.match((await other.store.read({ tenant, type: 'Patient', id: 'p1' }))?.json, /Grosvenor/, 'another process, too')
    t.same(names(await world.ask('GET', '/Patient?identifier=MRN-77231')), ['Patient/p1'], 'the index is as it was')
  })

  await t.test('after an interruption the rest is wrapped anew', async t => {
    const world = await site(t, open)
    await fill(world)
    addKey(world.file, randomBytes)
    let left = 1
    const needs = rotating(world)
    const keepNote: Store['keepNote'] = note => {
      if (left-- === 0) throw new Error('killed')
      return needs.store.keepNote(note)
    }
    await t.rejects(rewrapAll({ ...needs, store: { ...needs.store, keepNote } }), /killed/)
    t.match((await world.ask('GET', '/Patient/p1')).body, patient)
    t.ok((await rewrapAll(needs)) >= 1)
    const [old = ''] = namesIn(world.file)
    await mustBeUnused(needs, old)
    dropKey(world.file, old)
    world.pass(2_000)
    t.match((await world.ask('GET', '/Patient/p1')).body, patient)
    t.match((await world.ask('GET', '/Observation/b1')).body, observation('b1'))
  })

  await t.test('new data keys seal what comes, the ones before open what there was', async t => {
    const world = await site(t, open)
    await fill(world)
    t.equal(await renewAll(rotating(world)), 1)
    world.pass(2_000)
    await world.ask('PUT', '/Patient/p1', { ...patient, active: true })
    const below = await world.sealed.below.history({ tenant, type: 'Patient', order: 'oldest', until: 1e9, limit: 9 })
    t.match(
      below.versions.map(({ json = '' }) => json.replace(/.*"1\.[\w-]+\.(\d+)\..*/, '$1')),
      ['1', '2'],
    )
    t.match((await world.ask('GET', '/Patient/p1')).body, { ...patient, active: true })
    t.match((await world.ask('GET', '/Patient/p1/_history/1')).body, patient)
    t.same(names(await world.ask('GET', '/Patient?identifier=MRN-77231')), ['Patient/p1'])
  })

  await t.test(
    'what older data keys sealed is sealed anew while everything goes on, and they can be dropped then',
    async t => {
      const world = await site(t, open)
      await fill(world)
      await world.ask('PUT', '/Patient/p1', { ...patient, active: true })
      const once = { 'idempotency-key': 'once' }
      const posted = await world.ask('POST', '/Observation', observation('x'), once)
      const before = await sealedTexts(world)
      await renewAll(rotating(world))
      world.pass(2_000)
      t.equal(await dropOlder(resealing(world), tenant).catch(error => error.name), 'BadKeys', 'they are still needed')
      const during = Promise.all([
        resealAll(resealing(world), tenant),
        world.ask('PUT', '/Patient/p1', patient),
        world.ask('GET', '/MedicationRequest/m1'),
        world.ask('DELETE', '/Observation/b2'),
      ])
      t.same(
        (await during).slice(1).map(it => (typeof it === 'number' ? it : it.status)),
        [200, 200, 204],
      )
      await resealAll(resealing(world), tenant)
      t.equal(await resealAll(resealing(world), tenant), 0, 'a second time there is nothing to do')
      const after = await sealedTexts(world)
      t.ok(before.length > 6 && before.every(text => /"1\.[\w-]+\.1\./.test(text)))
      t.ok(
        after.length > before.length && after.every(text => /"1\.[\w-]+\.2\./.test(text)),
        'history and contained ones, too',
      )
      t.ok((await dropOlder(resealing(world), tenant)) >= 1)
      world.pass(2_000)
      t.match((await world.ask('GET', '/Patient/p1/_history/1')).body, patient)
      t.match((await world.ask('GET', '/Patient/p1/_history/2')).body, { ...patient, active: true })
      t.match((await world.ask('GET', '/Observation/b2/_history/1')).body, observation('b2'))
      t.same(names(await world.ask('GET', '/Medication?_contained=true&_containedType=contained')).length, 1)
      t.equal(
        (await world.ask('POST', '/Observation', observation('x'), once)).body.id,
        posted.body.id,
        'receipts hold',
      )
      t.match(await bytesBelow(world.id).then(bytes => marks.filter(mark => bytes.includes(mark))), [])
    },
  )

  await t.test('sealing anew that is interrupted is done by the next call, and by one at a time', async t => {
    const world = await site(t, open)
    await fill(world)
    await renewAll(rotating(world))
    world.pass(2_000)
    const needs = resealing(world)
    let left = 1
    const reword: Store['reword'] = (...of) => {
      if (left-- === 0) throw new Error('killed')
      return needs.below.reword(...of)
    }
    await t.rejects(resealAll({ ...needs, below: { ...needs.below, reword } }, tenant), /killed/)
    t.match((await world.ask('GET', '/Patient/p1')).body, patient)
    const lease = await needs.below.acquire(tenant, 'reseal', 'another', 60_000)
    await t.rejects(resealAll(needs, tenant), /another process is sealing anew/)
    if (lease) await needs.below.release(tenant, lease)
    t.ok((await resealAll(needs, tenant)) > 0)
    t.ok((await sealedTexts(world)).every(text => /"1\.[\w-]+\.2\./.test(text)))
    t.match((await world.ask('GET', '/Observation/b1')).body, observation('b1'))
  })

  await t.test('a patient whose key is destroyed is gone, in all versions, and for every process', async t => {
    const world = await site(t, open)
    await fill(world)
    await world.ask('PUT', '/Patient/p1', { ...patient, active: true })
    await world.ask('PUT', '/Patient/p2', { resourceType: 'Patient', id: 'p2', gender: 'female' })
    await world.ask('PUT', '/Observation/b3', observation('b3', 'Patient/p2'))
    await world.ask('DELETE', '/Observation/b2')
    let elapsed = 0
    const elsewhere = await sealed(world.sealed.below, world.file, types, () => elapsed)
    const b1 = { tenant, type: 'Observation', id: 'b1' }
    t.ok((await elsewhere.store.read(b1))?.json)
    const ring = await ringOf(world, 'p1')
    const copy = await world.sealed.below.note({ tenant, kind: ringKind, id: ring })
    t.match(copy?.text, /"keys"/)

    const { resources, left } = await erase(world, 'p1')
    t.equal(resources, 3, 'the patient, an observation and a request; another one was deleted before')
    t.same([...left], [])
    t.match(world.sealed.events, [{ event: 'encryption.erased', tenant, resources: 3, left: 0 }])
    t.notMatch((await world.sealed.below.note({ tenant, kind: ringKind, id: ring }))?.text, /keys/)
    elapsed = world.pass(2_000)

    for (const path of [
      '/Patient/p1',
      '/Patient/p1/_history/1',
      '/Patient/p1/_history/2',
      '/Observation/b1/_history/1',
      '/Observation/b2/_history/1',
      '/MedicationRequest/m1',
    ]) {
      const { status, body } = await world.ask('GET', path)
      t.equal(status, 410, path)
      t.equal(body.resourceType, 'OperationOutcome')
    }
    t.match((await world.ask('GET', '/Patient/p1/_history/1')).json, /was erased/)
    t.same(names(await world.ask('GET', '/Observation')), ['Observation/b3'])
    t.same(names(await world.ask('GET', '/Patient?gender=female')), ['Patient/p2'])
    t.equal((await world.ask('GET', '/Patient?_summary=count')).body.total, 1)
    t.same(names(await world.ask('GET', '/Medication?_contained=true')), [])
    t.equal(
      (await world.ask('GET', '/Patient/p1/_history')).body.entry.filter((it: { resource?: unknown }) => it.resource)
        .length,
      0,
    )
    t.equal((await world.ask('GET', '/_history')).status, 200)
    t.equal((await elsewhere.store.vread(b1, 1))?.json, undefined, 'in another process')
    t.match((await world.ask('GET', '/Observation/b3')).body, observation('b3', 'Patient/p2'), 'others are there')

    const again = await world.ask('PUT', '/Patient/p1', patient)
    t.equal(again.status, 422, 'and nothing more comes')
    t.match(again.json, /Patient\/p1 was erased/)
    t.equal((await world.ask('PUT', '/Observation/late', observation('late'))).status, 422)
    t.equal((await erase(world, 'p1')).resources, 0, 'a second time does no harm')
  })

  await t.test('what is written while somebody is erased is found by the last look', async t => {
    const world = await site(t, open)
    await fill(world)
    const meanwhile = () => world.ask('PUT', '/Observation/late', observation('late'))
    const { resources } = await erase(world, 'p1', meanwhile)
    t.equal(resources, 5, 'by a process that still knew the key')
    world.pass(2_000)
    t.same(names(await world.ask('GET', '/Observation')), [])
    t.equal((await world.ask('GET', '/Observation/late')).status, 410)
  })

  await t.test('what was stopped between key and deletes is left out, and done by the next call', async t => {
    const world = await site(t, open)
    await fill(world)
    await t.rejects(
      erase(
        {
          ...world,
          sealed: {
            ...world.sealed,
            below: { ...world.sealed.below, types: async () => Promise.reject(new Error('killed')) },
          },
        },
        'p1',
      ),
      /killed/,
    )
    world.pass(2_000)
    t.same(names(await world.ask('GET', '/Observation')), [])
    t.equal((await world.ask('GET', '/Patient/p1')).status, 410)
    t.equal((await erase(world, 'p1')).resources, 4)
  })

  await t.test('what is of several patients, or not encrypted, stays and is told', async t => {
    const world = await site(t, open)
    await fill(world)
    const both = {
      resourceType: 'Observation',
      id: 'both',
      status: 'final',
      code: { text: 'x' },
      subject: { reference: 'Patient/p1' },
      performer: [{ reference: 'Patient/p2' }],
    }
    t.equal((await world.ask('PUT', '/Observation/both', both)).status, 201)
    await world.ask('PUT', '/Condition/c1', {
      resourceType: 'Condition',
      id: 'c1',
      subject: { reference: 'Patient/p1' },
    })
    const { left } = await erase(world, 'p1')
    t.same([...left].sort(), [
      ['Condition', 1],
      ['Observation', 1],
    ])
    world.pass(2_000)
    t.equal((await world.ask('GET', '/Observation/both')).status, 200)
    await t.rejects(erase(world, 'nobody'), /there is nothing of this patient to erase/)
  })

  await t.test('keys and settings that do not fit the store are refused in a sentence', async t => {
    const world = await site(t, open)
    await fill(world)
    const { below } = world.sealed
    const strange = join(dirname(world.file), 'other')
    newKeyFile(strange, randomBytes)
    const cases: [over: Parameters<typeof opening>[1], message: RegExp][] = [
      [{ file: strange }, /the keys of the store were wrapped by the master key '1-[0-9a-f]{8}', which is not in/],
      [{ file: '' }, /encrypted, and needs KILN_KEY_FILE/],
      [{ file: `${world.file}-none` }, /there is no key file/],
      [{ names: [] }, /this store keeps .*Patient encrypted, and needs KILN_KEY_FILE/],
      [
        { names: [...types, 'Patiant'], file: world.file },
        /KILN_ENCRYPTION names 'Patiant': expected resource types of R4/,
      ],
      [{ names: ['Patient', 'Patient.name'], file: world.file }, /expected either Patient or elements of it/],
      [{ names: ['Patient.nam'], file: world.file }, /names 'Patient.nam': Patient has no element 'Patient.nam'/],
      [{ names: ['Patient.id'], file: world.file }, /Patient.id belongs to every resource/],
      [{ names: ['Patient.meta.tag'], file: world.file }, /Patient.meta belongs to every resource/],
      [{ names: ['Patient.contained'], file: world.file }, /that the server does not need in the clear/],
      [{ names: ['Binary.securityContext'], file: world.file }, /that the server does not need in the clear/],
      [
        { names: ['QuestionnaireResponse.item.answer'], file: world.file },
        /QuestionnaireResponse.item may be within itself; expected QuestionnaireResponse.item as a whole/,
      ],
    ]
    for (const [over, message] of cases) {
      await t.rejects(opening(below, over), BadKeys)
      await t.rejects(opening(below, over), message)
    }
    const more = await opening(below, { names: [...types, 'Condition'], file: world.file })
    t.ok(more.encryption, 'a type that nobody has written yet may be added')
  })

  await t.test('without types nothing stands before the store', async t => {
    const { store } = await open()
    const opened = await opening(store, { names: [], file: '' })
    t.equal(opened.store, store)
    t.equal(opened.encryption, undefined)
  })
})
