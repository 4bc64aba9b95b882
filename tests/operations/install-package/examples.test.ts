/** Examples of a package: on request only, judged as any write is, and gone with the package. */
import { exampleId } from '../../../src/conformance/package/example.ts'
import { unpack } from '../../../src/conformance/package/unpack.ts'
import { reportOutcome } from '../../../src/operations/install-package/install-package.ts'
import type { Store } from '../../../src/store/port.ts'
import { type File, files, tgz, valueSet } from '../../conformance/package/pack.ts'
import { onBothStores, type World } from '../../world.ts'
import { siteOf } from './site.ts'

const one = { name: 'example.one', version: '1.0.0' }
const url = 'http://example.org/StructureDefinition/named'
const profile = {
  ...{ resourceType: 'StructureDefinition', id: 'named', url, name: 'Named', status: 'active', kind: 'resource' },
  ...{ abstract: false, type: 'Patient', derivation: 'constraint' },
  baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient',
  differential: { element: [{ id: 'Patient.name', path: 'Patient.name', min: 1 }] },
}
const claiming = { meta: { profile: [url] } }

function example(resourceType: string, id: string, more: object = {}): File {
  return { name: `package/example/${resourceType}-${id}.json`, body: JSON.stringify({ resourceType, id, ...more }) }
}

const good = [
  example('Patient', 'p', { ...claiming, name: [{ text: 'A' }] }),
  example('Observation', 'o', { status: 'final', code: { text: 'x' }, subject: { reference: 'Patient/p' } }),
]
const packed = (examples: readonly File[], definitions: readonly object[] = [profile]) =>
  tgz([...files(one, definitions), ...examples])
const at = (type: string, id: string) => `${type}/${exampleId(one, id)}`
const total = async ({ ask }: Pick<World, 'ask'>, query: string) =>
  (await ask('GET', `${query}&_summary=count`)).body.total

function dyingAt({ ctx, store }: World, commit: number): Pick<World, 'ctx' | 'store'> {
  let commits = 0
  const dying: Store = {
    ...store,
    async commit(it) {
      if (++commits >= commit) throw new Error('killed')
      return store.commit(it)
    },
    release: async (tenant, lease) => {
      if (commits < commit) await store.release(tenant, lease)
    },
  }
  return { store, ctx: { ...ctx, store: dying } }
}

