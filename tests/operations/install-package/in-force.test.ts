/** What a package brings counts all at once: nothing of it while it is on its way in or out, wherever a run was stopped. */
import type { Store } from '../../../src/store/port.ts'
import { pack, valueSet } from '../../conformance/package/pack.ts'
import { definition } from '../../interactions/own-definitions.ts'
import { type Loose, onBothStores, type Reply, type World } from '../../world.ts'
import { siteOf } from './site.ts'

const core = 'http://hl7.org/fhir/StructureDefinition/'
const url = 'http://kiln.test/'
const profile = {
  resourceType: 'StructureDefinition',
  id: 'a-profile',
  url: `${url}profile`,
  name: 'Own',
  status: 'active',
  kind: 'resource',
  abstract: false,
  type: 'Patient',
  baseDefinition: `${core}Patient`,
  derivation: 'constraint',
  differential: { element: [{ id: 'Patient.name', path: 'Patient.name', min: 1 }] },
}
/** The tenant's own, bound to what comes with the package. */
const binding = { strength: 'required', valueSet: `${url}set` }
const bound = {
  ...profile,
  id: 'bound',
  url: `${url}bound`,
  type: 'Observation',
  baseDefinition: `${core}Observation`,
  differential: { element: [{ id: 'Observation.bodySite', path: 'Observation.bodySite', binding }] },
}
const concept = [{ code: 'red' }]
const compose = { include: [{ system: `${url}codes`, concept }] }
const item = [{ linkId: 'age', type: 'integer' }]
const statement = {
  resourceType: 'CapabilityStatement',
  id: 'a-statement',
  url: `${url}statement`,
  status: 'active',
  date: '2026-01-01',
  kind: 'requirements',
  description: 'what whoever claims this guide has to support',
  fhirVersion: '4.0.1',
  format: ['json'],
  rest: [{ mode: 'server', resource: [{ type: 'Patient', supportedProfile: [`${url}profile`] }] }],
}
const padding = Array.from({ length: 70 }, (_, n) => valueSet(`set-${n}`))
/** What is stored by the first commit of such a package, and what by those behind it. */
const early = [
  profile,
  statement,
  definition('a-parameter', 'eye-colour'),
  { ...valueSet('a-set', { compose }), url: `${url}set` },
  { resourceType: 'Questionnaire', id: 'a-form', url: `${url}form`, status: 'active', item },
]
const name = { name: 'example.one', version: '1.0.0' }
const bytes = pack(name, [...early, ...padding])

function dyingAt({ ctx, store }: World, commit: number): Pick<World, 'ctx' | 'store'> {
  let commits = 0
  const dying: Store = {
    ...store,
    async commit(it) {
      if (++commits >= commit) throw new Error('killed')
      return store.commit(it)
    },
    release: async () => {},
  }
  return { store, ctx: { ...ctx, store: dying } }
}

const claiming = (id: string): object => ({ meta: { profile: [`${url}${id}`] } })
const patient = (more: object = {}): object => ({ resourceType: 'Patient', ...more })
const coded = (code: string): object => ({ coding: [{ system: `${url}codes`, code }] })
const observation = (more: object = {}): object => ({
  resourceType: 'Observation',
  status: 'final',
  code: coded('red'),
  ...more,
})
const response = {
  resourceType: 'QuestionnaireResponse',
  status: 'completed',
  questionnaire: `${url}form`,
  item: [{ linkId: 'age', answer: [{ valueString: 'old' }] }],
}

/** What is asked of the package's profile, value set, questionnaire and search parameter, and what is answered. */
async function counts({ ask }: Pick<World, 'ask'>): Promise<readonly string[]> {
  const outcome = { prefer: 'return=OperationOutcome' }
  const first = (reply: Reply): string => {
    const issue = reply.body.issue?.find(({ severity }: Loose) => severity !== 'information')
    return `${reply.status} ${issue?.severity ?? ''} ${issue?.code ?? ''}`
  }
  return [
    first(await ask('POST', 'Patient', patient(claiming('profile')), outcome)),
    first(await ask('POST', 'Observation', observation({ ...claiming('bound'), bodySite: coded('green') }), outcome)),
    first(await ask('POST', 'QuestionnaireResponse', response, outcome)),
    (await ask('GET', 'Patient?eye-colour=blue')).body.issue?.[0].diagnostics,
    String((await ask('GET', `Observation?code:in=${url}set`)).status),
    first(await ask('POST', 'Patient', patient(), outcome)),
  ]
}

const nothing = [
  '201 warning not-found',
  '201 warning not-found',
  '201 warning not-found',
  /no search parameter 'eye-colour'/,
]
const everything = [
  '422 error required',
  '422 error code-invalid',
  '422 error structure',
  /'eye-colour' of Patient is being indexed/,
]
const [plain, known, unknown] = ['201  ', '200', '400']

await onBothStores(async (t, open) => {
  for (const commit of [2, 3, 4, 5]) {
    t.test(`an installation that is killed before its commit ${commit} counts for nothing`, async t => {
      const world = await open()
      const other = world.other()
      await world.ask('PUT', 'StructureDefinition/bound', bound)
      await t.rejects(siteOf(dyingAt(world, commit)).install(bytes), { message: 'killed' })
      world.clock += 11_000
      const stored = (await world.ask('GET', 'StructureDefinition?_summary=count')).body.total
      t.equal(stored, commit === 2 ? 1 : 2, 'part of it is there')
      for (const each of [world, other]) t.match(await counts(each), [...nothing, unknown, plain])

      await siteOf(world).install(bytes)
      world.clock += 1_000
      for (const each of [world, other]) t.match(await counts(each), [...everything, known, plain])
    })
  }

  t.test('a removal that is killed leaves nothing in force', async t => {
    const world = await open()
    await world.ask('PUT', 'StructureDefinition/bound', bound)
    await world.ask('POST', 'Patient', patient())
    await siteOf(world).install(bytes)
    world.clock += 1_000
    t.match(await counts(world), [...everything, known, plain])
    await t.rejects(siteOf(dyingAt(world, 2)).remove('example.one'), { message: 'killed' })
    world.clock += 11_000
    t.equal((await world.ask('GET', 'StructureDefinition?_summary=count')).body.total, 2, 'all of it is still there')
    t.match(await counts(world), [...nothing, unknown, plain])
  })

  t.test('without its record a package is not in force, from the next request on', async t => {
    const world = await open()
    await siteOf(world).install(bytes)
    world.clock += 1_000
    t.equal((await counts(world))[0], '422 error required')
    const { body } = await world.ask('GET', 'ImplementationGuide')
    await world.ask('DELETE', `ImplementationGuide/${body.entry[0].resource.id}`)
    t.equal((await counts(world))[0], '201 warning not-found')
  })

  t.test("an older version of one's own stays in force while a package with a newer one is loading", async t => {
    const world = await open()
    await world.ask('PUT', 'ValueSet/own', { ...early[3], id: 'own', version: '0.1.0' })
    await world.ask('POST', 'Observation', observation())
    await t.rejects(siteOf(dyingAt(world, 3)).install(bytes), { message: 'killed' })
    t.equal((await world.ask('GET', `Observation?code:in=${url}set&_summary=count`)).body.total, 1)
  })
})
