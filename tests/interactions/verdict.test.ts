/** What is said of a resource does not depend on the way by which it comes. */
import { type FhirError, type Issue, toOutcome } from '../../src/fhir/issue.ts'
import { files, pack, tgz, valueSet } from '../conformance/package/pack.ts'
import { siteOf } from '../operations/install-package/site.ts'
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

/** Errors, without the names of files: of what is stored a package tells no warnings. */
function faults(issues: readonly Loose[]): readonly Loose[] {
  return issues
    .filter(({ severity }) => severity === 'error')
    .map(({ diagnostics, ...rest }) => ({ ...rest, diagnostics: diagnostics.replace(/^package\/\S+: /, '') }))
}

const told = (issues: readonly Issue[]): readonly Loose[] => faults(JSON.parse(JSON.stringify(toOutcome(issues))).issue)

/** Beside id; what is wrong with each is told by the rules of the type, or by what it defines. */
const definitions: readonly (readonly [what: string, resource: Loose, isStored: boolean])[] = [
  ['a good value set', valueSet('v'), true],
  ['a status that is an array', valueSet('v', { status: ['active'] }), false],
  ['a status that there is not', valueSet('v', { status: 'good' }), false],
  ['an element that there is not', valueSet('v', { colour: 'red' }), false],
  ['a good profile', { ...profile, id: 'v' }, true],
  [
    'a profile of an element that there is not',
    { ...profile, id: 'v', differential: { element: [{ id: 'Patient.colour', path: 'Patient.colour', min: 1 }] } },
    false,
  ],
]

await onBothStores(async (t, open) => {
  t.test('nor does it for definitions of a package', async t => {
    for (const [at, [what, resource, isStored]] of definitions.entries()) {
      const world = await open()
      const put = await world.ask('PUT', `${resource.resourceType}/v`, resource, headers)
      t.equal(put.status < 300, isStored, what)
      const bytes = pack({ name: `definition.n${at}`, version: '1.0.0' }, [resource])
      const found = await siteOf(world)
        .install(bytes)
        .then(
          () => [],
          (error: FhirError) => error.issues,
        )
      t.strictSame(told(found), faults(put.body.issue), what)
    }
  })

  t.test('nor for examples of a package', async t => {
    const world = await open()
    await world.ask('PUT', 'StructureDefinition/own', profile)
    for (const [at, [what, members, isStored]] of patients.entries()) {
      const put = await ways['update']!(world, `p${at}`, members)
      const body = JSON.stringify({ resourceType: 'Patient', id: 'p', ...members })
      const manifest = { name: `example.n${at}`, version: '1.0.0' }
      const bytes = tgz([...files(manifest, []), { name: 'package/example/p.json', body }])
      const [report] = await siteOf(world).install(bytes, undefined, true)
      t.equal(report?.examples.stored, isStored ? 1 : 0, what)
      t.strictSame(told(report?.examples.refused ?? []), faults(put.body.issue), what)
    }
  })

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
