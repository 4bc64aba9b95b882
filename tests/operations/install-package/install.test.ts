import t from 'tap'
import { packagedId, sourceOf } from '../../../src/conformance/package/packaged.ts'
import type { PackageSource } from '../../../src/conformance/package/source.ts'
import { unpack } from '../../../src/conformance/package/unpack.ts'
import { printReport, reportOutcome } from '../../../src/operations/install-package/install-package.ts'
import type { Store } from '../../../src/store/port.ts'
import { type Manifest, pack, valueSet } from '../../conformance/package/pack.ts'
import { entries, onBothStores } from '../../world.ts'
import { place, siteOf } from './site.ts'

const one = { name: 'example.one', version: '1.0.0' }
const two = { name: 'example.two', version: '1.0.0', dependencies: { 'example.one': '1.0.x' } }
const sets = (count: number) => Array.from({ length: count }, (_, n) => valueSet(`set-${n}`))
const idOf = (id: string, of: Pick<Manifest, 'name' | 'version'> = one) => packagedId(of, id)

/** Has these packages by name. */
function having(...packages: readonly Uint8Array[]): PackageSource {
  const [bytes = new Uint8Array()] = packages
  return {
    versions: async name => (name === 'example.one' ? ['1.0.0'] : []),
    open: async () => () => unpack([bytes]),
  }
}

/** Ends as a killed process would, before the commit of this number. */
function dyingAt(store: Store, commit: number): Store {
  let commits = 0
  return {
    ...store,
    async commit(it) {
      if (++commits >= commit) throw new Error('killed')
      return store.commit(it)
    },
    release: async () => {},
  }
}

