import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { files, pack, tgz, valueSet } from './conformance/package/pack.ts'
import { openKiln } from './http/kiln.ts'

function environment(store: string, settings: Record<string, string> = {}): Record<string, string | undefined> {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('KILN_'))
  return { ...Object.fromEntries(others), KILN_STORE: store, KILN_SYNCHRONOUS: 'NORMAL', ...settings }
}

function kiln(store: string, args: readonly string[], settings = {}): SpawnSyncReturns<string> {
  const env = environment(store, settings)
  return spawnSync(process.execPath, ['src/cli.ts', 'package', ...args], { encoding: 'utf8', env })
}

const one = { name: 'example.one', version: '1.0.0' }
const two = { name: 'example.two', version: '2.0.0', dependencies: { 'example.one': '1.0.x' } }

/** A store, and a folder with packages. */
function site(t: Test) {
  // Not a `testdir`: it is gone before the servers that were opened later are closed.
  const folder = mkdtempSync(join(tmpdir(), 'kiln-package-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'store'))
  mkdirSync(join(folder, 'packages'))
  writeFileSync(join(folder, 'packages/one.tgz'), pack(one, [valueSet('a'), valueSet('b')]))
  writeFileSync(join(folder, 'packages/two.tgz'), pack(two, [valueSet('c')]))
  return { folder, store: `sqlite:${join(folder, 'store')}`, packages: join(folder, 'packages') }
}

t.test('packages are installed, listed and removed', async t => {
  const { store, packages } = site(t)
  const installed = kiln(store, ['install', join(packages, 'two.tgz'), '--from', packages])
  t.equal(installed.stderr, '')
  t.equal(
    installed.stdout,
    'example.one#1.0.0 is installed: 2 resources\nexample.two#2.0.0 is installed: 1 resources\n',
  )
  t.equal(kiln(store, ['list']).stdout, 'example.one#1.0.0: 2 resources\nexample.two#2.0.0: 1 resources\n')

  const needed = kiln(store, ['remove', 'example.one'])
  t.equal(needed.status, 1)
  t.equal(needed.stderr, 'example.one#1.0.0 is needed by example.two#2.0.0\n')
  t.equal(kiln(store, ['remove', 'example.two@2.0.0']).stdout, 'example.two#2.0.0 is removed: 1 resources deleted\n')
  t.equal(kiln(store, ['list']).stdout, 'example.one#1.0.0: 2 resources\n')
})

t.test('by name from a folder, and from a folder that is the package', async t => {
  const { folder, store, packages } = site(t)
  t.match(kiln(store, ['install', 'example.one@1.0.x', '--from', packages]).stdout, /example.one#1.0.0 is installed/)
  mkdirSync(join(folder, 'unpacked/package'), { recursive: true })
  for (const { name, body = '' } of files({ ...one, version: '1.1.0' }, [valueSet('a')])) {
    writeFileSync(join(folder, 'unpacked', name), body)
  }
  t.match(kiln(store, ['install', join(folder, 'unpacked')]).stdout, /example.one#1.1.0 is installed: 1 resources/)
})

t.test('examples are stored on request, and those that are refused are told by file', async t => {
  const { store, packages } = site(t)
  const example = (id: string, more: object) => ({
    name: `package/example/Patient-${id}.json`,
    body: JSON.stringify({ resourceType: 'Patient', id, ...more }),
  })
  const list = [...files(one, [valueSet('a')]), example('p', {}), example('q', { gender: 'blue' })]
  writeFileSync(join(packages, 'one.tgz'), tgz(list))
  const install = ['install', join(packages, 'one.tgz')]
  t.equal(kiln(store, install).stdout, 'example.one#1.0.0 is installed: 1 resources; 2 examples were not asked for\n')
  const asked = kiln(store, [...install, '--examples']).stdout
  t.match(asked, /^example.one#1.0.0 was installed already; 1 examples are stored, 1 were refused\n/)
  t.match(asked, /\n {2}refused: package\/example\/Patient-q.json: .*'blue'/)
  t.equal(kiln(store, ['list']).stdout, 'example.one#1.0.0: 1 resources, 1 examples\n')
  t.match(kiln(store, ['remove', 'example.one']).stdout, /is removed: 2 resources deleted/)
})

t.test('what cannot be done is said in a sentence, with code 1', async t => {
  const { folder, store, packages } = site(t)
  writeFileSync(join(packages, 'bad.tgz'), 'no archive')
  writeFileSync(join(packages, 'faulty.tgz'), pack(one, [valueSet('x', { status: 7 }), valueSet('y', { nonsense: 1 })]))
  mkdirSync(join(folder, 'linked'))
  symlinkSync('/etc/passwd', join(folder, 'linked/package.json'))
  const cases: [readonly string[], RegExp][] = [
    [['install', join(packages, 'bad.tgz')], /^the package is not a gzip archive/],
    [['install', join(packages, 'two.tgz')], /^example.two#2.0.0 depends on example.one#1.0.x, which is neither/],
    [
      ['install', join(packages, 'faulty.tgz')],
      /^package\/ValueSet-x.json: (.|\n)*package\/ValueSet-y.json: .*nonsense/,
    ],
    [['install', join(folder, 'linked')], /a link or a device/],
    [['install', 'example.one', '--from', 'no/where'], /^ENOENT: .*no\/where/],
    [['install', 'no/such file'], /neither a file or folder that is there nor the name of a package/],
    [['remove', '../x'], /is not the name of a package/],
    [['list', '--tenant', 'nowhere'], /'nowhere' is no tenant/],
  ]
  for (const [args, message] of cases) {
    const { status, stderr } = kiln(store, args)
    t.equal(status, 1, args.join(' '))
    t.match(stderr, message)
    t.notMatch(stderr, /\n\s+at /)
  }
  t.equal(kiln(store, ['list']).stdout, '')
})

t.test('a tenant has packages of its own', async t => {
  const { store, packages } = site(t)
  const settings = { KILN_TENANTS: 'north' }
  kiln(store, ['install', join(packages, 'one.tgz'), '--tenant', 'north'], settings)
  t.equal(kiln(store, ['list']).stdout, '')
  t.equal(kiln(store, ['list', '--tenant', 'north'], settings).stdout, 'example.one#1.0.0: 2 resources\n')
})

t.test('beside a running server: its clients see what was installed', async t => {
  const { store, packages } = site(t)
  const { base } = await openKiln(t, { KILN_STORE: store })
  t.equal(kiln(store, ['install', join(packages, 'one.tgz')]).status, 0)
  const found = await (await fetch(`${base}/ValueSet?url=http://example.org/ValueSet/a`)).json()
  t.match(found, { entry: [{ resource: { version: '1.0.0', meta: { source: 'package:example.one#1.0.0' } } }] })
})

t.test('killed in the middle and run again, it is done', { timeout: 120_000 }, async t => {
  const { store, packages } = site(t)
  const large = Array.from({ length: 2_000 }, (_, n) => valueSet(`set-${n}`))
  writeFileSync(join(packages, 'large.tgz'), pack({ name: 'example.large', version: '1.0.0' }, large))
  const { base } = await openKiln(t, { KILN_STORE: store })
  const count = async () => {
    const { total } = (await (await fetch(`${base}/ValueSet?_summary=count`)).json()) as { total: number }
    return total
  }
  const args = ['src/cli.ts', 'package', 'install', join(packages, 'large.tgz')]
  /** How many it had stored; all of them where it was done before this process saw that it had begun. */
  async function storedWhenKilled(): Promise<number> {
    const child = spawn(process.execPath, args, { env: environment(store), stdio: 'ignore' })
    const ended = once(child, 'exit')
    while ((await count()) < 100) await new Promise(resolve => setTimeout(resolve, 5))
    child.kill('SIGKILL')
    await ended
    return count()
  }
  let left = await storedWhenKilled()
  while (left === large.length) {
    kiln(store, ['remove', 'example.large'])
    left = await storedWhenKilled()
  }
  t.ok(left < large.length, `${left} were stored`)
  t.match(kiln(store, ['list']).stdout, /example.large#1.0.0: 2000 resources \(loading: not in force/)
  const again = kiln(store, ['install', join(packages, 'large.tgz')])
  t.match(again.stdout, /example.large#1.0.0 is installed: 2000 resources, \d+ of them by a run before this one/)
  t.equal(await count(), 2_000)
})
