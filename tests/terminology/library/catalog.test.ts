import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, copyFileSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { begin } from '../../../src/terminology/library/build.ts'
import { type Catalog, type LibraryEvent, openCatalog } from '../../../src/terminology/library/catalog.ts'
import { format } from '../../../src/terminology/library/file-format.ts'
import { facts, libraryFolder, needs } from './shelf-folder.ts'

const system = facts.url
const second = 1_000

/** Of a version that says who it is. */
function load(folder: string, version: string, more: { tenant?: string; edition?: string; mark?: string } = {}) {
  const { mark = version, ...release } = more
  const build = begin(folder, { facts: { ...facts, version }, ...release }, needs())
  build.concepts([{ code: 'a', display: mark }])
  return build.finish()
}

function answer(catalog: Catalog, tenant = 'one', version?: string): string | undefined {
  return catalog.find(tenant, system, version)?.display(0)
}

/** Two processes that look at one folder. */
function processes(t: { teardown(end: () => void): unknown }) {
  const folder = libraryFolder(t)
  const time = { now: 1_000_000 }
  const open = () => {
    const catalog = openCatalog(folder, { clock: () => time.now })
    t.teardown(() => catalog.close())
    return catalog
  }
  return { folder, time, here: open(), there: open() }
}

t.test('versions stand side by side, and the latest answers who names none', async t => {
  const { folder, here } = processes(t)
  load(folder, '2.9')
  load(folder, '2.10')
  t.equal(answer(here), '2.10')
  t.equal(answer(here, 'one', '2.9'), '2.9')
  t.equal(answer(here, 'one', '3'), undefined)
  t.equal(here.find('one', 'http://example.org/other'), undefined)
  t.same(
    here.list('one').map(({ version, content }) => [version, content]),
    [
      ['2.10', 'complete'],
      ['2.9', 'complete'],
    ],
  )
})

t.test('a folder that is not there is an empty library', async t => {
  const { folder } = processes(t)
  const catalog = openCatalog(join(folder, 'none'), { clock: () => 0 })
  t.equal(answer(catalog), undefined)
  t.same(catalog.list('one'), [])
})

t.test('another process sees a new version within a second, the old one answers until then', async t => {
  const { folder, time, here } = processes(t)
  load(folder, '1')
  t.equal(answer(here), '1')
  const old = here.find('one', system)
  load(folder, '2')
  time.now += second - 1
  t.equal(answer(here), '1')
  time.now += 1
  t.equal(answer(here), '2')
  t.equal(old?.display(0), '1', 'an answer under way goes on with what it began with')
})

t.test('a version that is loaded again takes the place of the first', async t => {
  const { folder, time, here } = processes(t)
  load(folder, '1', { mark: 'wrong' })
  const old = here.find('one', system)
  t.equal(old?.display(0), 'wrong')
  load(folder, '1', { mark: 'right' })
  time.now += second
  t.equal(answer(here), 'right')
  t.equal(old?.display(0), 'wrong')
  t.equal(here.list('one').length, 1)
  t.equal(readdirSync(folder).length, 2, 'the first is gone from the disk')
})

t.test('which version answers can be chosen, and chosen no more', async t => {
  const { folder, time, here, there } = processes(t)
  for (const version of ['1', '2', '3']) load(folder, version)
  here.choose(system, '1')
  t.equal(answer(here), '1', 'at once where it was chosen')
  t.equal(answer(there), '1')
  here.choose(system, '2', 'one')
  time.now += second
  t.equal(answer(there), '2', 'for one tenant')
  t.equal(answer(there, 'two'), '1')
  here.choose(system, undefined, 'one')
  here.choose(system, 'gone')
  time.now += second
  t.equal(answer(there), '3', 'a choice that is not there is none')
})