await onBothStores(async (t, open) => {
  t.test('what a package brings are ordinary resources: found, versioned, in the history', async t => {
    const world = await open()
    const [report] = await siteOf(world).install(pack(one, [...sets(70), { resourceType: 'Patient', id: 'p' }]))
    const examples = { there: 1, wanted: false, stored: 0, before: 0, refused: [] }
    t.strictSame(report, { ...one, already: false, resources: 70, resumed: 0, examples, idle: 0 })
    t.equal((await world.ask('GET', 'Patient?_summary=count')).body.total, 0)
    const found = await world.ask('GET', 'ValueSet?url=http://example.org/ValueSet/set-7&version=1.0.0')
    t.equal(entries(found).length, 1)
    t.match(entries(found)[0].resource, {
      id: idOf('set-7'),
      meta: { versionId: '1', source: 'package:example.one#1.0.0' },
    })
    t.equal((await world.ask('GET', 'ValueSet?_source=package:example.one%231.0.0&_summary=count')).body.total, 70)
    t.equal(entries(await world.ask('GET', `ValueSet/${idOf('set-7')}/_history`)).length, 1)
    t.strictSame(await siteOf(world).states(), ['example.one#1.0.0 installed'])
    const guides = await world.ask('GET', `ImplementationGuide?resource=ValueSet/${idOf('set-7')}`)
    t.match(entries(guides)[0].resource, { packageId: 'example.one', version: '1.0.0' })
  })

  t.test('a second time nothing is written', async t => {
    const world = await open()
    const site = siteOf(world)
    await site.install(pack(one, sets(3)))
    const before = await world.store.sequence('default')
    const [report] = await site.install(pack(one, sets(3)))
    t.match(report, { already: true })
    t.equal(await world.store.sequence('default'), before)
  })

  t.test('a published version does not change', async t => {
    const site = siteOf(await open())
    await site.install(pack(one, sets(3)))
    await t.rejects(site.install(pack(one, sets(4))), { status: 409, message: /is installed with other content/ })
    await site.remove('example.one')
    t.match(await site.install(pack(one, sets(4))), [{ resources: 4 }])
  })

  t.test('versions stand side by side, and tenants apart', async t => {
    const world = await open()
    const site = siteOf(world)
    const next = { ...one, version: '1.1.0' }
    await site.install(pack(one, [valueSet('a')]))
    await site.install(pack(next, [valueSet('a')]))
    t.strictSame(await site.states(), ['example.one#1.0.0 installed', 'example.one#1.1.0 installed'])
    const found = entries(await world.ask('GET', 'ValueSet?url=http://example.org/ValueSet/a'))
    t.strictSame(found.map(({ resource }) => resource.version).sort(), ['1.0.0', '1.1.0'])
    t.strictSame(await siteOf(world, { ...place, tenant: 'other' }).states(), [])
    await t.rejects(site.remove('example.one'), { message: /in the versions 1.0.0, 1.1.0: say which one/ })
    await site.remove('example.one', '1.0.0')
    t.strictSame(await site.states(), ['example.one#1.1.0 installed'])
    t.equal((await world.ask('GET', `ValueSet/${idOf('a')}`)).status, 410)
    t.equal((await world.ask('GET', `ValueSet/${idOf('a', next)}`)).status, 200)
  })

  t.test('what a package stands on is installed before it', async t => {
    const world = await open()
    const site = siteOf(world)
    await t.rejects(site.install(pack(two, [valueSet('b')])), {
      status: 422,
      message: 'example.two#1.0.0 depends on example.one#1.0.x, which is neither installed nor to be had',
    })
    t.strictSame(await site.states(), [])
    const reports = await site.install(pack(two, [valueSet('b')]), having(pack(one, sets(2))))
    t.strictSame(
      reports.map(({ name }) => name),
      ['example.one', 'example.two'],
    )
    t.match(reportOutcome(reports), { issue: [{ severity: 'information' }, {}] })
    await t.rejects(site.remove('example.one'), {
      status: 409,
      message: 'example.one#1.0.0 is needed by example.two#1.0.0',
    })
    await site.remove('example.two')
    t.match(await site.remove('example.one'), { deleted: 2, kept: 0 })
    t.strictSame(await site.states(), [])
  })

  t.test('force removes what others need', async t => {
    const site = siteOf(await open())
    await site.install(pack(two, []), having(pack(one, sets(1))))
    t.match(await site.remove('example.one', undefined, true), { deleted: 1 })
    t.strictSame(await site.states(), ['example.two#1.0.0 installed'])
  })

  t.test('a package with a fault leaves nothing behind', async t => {
    const world = await open()
    const site = siteOf(world)
    const before = await world.store.sequence('default')
    const wrong = [...sets(40), valueSet('wrong', { status: ['active'] })]
    await t.rejects(site.install(pack(one, wrong)), { status: 422, message: /package\/ValueSet-wrong.json: / })
    await t.rejects(site.install(Buffer.from('no archive')), { message: /not a gzip archive/ })
    t.equal(await world.store.sequence('default'), before)
  })

  for (const commit of [1, 2, 3, 4, 5]) {
    t.test(
      `a run that is killed before its commit ${commit} leaves nothing in force, and is done by the next`,
      async t => {
        const world = await open()
        const dying = siteOf({ store: world.store, ctx: { ...world.ctx, store: dyingAt(world.store, commit) } })
        await t.rejects(dying.install(pack(one, sets(70))), { message: 'killed' })
        t.strictSame(await siteOf(world).states(), commit === 1 ? [] : ['example.one#1.0.0 loading'])

        await t.rejects(siteOf(world).install(pack(one, sets(70))), {
          status: 409,
          message: /another package is being installed/,
        })
        world.clock += 11_000 // the lease of the dead has run out
        const [report] = await siteOf(world).install(pack(one, sets(70)))
        t.match(report, { already: false, resources: 70, resumed: [0, 0, 32, 64, 70][commit - 1] })
        t.strictSame(await siteOf(world).states(), ['example.one#1.0.0 installed'])
        t.equal((await world.ask('GET', 'ValueSet?_summary=count')).body.total, 70)
        const history = await world.ask('GET', `ValueSet/${idOf('set-0')}/_history`)
        t.equal(entries(history).length, 1, 'nothing was written twice')
      },
    )
  }

  t.test('a run that was killed may be taken back, or begun with other content', async t => {
    const world = await open()
    const dying = () => siteOf({ store: world.store, ctx: { ...world.ctx, store: dyingAt(world.store, 3) } })
    await t.rejects(dying().install(pack(one, sets(70))), { message: 'killed' })
    world.clock += 11_000
    t.match(await siteOf(world).remove('example.one'), { deleted: 32 })
    t.equal((await world.ask('GET', 'ValueSet?_summary=count')).body.total, 0)
    t.strictSame(await siteOf(world).states(), [])

    await t.rejects(dying().install(pack(one, sets(70))), { message: 'killed' })
    world.clock += 11_000
    await siteOf(world).install(pack(one, [valueSet('other')]))
    t.equal((await world.ask('GET', 'ValueSet?_summary=count')).body.total, 1)
  })

  t.test('a removal that is killed is out of force at once, and is done by the next', async t => {
    const world = await open()
    await siteOf(world).install(pack(one, sets(70)))
    const dying = siteOf({ store: world.store, ctx: { ...world.ctx, store: dyingAt(world.store, 3) } })
    await t.rejects(dying.remove('example.one'), { message: 'killed' })
    t.strictSame(await siteOf(world).states(), ['example.one#1.0.0 removing'])
    world.clock += 11_000
    t.match(await siteOf(world).remove('example.one'), { deleted: 6, kept: 0 })
    t.equal((await world.ask('GET', 'ValueSet?_summary=count')).body.total, 0)
    t.strictSame(await siteOf(world).states(), [])
  })

  t.test('what somebody has made his own is kept', async t => {
    const world = await open()
    await siteOf(world).install(pack(one, sets(3)))
    const { body } = await world.ask('GET', `ValueSet/${idOf('set-1')}`)
    await world.ask('PUT', `ValueSet/${idOf('set-1')}`, { ...body, title: 'changed, of the package' })
    const mine = await world.ask('GET', `ValueSet/${idOf('set-2')}`)
    await world.ask('PUT', `ValueSet/${idOf('set-2')}`, {
      ...mine.body,
      meta: { source: 'http://example.org' },
      title: 'mine',
    })
    t.match(await siteOf(world).remove('example.one'), { deleted: 2, kept: 1 })
    t.equal((await world.ask('GET', `ValueSet/${idOf('set-2')}`)).body.title, 'mine')
  })

  t.test('search parameters that R4 has already do not keep a package out', async t => {
    const world = await open()
    const parameter = {
      resourceType: 'SearchParameter',
      id: 'patient-identifier',
      url: 'http://example.org/SearchParameter/patient-identifier',
      name: 'PatientIdentifier',
      status: 'active',
      description: 'As R4 has it.',
      code: 'identifier',
      base: ['Patient'],
      type: 'token',
      expression: 'Patient.identifier',
    }
    await siteOf(world).install(pack(one, [parameter]))
    await siteOf(world).install(pack({ ...one, version: '2.0.0' }, [parameter]))
    t.equal((await world.ask('GET', 'SearchParameter?code=identifier&_summary=count')).body.total, 2)
    await world.ask('POST', 'Patient', { resourceType: 'Patient', identifier: [{ value: '7' }] })
    t.equal(entries(await world.ask('GET', 'Patient?identifier=7')).length, 1)
    await t.rejects(siteOf(world).install(pack({ ...one, version: '3.0.0' }, [{ ...parameter, base: [] }])), {
      message: /SearchParameter-patient-identifier.json/,
    })
  })

  t.test('what is not installed cannot be removed', async t => {
    const site = siteOf(await open())
    await t.rejects(site.remove('example.one'), { status: 404, message: 'example.one is not installed' })
    await site.install(pack(one))
    await t.rejects(site.remove('example.one', '2.0.0'), { status: 404, message: 'example.one#2.0.0 is not installed' })
  })

  t.test('two at once: one installs, the other is told or finds it done', async t => {
    const world = await open()
    const patient = { ...place, patience: 20_000 }
    const both = await Promise.all([
      siteOf(world, patient).install(pack(one, sets(70))),
      siteOf(world, patient).install(pack(one, sets(70))),
    ])
    t.strictSame(
      both
        .flat()
        .map(({ already }) => already)
        .sort(),
      [false, true],
    )
    t.equal(entries(await world.ask('GET', `ValueSet/${idOf('set-0')}/_history`)).length, 1)
  })

  t.test('links are judged where the tenant wants it, the record lists what is stored after it', async t => {
    const world = await open({ integrity: () => true })
    const site = siteOf(world)
    await site.install(pack(one, sets(3)))
    t.match(await site.remove('example.one'), { deleted: 3 })
  })
})

t.test('a report is a sentence', async t => {
  const none = { there: 0, wanted: false, stored: 0, before: 0, refused: [] }
  const report = { ...one, already: false, resources: 7, resumed: 0, examples: none, idle: 0 }
  t.equal(printReport(report), 'example.one#1.0.0 is installed: 7 resources')
  t.equal(printReport({ ...report, already: true }), 'example.one#1.0.0 was installed already')
  t.equal(
    printReport({ ...report, resumed: 3, examples: { ...none, there: 2 }, idle: 1 }),
    'example.one#1.0.0 is installed: 7 resources, 3 of them by a run before this one; 2 examples were not asked for; 1 search parameters are not in force, because others have their names',
  )
  const examples = { there: 9, wanted: true, stored: 5, before: 3, refused: [] }
  t.equal(
    printReport({ ...report, already: true, examples }),
    'example.one#1.0.0 was installed already; 5 examples are stored, 3 were there before, 1 were refused',
  )
  t.equal(sourceOf(one), 'package:example.one#1.0.0')
})