await onBothStores(async (t, open) => {
  t.test('they are stored when they are asked for, tagged, and go with the package', async t => {
    const world = await open()
    const site = siteOf(world)
    t.match(await site.install(packed(good)), [{ examples: { there: 2, wanted: false, stored: 0 } }])
    t.equal((await world.ask('GET', at('Patient', 'p'))).status, 404)

    const [report] = await site.install(packed(good), undefined, true)
    t.match(report, { already: true, examples: { there: 2, wanted: true, stored: 2, before: 0, refused: [] } })
    t.match((await world.ask('GET', at('Observation', 'o'))).body, {
      meta: { source: 'package:example.one#1.0.0/example', tag: [{ system: 'urn:kiln:package-example' }] },
      subject: { reference: at('Patient', 'p') },
    })
    t.equal(await total(world, 'Observation?patient.name=A'), 1, 'they are found as any other')
    t.equal(await total(world, 'Patient?_tag:not=urn:kiln:package-example|example'), 0, 'and can be left out')
    t.match(await site.install(packed(good), undefined, true), [{ examples: { stored: 0, before: 2 } }])

    t.match(await site.remove('example.one'), { deleted: 3, kept: 0 })
    t.equal((await world.ask('GET', at('Patient', 'p'))).status, 410)
    t.equal((await world.ask('GET', at('Observation', 'o'))).status, 410)
  })

  t.test(
    'each is judged as a write is, by what the package has put in force; those refused are told by file',
    async t => {
      const world = await open()
      const wrong = [
        example('Patient', 'nameless', claiming),
        example('Patient', 'blue', { gender: 'blue' }),
        example('Patient', 'p', {}),
        example('Parameters', 'x'),
        example('Nonsense', 'x'),
        { name: 'package/example/broken.json', body: '{"resourceType":' },
        { name: 'package/example/list.json', body: '[]' },
        { name: 'package/examples/anonymous.json', body: '{"resourceType":"Patient"}' },
        { name: 'package/examples/twin.json', body: JSON.stringify({ resourceType: 'Patient', id: 'p' }) },
      ].filter(({ name }) => name !== 'package/example/Patient-p.json')
      const [report] = await siteOf(world).install(packed([...good, ...wrong]), undefined, true)
      t.match(report, { already: false, examples: { there: good.length + wrong.length, stored: 2 } })
      const told = report?.examples.refused.map(({ diagnostics }) => diagnostics) ?? []
      t.match(told.toSorted(), [
        /^package\/example\/Nonsense-x.json: 'Nonsense' is not a resource type/,
        /^package\/example\/Parameters-x.json: 'Parameters' is not a resource type/,
        /^package\/example\/Patient-blue.json: .*'blue'/,
        /^package\/example\/Patient-nameless.json: .*name/,
        /^package\/example\/broken.json: /,
        "package/example/list.json: not a resource: expected an object with a 'resourceType'",
        'package/examples/anonymous.json: the Patient has no id',
        'package/examples/twin.json: Patient/p is in package/example/Patient-p.json too',
      ])
      t.match(report && reportOutcome([report]), {
        issue: [
          { severity: 'information', diagnostics: /2 examples are stored, 8 were refused/ },
          { severity: 'warning' },
        ],
      })
    },
  )

  t.test('those that a package stands on keep theirs', async t => {
    const world = await open()
    const two = { name: 'example.two', version: '1.0.0', dependencies: { 'example.one': '1.0.0' } }
    const source = { versions: async () => ['1.0.0'], open: async () => () => unpack([packed(good)]) }
    const bytes = tgz([...files(two, []), example('Patient', 'own')])
    t.match(await siteOf(world).install(bytes, source, true), [
      { name: 'example.one', examples: { there: 2, wanted: false } },
      { name: 'example.two', examples: { there: 1, stored: 1 } },
    ])
    t.equal(await total(world, 'Patient?'), 1)
  })

  t.test('nothing of theirs is in force, and nobody is ruled by them', async t => {
    const world = await open()
    const compose = { include: [{ system: 'http://example.org/codes', concept: [{ code: 'x' }] }] }
    const form = { url: 'http://example.org/set', status: 'active', compose }
    const provision = { type: 'deny' }
    const consent = {
      ...{ status: 'active', patient: { reference: 'Patient/p' }, provision },
      scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
      category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
      policyRule: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'OPTOUT' }] },
    }
    const strict = { ...profile, id: undefined, url: `${url}-too` }
    const list = [
      ...good,
      example('ValueSet', 'set', form),
      example('StructureDefinition', 'too', { ...strict, id: 'too' }),
      example('Consent', 'c', consent),
    ]
    const [report] = await siteOf(world).install(packed(list), undefined, true)
    t.match(report, { examples: { stored: 5, refused: [] } })
    t.equal((await world.ask('GET', 'Observation?code:in=http://example.org/set')).status, 400)
    const headers = { prefer: 'return=OperationOutcome' }
    const claims = { resourceType: 'Patient', meta: { profile: [`${url}-too`] } }
    t.match((await world.ask('POST', 'Patient', claims, headers)).body.issue, [{}, { code: 'not-found' }])
    const nurse = world.as({ scope: 'system/*.rs' })
    t.equal((await nurse('GET', at('Patient', 'p'))).status, 200)
  })

  t.test('an AuditEvent is no example where the server writes its own', async t => {
    const event = {
      ...{ recorded: '2026-01-01T00:00:00Z', source: { observer: { display: 'x' } }, agent: [{ requestor: true }] },
      type: { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest' },
    }
    const bytes = packed([...good, example('AuditEvent', 'a', event)])
    const world = await open({ audited: (ctx, _asked, act) => act(ctx) })
    const [report] = await siteOf(world).install(bytes, undefined, true)
    t.match(report?.examples, { stored: 2, refused: [{ diagnostics: /AuditEvents are written by the server alone/ }] })
    const [free] = await siteOf(await open()).install(bytes, undefined, true)
    t.match(free?.examples, { stored: 3, refused: [] })
  })

  t.test('a run that is killed is done by the next, and what it has stored can be removed', async t => {
    const many = Array.from({ length: 70 }, (_, n) => example('Basic', `b${n}`, { code: { text: 'x' } }))
    const bytes = packed(many, [valueSet('a')])
    for (const [commit, stored] of [
      [4, 0],
      [5, 0],
      [6, 32],
      [7, 64],
    ] as const) {
      const world = await open()
      await t.rejects(siteOf(dyingAt(world, commit)).install(bytes, undefined, true), { message: 'killed' })
      t.strictSame(await siteOf(world).states(), ['example.one#1.0.0 installed'])
      t.equal(await total(world, 'Basic?'), stored)
      world.clock += 11_000
      if (commit === 6) {
        t.match(await siteOf(world).remove('example.one'), { deleted: 33 })
        t.equal(await total(world, 'Basic?'), 0)
        world.clock += 11_000
      }
      const [report] = await siteOf(world).install(bytes, undefined, true)
      t.match(report, { examples: { stored: commit === 6 ? 70 : 70 - stored, before: commit === 6 ? 0 : stored } })
      t.equal(await total(world, 'Basic?'), 70)
    }
  })

  t.test('a removal that was killed and taken back forgets none of them', async t => {
    const world = await open()
    await siteOf(world).install(packed(good), undefined, true)
    await t.rejects(siteOf(dyingAt(world, 2)).remove('example.one'), { message: 'killed' })
    world.clock += 11_000
    await siteOf(world).install(packed(good))
    t.match(await siteOf(world).remove('example.one'), { deleted: 3 })
    t.equal((await world.ask('GET', at('Patient', 'p'))).status, 410)
  })

  t.test('what somebody has made his own is neither written over nor removed', async t => {
    const world = await open()
    await siteOf(world).install(packed(good), undefined, true)
    const path = at('Patient', 'p')
    const { body } = await world.ask('GET', path)
    await world.ask('PUT', path, { ...body, meta: { source: 'http://example.org' }, name: [{ text: 'Mine' }] })
    await world.ask('DELETE', at('Observation', 'o'))
    t.match(await siteOf(world).install(packed(good), undefined, true), [{ examples: { stored: 1, before: 1 } }])
    t.match(await siteOf(world).remove('example.one'), { deleted: 2, kept: 1 })
    t.match((await world.ask('GET', path)).body.name, [{ text: 'Mine' }])
  })

  t.test(
    'where links must lead somewhere, what leads out of the package is refused, and what leads to that',
    async t => {
      const world = await open({ integrity: () => true })
      await world.ask('PUT', 'Patient/stranger', { resourceType: 'Patient', id: 'stranger' })
      const observation = (id: string, subject: string, more: object = {}) =>
        example('Observation', id, { status: 'final', code: { text: 'x' }, subject: { reference: subject }, ...more })
      const list = [
        observation('b', 'Patient/p', { hasMember: [{ reference: 'Observation/a' }] }),
        observation('a', 'Patient/stranger'),
        ...good,
      ]
      const [report] = await siteOf(world).install(packed(list), undefined, true)
      t.match(report, { examples: { there: 4, stored: 2 } })
      t.match(
        report?.examples.refused.map(({ diagnostics }) => diagnostics),
        [
          `package/example/Observation-a.json: '${at('Patient', 'stranger')}' is referred to but does not exist`,
          `package/example/Observation-b.json: '${at('Observation', 'a')}' is referred to but does not exist`,
        ],
      )
      t.match(await siteOf(world).remove('example.one'), { deleted: 3 })
    },
  )

  t.test('while others refer to one it stays, and the removal says why', async t => {
    const world = await open({ integrity: () => true })
    await siteOf(world).install(packed(good), undefined, true)
    const subject = { reference: at('Patient', 'p') }
    await world.ask('PUT', 'Observation/mine', {
      resourceType: 'Observation',
      id: 'mine',
      status: 'final',
      code: { text: 'x' },
      subject,
    })
    await t.rejects(siteOf(world).remove('example.one'), { status: 409, message: /Observation\/mine refers to it/ })
    await world.ask('DELETE', 'Observation/mine')
    t.match(await siteOf(world).remove('example.one'), { deleted: 3 })
  })
})