t.test('of processes that choose at the same time, each is heard', async t => {
  const { folder, time, here } = processes(t)
  const names = ['a', 'b', 'c']
  for (const url of [system, ...names.map(name => `${system}/${name}`)]) {
    for (const version of ['1', '2']) begin(folder, { facts: { ...facts, url, version } }, needs()).finish()
  }
  const path = join(import.meta.dirname, 'chooser.ts')
  const ends = names.map(name => once(spawn(process.execPath, [path, folder, name], { stdio: 'inherit' }), 'exit'))
  const ended = Promise.all(ends)
  while (!(await Promise.race([ended, sleep(1)]))) {
    time.now += second
    here.state('one') // a choice that is half written would throw
  }
  t.same(await ended, [
    [0, null],
    [0, null],
    [0, null],
  ])
  time.now += second
  for (const name of names) t.equal(here.find('one', `${system}/${name}`)?.facts.version, '1', name)
  t.equal(here.find('one', system)?.facts.version, '1', 'which all of them chose')
  t.same(
    readdirSync(folder).filter(name => name.includes('partial')),
    [],
  )
})

t.test('choices of earlier releases of the server stand until there is another', async t => {
  const { folder, here } = processes(t)
  for (const version of ['1', '2', '3']) load(folder, version)
  writeFileSync(join(folder, 'chosen.json'), JSON.stringify({ [system]: '1', 'http://example.org/other': '5' }))
  t.equal(answer(here), '1')
  here.choose(system, '2')
  t.equal(answer(here), '2')
  here.choose(system, undefined)
  t.equal(answer(here), '3')
})

t.test('an edition answers by its latest version', async t => {
  const { folder, here } = processes(t)
  load(folder, 'http://snomed.info/sct/11/version/20250101', { edition: 'http://snomed.info/sct/11', mark: 'old' })
  load(folder, 'http://snomed.info/sct/11/version/20260101', { edition: 'http://snomed.info/sct/11', mark: 'new' })
  load(folder, 'http://snomed.info/sct/99/version/20240101', { edition: 'http://snomed.info/sct/99', mark: 'other' })
  t.equal(answer(here, 'one', 'http://snomed.info/sct/11'), 'new')
  t.equal(answer(here, 'one', 'http://snomed.info/sct/99'), 'other')
})

t.test("what is one tenant's answers before what is everybody's, and nobody else", async t => {
  const { folder, here } = processes(t)
  load(folder, '1', { mark: "everybody's" })
  load(folder, '1', { tenant: 'one', mark: 'own' })
  load(folder, '2', { tenant: 'one', mark: 'own, later' })
  t.equal(answer(here, 'one', '1'), 'own')
  t.equal(answer(here, 'one'), 'own, later')
  t.equal(answer(here, 'two'), "everybody's")
  t.equal(answer(here, 'two', '2'), undefined)
  t.same(
    here.list('two').map(({ tenant }) => tenant),
    [undefined],
  )
  t.same(
    here.list('one').map(({ tenant }) => tenant),
    ['one', 'one', undefined],
  )
})

t.test('the name of a tenant never leads out of the library', async t => {
  const { folder, here } = processes(t)
  load(folder, '1')
  for (const tenant of ['..', '../..', '.', '/', 'a/../..', '']) {
    load(folder, '2', { tenant, mark: `of ${tenant}` })
    t.equal(answer(here, tenant), `of ${tenant}`)
  }
  t.equal(answer(here, 'one'), '1')
  t.same(
    readdirSync(folder).filter(name => !name.includes('example.org')),
    ['tenants'],
  )
})

t.test('a version is removed while others read it', async t => {
  const { folder, time, here, there } = processes(t)
  load(folder, '1')
  load(folder, '2')
  const open = there.find('one', system)
  const [latest] = here.list('one')
  if (!latest) throw new Error('nothing was listed')
  here.remove(latest)
  t.equal(answer(here), '1', 'at once where it was removed')
  t.equal(open?.display(0), '2', 'who has it open reads on')
  time.now += second
  t.equal(answer(there), '1')
  t.same(
    here.list('one').map(({ version }) => version),
    ['1'],
  )
})

t.test('a version that went after it was listed is not answered from', async t => {
  const { folder, here, there } = processes(t)
  load(folder, '1')
  load(folder, '2')
  const [latest] = there.list('one')
  if (!latest) throw new Error('nothing was listed')
  here.remove(latest)
  t.equal(answer(there), '1', 'it was not opened before, and cannot be any more')
})

