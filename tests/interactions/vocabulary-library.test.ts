/** Large code systems, which lie in files of the library, as searches, validation and value sets see them. */
import type { Vocabulary } from '../../src/interactions/vocabulary/vocabulary.ts'
import { type Build, begin } from '../../src/terminology/library/build.ts'
import { openCatalog } from '../../src/terminology/library/catalog.ts'
import type { Release } from '../../src/terminology/library/placing.ts'
import { noRules } from '../../src/terminology/value-set/version-rules.ts'
import { facts, libraryFolder, needs } from '../terminology/library/shelf-folder.ts'
import { type Loose, onBothStores, type World } from '../world.ts'
import { names, put } from './searching.ts'

const system = 'http://snomed.info/sct'
const plain = { rules: noRules, supplements: [] }
const many = 60_000

/** A root, a branch of 50,000 below it, and the rest beside that. */
function large(folder: string, version: string, more: Partial<Release> = {}): void {
  load(folder, version, more, build => {
    const codes = Array.from({ length: many }, (_, n) => n)
    build.concepts(codes.map(n => ({ code: `c${n}`, display: `${version} concept ${n}` })))
    build.edges(codes.slice(1).map(n => ({ child: `c${n}`, parent: n > 1 && n <= 50_000 ? 'c1' : 'c0' })))
  })
}

function load(folder: string, version: string, more: Partial<Release>, tell: (build: Build) => void): void {
  const build = begin(folder, { facts: { ...facts, url: system, version }, ...more }, needs())
  tell(build)
  build.finish()
}

const valueSet = (url: string, include: object): Loose => ({ url, status: 'active', compose: { include: [include] } })
const filter = (property: string, op: string, value: string) => ({ system, filter: [{ property, op, value }] })

function vocabulary({ ctx }: Pick<World, 'ctx'>, tenant = 'default'): Vocabulary | Promise<Vocabulary> {
  return ctx.vocabularies.of(tenant)
}

