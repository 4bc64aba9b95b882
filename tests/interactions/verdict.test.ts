/** What is said of a resource does not depend on the way by which it comes. */
import { type Loose, onBothStores, type Reply, type World } from '../world.ts'
import { bundle } from './bundles.ts'

const url = 'http://kiln.test/StructureDefinition/'
const core = 'http://hl7.org/fhir/StructureDefinition/'
const profile = {
  ...{ resourceType: 'StructureDefinition', id: 'own', url: `${url}own`, name: 'Own', status: 'active' },
  ...{ kind: 'resource', abstract: false, type: 'Patient', baseDefinition: `${core}Patient`, derivation: 'constraint' },
  differential: {
    element: [
      { id: 'Patient.name', path: 'Patient.name', min: 1 },
      { id: 'Patient.birthDate', path: 'Patient.birthDate', maxLength: 4 },
      {
        ...{ id: 'Patient.generalPractitioner', path: 'Patient.generalPractitioner' },
        type: [{ code: 'Reference', targetProfile: [`${core}Organization`] }],
      },
    ],
  },
}
const claiming = (more: object): object => ({ meta: { profile: [`${url}own`] }, name: [{ text: 'A' }], ...more })

/** Beside id and type, and whether it is stored. */
const patients: readonly (readonly [what: string, members: object, isStored: boolean])[] = [
  ['a good one', { name: [{ text: 'A' }] }, true],
  ['an element that there is not', { colour: 'red' }, false],
  ['a date that is none', { birthDate: '2026-13-01' }, false],
  ['a code that is none', { gender: 'blue' }, false],
  ['a constraint that is broken', { contact: [{ gender: 'female' }] }, false],
  ['a reference to another type', { managingOrganization: { reference: 'Patient/1' } }, false],
  ['a profile that it keeps', claiming({}), true],
  ['a profile that asks for more', claiming({ name: [], active: true }), false],
  ['a profile that lacks a name', { meta: { profile: [`${url}own`] } }, false],
  ['too long for its profile', claiming({ birthDate: '2026-01-01' }), false],
  [
    'a reference that its profile does not allow',
    claiming({ generalPractitioner: [{ reference: 'Practitioner/1' }] }),
    false,
  ],
  ['a profile that nobody knows', { meta: { profile: [`${url}nowhere`] } }, true],
  ['several faults', { gender: 'blue', contact: [{ gender: 'female' }], maritalStatus: { coding: 'x' } }, false],
]

const headers = { prefer: 'return=OperationOutcome' }
const jsonPatch = 'application/json-patch+json'

function operations(members: object): object[] {
  return Object.entries(members).map(([name, value]) => ({ op: 'add', path: `/${name}`, value }))
}

type Way = (world: World, id: string, members: object) => Promise<Reply>

const entryOf = (method: string, id: string, members: object): object => {
  const resource = { resourceType: 'Patient', ...(method === 'POST' ? {} : { id }), ...members }
  return { resource, request: { method, url: method === 'POST' ? 'Patient' : `Patient/${id}` } }
}

const patchOf = (id: string, members: object): object => {
  const data = Buffer.from(JSON.stringify(operations(members))).toString('base64')
  const resource = { resourceType: 'Binary', contentType: jsonPatch, data }
  return { resource, request: { method: 'PATCH', url: `Patient/${id}` } }
}

const submit = (world: World, type: 'batch' | 'transaction', entry: object, query = ''): Promise<Reply> =>
  world.ask('POST', query, bundle(type, [entry]), headers)

const there = (world: World, id: string): Promise<Reply> =>
  world.ask('PUT', `Patient/${id}`, { resourceType: 'Patient', id })

const patched: (way: Way) => Way = way => async (world, id, members) => {
  await there(world, id)
  return way(world, id, members)
}

const ways: Readonly<Record<string, Way>> = {
  create: (world, _id, members) => world.ask('POST', 'Patient', { resourceType: 'Patient', ...members }, headers),
  update: (world, id, members) =>
    world.ask('PUT', `Patient/${id}`, { resourceType: 'Patient', id, ...members }, headers),
  'conditional create': (world, id, members) =>
    world.ask('POST', 'Patient', { resourceType: 'Patient', ...members }, { ...headers, 'if-none-exist': `_id=${id}` }),
  'conditional update': (world, id, members) =>
    world.ask('PUT', `Patient?_id=${id}`, { resourceType: 'Patient', ...members }, headers),
  patch: patched((world, id, members) =>
    world.ask('PATCH', `Patient/${id}`, operations(members), { ...headers, 'content-type': jsonPatch }),
  ),
  'conditional patch': patched((world, id, members) =>
    world.ask('PATCH', `Patient?_id=${id}`, operations(members), { ...headers, 'content-type': jsonPatch }),
  ),
  'batch, POST': (world, id, members) => submit(world, 'batch', entryOf('POST', id, members)),
  'batch, PUT': (world, id, members) => submit(world, 'batch', entryOf('PUT', id, members)),
  'batch, PATCH': patched((world, id, members) => submit(world, 'batch', patchOf(id, members))),
  'transaction, POST': (world, id, members) => submit(world, 'transaction', entryOf('POST', id, members)),
  'transaction, PUT': (world, id, members) => submit(world, 'transaction', entryOf('PUT', id, members)),
  'transaction, PATCH': patched((world, id, members) => submit(world, 'transaction', patchOf(id, members))),
  'dry run, PUT': (world, id, members) => submit(world, 'transaction', entryOf('PUT', id, members), '?_validate=true'),
  'dry run, PATCH': patched((world, id, members) =>
    submit(world, 'transaction', patchOf(id, members), '?_validate=true'),
  ),
}

/** Status and findings; those of an entry as if it stood alone. What is merely told of a success is left out. */
function verdict(reply: Reply): Loose {
  const response = reply.body.resourceType === 'Bundle' ? reply.body.entry[0].response : undefined
  const status = response === undefined ? reply.status : Number.parseInt(response.status, 10)
  const { issue }: { issue: Loose[] } = response?.outcome ?? reply.body
  const findings = issue
    .filter(({ code }) => code !== 'informational')
    .map(({ expression = [], ...rest }) => ({
      ...rest,
      expression: expression.map((path: string) => path.replace(/^Bundle\.entry\[0\]\.resource/, 'Patient')),
    }))
  return { status: status < 300 ? 'stored' : status, findings }
}

await onBothStores(async (t, open) => {
  t.test('the verdict is the same on all ways of writing', async t => {
    const world = await open()
    t.equal((await world.ask('PUT', 'StructureDefinition/own', profile)).status, 201)
    let made = 0
    for (const [what, members, isStored] of patients) {
      const first = verdict(await ways['create']!(world, `p${made++}`, members))
      t.equal(first.status === 'stored', isStored, what)
      for (const [name, way] of Object.entries(ways)) {
        t.strictSame(verdict(await way(world, `p${made++}`, members)), first, `${what}, ${name}`)
      }
    }
  })
})