t.test('files that are not all there do not count yet', async t => {
  const { folder, time, here, there } = processes(t)
  const elsewhere = libraryFolder(t)
  const manifest = load(elsewhere, '1')
  const name = manifest.file.replace(/\.sqlite$/, '.manifest.json')
  const data = readFileSync(join(elsewhere, manifest.file))
  const seen = () => {
    time.now += second
    return [answer(here), answer(there)]
  }
  writeFileSync(join(folder, name), readFileSync(join(elsewhere, name)).subarray(0, 40))
  t.same(seen(), [undefined, undefined], 'half of a manifest')
  copyFileSync(join(elsewhere, name), join(folder, name))
  t.same(seen(), [undefined, undefined], 'no file')
  writeFileSync(join(folder, manifest.file), data.subarray(0, 8_192))
  t.same(seen(), [undefined, undefined], 'half of the file')
  appendFileSync(join(folder, manifest.file), data.subarray(8_192))
  t.same(seen(), ['1', '1'])
})

t.test('a version whose file went is as if it were not there, until it is again; that is told once', async t => {
  const { folder, time } = processes(t)
  load(folder, '1')
  const { file } = load(folder, '2')
  load(folder, '2', { tenant: 'one', mark: 'own' })
  const told: LibraryEvent[] = []
  const open = () => {
    const catalog = openCatalog(folder, { clock: () => time.now, observe: event => told.push(event) })
    t.teardown(() => catalog.close())
    return catalog
  }
  const [read, listed] = [open(), open()]
  t.equal(answer(read, 'two'), '2')
  t.equal(listed.list('two').length, 2)
  const state = read.state('two')
  const lacking = { event: 'library.lacking', manifest: file.replace(/sqlite$/, 'manifest.json') }
  renameSync(join(folder, file), join(folder, 'elsewhere'))
  t.equal(answer(listed, 'two'), '1', 'though it was listed this very second')
  t.same(told.splice(0), [lacking])
  for (const catalog of [read, listed, read, listed]) {
    time.now += second
    t.equal(answer(catalog, 'two'), '1')
    t.equal(answer(catalog, 'two', '2'), undefined)
    t.equal(catalog.list('two').length, 1)
  }
  t.not(read.state('two'), state)
  t.same(told.splice(0), [lacking], 'by the other')
  t.equal(answer(open(), 'two'), '1', 'who begins now says so, too')
  t.same(told.splice(0), [lacking])
  renameSync(join(folder, 'elsewhere'), join(folder, file))
  time.now += second
  for (const catalog of [read, listed]) t.equal(answer(catalog, 'two'), '2')
  t.equal(read.state('two'), state)
  for (const own of readdirSync(join(folder, 'tenants/one'))) {
    if (own.endsWith('.sqlite')) rmSync(join(folder, 'tenants/one', own))
  }
  t.equal(answer(read, 'one'), '2', "everybody's")
  t.match(told, [{ event: 'library.lacking', tenant: 'one' }])
})

t.test('a manifest that names no file of the folder is none', async t => {
  const { folder, here } = processes(t)
  const manifest = load(folder, '1')
  for (const [n, file] of ['../x.sqlite', '/etc/passwd', '', 5].entries()) {
    writeFileSync(join(folder, `${n}.manifest.json`), JSON.stringify({ ...manifest, version: '9', file }))
  }
  t.equal(answer(here), '1')
})

t.test('a file of another format is refused in words', async t => {
  const { folder, here } = processes(t)
  const manifest = load(folder, '1')
  const { DatabaseSync } = await import('node:sqlite')
  const db = new DatabaseSync(join(folder, manifest.file))
  db.exec("UPDATE about SET value = '0' WHERE name = 'format'")
  db.close()
  t.throws(() => answer(here), new RegExp(`has format 0, not ${format}: load the code system again`))
})

t.test('its state is another as soon as another version may answer, and the same until then', async t => {
  const { folder, time, here, there } = processes(t)
  const states = [here.state('one')]
  const next = () => {
    time.now += second
    states.push(here.state('one'))
  }
  load(folder, '1')
  next()
  load(folder, '2')
  next()
  there.choose(system, '1')
  next()
  load(folder, '1', { tenant: 'one' })
  next()
  for (const entry of there.list('two')) there.remove(entry)
  next()
  t.equal(new Set(states).size, 6)
  next()
  load(folder, '1', { tenant: 'two' })
  next()
  t.equal(new Set(states).size, 6, 'files of another tenant do not matter')
})