await onBothStores(async (t, open) => {
  const folder = libraryFolder(t)
  large(folder, '20260101')
  large(folder, '1', { facts: { ...facts, url: 'http://example.org/more' } })

  async function withLibrary(): Promise<World> {
    const time = { world: undefined as World | undefined }
    const catalog = openCatalog(folder, { clock: () => time.world?.clock ?? 0 })
    t.teardown(() => catalog.close())
    time.world = await open({ library: catalog })
    return time.world
  }

  t.test('value sets of 50,000 codes and more are searched by', async t => {
    const world = await withLibrary()
    for (const code of ['c0', 'c1', 'c2', 'c50000', 'c50001']) {
      await put(world, 'Observation', code, { status: 'final', code: { coding: [{ system, code }] } })
    }
    await put(world, 'Observation', 'elsewhere', { status: 'final', code: { coding: [{ system: 'x:y', code: 'c2' }] } })
    await put(world, 'ValueSet', 'branch', valueSet('http://example.org/branch', filter('concept', 'is-a', 'c1')))
    await put(world, 'ValueSet', 'all', valueSet('http://example.org/all', { system }))
    const found = async (query: string): Promise<string[]> =>
      names(await world.ask('GET', `Observation?${query}`)).map(name => name.slice('Observation/'.length))
    const cases: [string, string[]][] = [
      ['code:in=http://example.org/branch', ['c1', 'c2', 'c50000']],
      ['code:not-in=http://example.org/branch', ['c0', 'c50001', 'elsewhere']],
      ['code:in=http://example.org/all', ['c0', 'c1', 'c2', 'c50000', 'c50001']],
      ['code:in=http://kiln.test/fhir/ValueSet/branch', ['c1', 'c2', 'c50000']],
      [`code:in=${encodeURIComponent(`${system}?fhir_vs=isa/c1`)}`, ['c1', 'c2', 'c50000']],
      [`code:below=${system}|c1`, ['c1', 'c2', 'c50000']],
      [`code:above=${system}|c2`, ['c0', 'c1', 'c2']],
      ['code:in=http://example.org/branch&_sort=-_id&_count=2', ['c50000', 'c2']],
      ['code:in=http://example.org/branch&code:not-in=http://example.org/branch', []],
    ]
    for (const [query, ids] of cases) {
      await t.test(query, async t => t.strictSame(await found(query), ids))
    }
  })

  t.test('what is too much for a search is told with its number', async t => {
    const world = await withLibrary()
    const include = [{ system }, { system: 'http://example.org/more' }]
    await put(world, 'ValueSet', 'twice', { url: 'http://example.org/twice', status: 'active', compose: { include } })
    const reply = await world.ask('GET', 'Observation?code:in=http://example.org/twice')
    t.match(reply.body.issue, [{ code: 'too-costly', diagnostics: /120000 codes: expected at most 100000/ }])
  })

  t.test('codes that a grammar makes cannot be searched by, and whoever tries is told why', async t => {
    const world = await withLibrary()
    for (const url of ['http://unitsofmeasure.org/vs', 'http://hl7.org/fhir/ValueSet/ucum-units']) {
      const reply = await world.ask('GET', `Observation?code:in=${url}`)
      t.equal(reply.status, 400)
      t.match(reply.body.issue, [
        { code: 'not-supported', diagnostics: /grammar makes the codes of http:\/\/unitsofmeasure/ },
      ])
    }
  })

  t.test('a binding to 50,000 codes is answered', async t => {
    const world = await withLibrary()
    await put(world, 'ValueSet', 'branch', valueSet('http://example.org/branch', filter('concept', 'is-a', 'c1')))
    const { bindings } = await vocabulary(world)
    const ask = (code: string, more: object = {}) =>
      bindings.validate({ valueSet: 'http://example.org/branch', system, code, ...more })
    t.equal(ask('c50000'), 'in')
    t.equal(ask('c50000', { version: '20200101' }), 'in', 'the version of a coding does not speak against it')
    t.equal(ask('c50001'), 'out')
    t.equal(ask('unheard of'), 'out')
    t.equal(bindings.validate({ valueSet: 'http://example.org/branch', code: 'c50000' }), 'in')
    t.equal(bindings.validate({ valueSet: 'http://example.org/branch', system: 'x:y', code: 'c50000' }), 'out')
  })

  t.test('expression constraints are evaluated, and relations of files with them', async t => {
    const world = await withLibrary()
    const ids = ['100000001', '100000002', '100000003', '200000001']
    load(folder, '1', { facts: { ...facts, url: 'http://example.org/related' } }, build => {
      build.concepts(ids.map(code => ({ code, display: code })))
      build.edges(ids.slice(1, 3).map(child => ({ child, parent: '100000001' })))
      build.relations([{ source: '100000003', type: '200000001', value: { code: '100000002' }, group: 0 }])
    })
    world.clock += 1_000
    const { memberships } = await vocabulary(world)
    const found = (expression: string) => {
      const include = {
        system: 'http://example.org/related',
        filter: [{ property: 'constraint', op: '=', value: expression }],
      }
      const members = memberships.of({ resourceType: 'ValueSet', compose: { include: [include] } }, plain)
      return members.runs.flatMap(({ part }) => [...part.listed].map(concept => part.system?.code(concept)))
    }
    t.same(found('< 100000001'), ['100000002', '100000003'])
    t.same(found('< 100000001 : 200000001 = 100000002'), ['100000003'])
    t.throws(() => found('<< nonsense'), /ECL/)
  })

  t.test('of a CodeSystem resource, constraints may ask the hierarchy, and nothing that it cannot tell', async t => {
    const world = await open()
    const url = 'http://example.org/small'
    const concept = [{ code: '100000001', concept: [{ code: '100000002' }] }]
    await put(world, 'CodeSystem', 'small', { url, status: 'active', content: 'complete', concept })
    const { memberships } = await vocabulary(world)
    const small = memberships.terminology.codeSystem(url)
    if (small === undefined) throw new Error('it is not there')
    t.same([...(memberships.terminology.ecl?.(small, '< 100000001').concepts ?? [])], [1])
    t.throws(() => memberships.terminology.ecl?.(small, '< 100000001 : 100000002 = *'), /only its hierarchy is/)
  })

  t.test('a new version answers within a second, and who holds the old one reads on', async t => {
    const world = await withLibrary()
    const branch = 'http://example.org/branch'
    await put(world, 'ValueSet', 'branch', valueSet(branch, filter('concept', 'is-a', 'c1')))
    const before = await vocabulary(world)
    const displayOf = ({ memberships }: Vocabulary, version?: string) =>
      memberships.terminology.codeSystem(system, version)?.display(2)
    t.equal(displayOf(before), '20260101 concept 2')
    t.equal(before.bindings.validate({ valueSet: branch, system, code: 'new' }), 'out')
    load(folder, '20260201', {}, build => {
      build.concepts(['c0', 'c1', 'new'].map(code => ({ code, display: code })))
      build.edges([{ child: 'new', parent: 'c1' }])
    })
    world.clock += 1_000
    const after = await vocabulary(world)
    t.not(after, before)
    t.equal(displayOf(after), 'new')
    t.equal(displayOf(after, '20260101'), '20260101 concept 2')
    t.same(after.memberships.terminology.versions(system), ['20260201', '20260101'])
    const urls = new Set(after.memberships.terminology.codeSystems?.())
    for (const url of [system, 'http://unitsofmeasure.org', 'http://hl7.org/fhir/administrative-gender']) {
      t.ok(urls.has(url), `${url} is among the code systems`)
    }
    t.equal(after.bindings.validate({ valueSet: branch, system, code: 'new' }), 'in')
    t.equal(displayOf(before), '20260101 concept 2')
    const catalog = openCatalog(folder, { clock: () => world.clock })
    for (const entry of catalog.list('default').filter(({ version }) => version === '20260201')) catalog.remove(entry)
    world.clock += 1_000
    t.equal(displayOf(await vocabulary(world)), '20260101 concept 2')
    t.equal(displayOf(after), 'new', 'though it is gone')
    catalog.close()
  })

  t.test('the version that was chosen answers', async t => {
    const world = await withLibrary()
    load(folder, '20250101', {}, build => build.concepts([{ code: 'old', display: 'old' }]))
    const catalog = openCatalog(folder, { clock: () => world.clock })
    const first = async () => (await vocabulary(world)).memberships.terminology.codeSystem(system)?.code(0)
    t.equal(await first(), 'c0')
    catalog.choose(system, '20250101')
    world.clock += 1_000
    t.equal(await first(), 'old')
    catalog.choose(system, undefined)
    world.clock += 1_000
    t.equal(await first(), 'c0')
    for (const entry of catalog.list('default').filter(({ version }) => version === '20250101')) catalog.remove(entry)
    catalog.close()
  })

  t.test("a tenant's own files are seen by it alone", async t => {
    const world = await withLibrary()
    load(folder, '20260101', { tenant: 'a' }, build => build.concepts([{ code: 'mine', display: 'mine' }]))
    world.clock += 1_000
    const has = async (tenant: string) =>
      (await vocabulary(world, tenant)).memberships.terminology.codeSystem(system)?.find('mine') !== undefined
    t.ok(await has('a'))
    t.notOk(await has('b'))
    t.notOk(await has('default'))
  })

  t.test('what a tenant has stored comes before the library', async t => {
    const world = await withLibrary()
    await put(world, 'CodeSystem', 'mine', {
      url: system,
      version: '1',
      status: 'active',
      content: 'fragment',
      concept: [{ code: 'mine' }],
    })
    const { terminology } = (await vocabulary(world)).memberships
    t.equal(terminology.codeSystem(system)?.facts.version, '1')
    t.equal(terminology.codeSystem(system, '20260101')?.size, many)
  })

  t.test('what is only known in part is not searched by in part, and a binding leaves the rest in doubt', async t => {
    const world = await open()
    const url = 'http://example.org/fragment'
    await put(world, 'CodeSystem', 'part', {
      url,
      status: 'active',
      content: 'fragment',
      concept: [{ code: 'a', concept: [{ code: 'b' }] }, { code: 'c' }],
    })
    await put(
      world,
      'ValueSet',
      'part',
      valueSet(`${url}/vs`, { system: url, filter: [{ property: 'concept', op: 'is-a', value: 'a' }] }),
    )
    await put(world, 'Observation', 'b', { status: 'final', code: { coding: [{ system: url, code: 'b' }] } })
    await put(world, 'ValueSet', 'list', valueSet(`${url}/list`, { system: url, concept: [{ code: 'b' }] }))
    t.same(names(await world.ask('GET', `Observation?code:in=${url}/list`)), ['Observation/b'])
    for (const query of [`code:in=${url}/vs`, `code:not-in=${url}/vs`, `code:below=${url}|a`, `code:above=${url}|b`]) {
      const reply = await world.ask('GET', `Observation?${query}`)
      t.equal(reply.status, 400)
      t.match(reply.body.issue, [
        { code: 'not-supported', diagnostics: /only a fragment of http:\/\/example.org\/fragment/ },
      ])
    }
    const { bindings } = await vocabulary(world)
    const ask = (code: string) => bindings.validate({ valueSet: `${url}/vs`, system: url, code })
    t.equal(ask('b'), 'in')
    t.equal(ask('unheard of'), 'partly known system')
    t.equal(ask('c'), 'partly known system', 'what is above it may be missing, too')
  })
})
