/** Definitions count for the next request of every process: each world here has connections of its own, and hears by the store alone. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Loose, onBothStores, type World } from '../world.ts'

const url = 'http://kiln.test/'
const own = (resourceType: string, id: string, more: object): Loose => ({
  ...{ resourceType, id, url: `${url}${id}`, name: 'Own', status: 'active' },
  ...more,
})
const profile = (min: number): Loose =>
  own('StructureDefinition', 'named', {
    ...{ kind: 'resource', abstract: false, type: 'Patient', derivation: 'constraint' },
    baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient',
    differential: { element: [{ id: 'Patient.name', path: 'Patient.name', min }] },
  })
const coloured = own('StructureDefinition', 'coloured', {
  ...{ kind: 'resource', abstract: false, type: 'Basic', derivation: 'constraint' },
  baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Basic',
  differential: {
    element: [{ id: 'Basic.code', path: 'Basic.code', binding: { strength: 'required', valueSet: `${url}colours` } }],
  },
})
const system = (...codes: string[]): Loose =>
  own('CodeSystem', 'paint', { content: 'complete', concept: codes.map(code => ({ code })) })
const colours = own('ValueSet', 'colours', { compose: { include: [{ system: `${url}paint` }] } })
const form = (type: string): Loose => own('Questionnaire', 'form', { item: [{ linkId: 'a', type }] })

const patient = { resourceType: 'Patient', meta: { profile: [`${url}named`] } }
const blue = {
  ...{ resourceType: 'Basic', meta: { profile: [`${url}coloured`] } },
  code: { coding: [{ system: `${url}paint`, code: 'blue' }] },
}
const response = {
  ...{ resourceType: 'QuestionnaireResponse', status: 'completed', questionnaire: `${url}form` },
  item: [{ linkId: 'a', answer: [{ valueString: 'x' }] }],
}

/** What stands before, what is judged, and what changes the verdict from accepted to refused. */
const changes = [
  ['a StructureDefinition', [], patient, profile(1)],
  ['a CodeSystem', [system('blue'), colours, coloured], blue, system('red')],
  [
    'a ValueSet',
    [system('blue', 'red'), colours, coloured],
    blue,
    own('ValueSet', 'colours', { compose: { include: [{ system: `${url}paint`, concept: [{ code: 'red' }] }] } }),
  ],
  ['a Questionnaire', [form('string')], response, form('integer')],
] as const

const put = async (world: Pick<World, 'ask'>, resource: Loose): Promise<void> => {
  const { status, json } = await world.ask('PUT', `${resource.resourceType}/${resource.id}`, resource)
  if (status >= 300) throw new Error(json)
}
const judged = async ({ ask }: Pick<World, 'ask'>, resource: Loose): Promise<number> =>
  (await ask('POST', resource.resourceType, resource)).status

await onBothStores(async (t, open) => {
  for (const [name, before, resource, change] of changes) {
    t.test(`${name} counts for the next request of every process, and no longer when it is deleted`, async t => {
      const world = await open()
      const other = await world.apart()
      for (const each of before) await put(world, each)
      t.equal(await judged(world, resource), 201)
      t.equal(await judged(other, resource), 201)
      await put(world, change)
      t.equal(await judged(other, resource), 422, 'elsewhere first')
      t.equal(await judged(world, resource), 422)
      await world.ask('DELETE', `${change.resourceType}/${change.id}`)
      t.equal(await judged(other, resource), 201, 'gone')
      t.equal(await judged(world, resource), 201)
    })
  }

  t.test('however often it changes, and whoever is looking it up at that moment', async t => {
    const world = await open()
    const other = await world.apart()
    let going = true
    const crowd = Array.from({ length: 4 }, async () => {
      while (going) {
        await judged(other, patient)
        await nextTurn() // as requests do, which come by sockets
      }
    })
    for (let turn = 0; turn < 20; turn++) {
      const min = turn % 2
      await put(world, profile(min))
      t.equal(await judged(other, patient), min === 1 ? 422 : 201)
    }
    going = false
    await Promise.all(crowd)
  })

  t.test('what one tenant defines is nothing to another', async t => {
    const world = await open()
    const other = await world.apart()
    await put(world, profile(1))
    t.equal((await other.ask('POST', 'Patient', patient, { 'x-tenant': 'b' })).status, 201)
    t.equal(await judged(other, patient), 422)
    t.equal((await other.ask('POST', 'Patient', patient, { 'x-tenant': 'b' })).status, 201)
  })
})
