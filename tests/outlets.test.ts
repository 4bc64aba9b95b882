import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { parseConfig } from '../src/config.ts'
import { readManifest } from '../src/conformance/package/manifest.ts'
import { openOutlets } from '../src/outlets.ts'
import { pack } from './conformance/package/pack.ts'

const tarball = pack({ name: 'a.b', version: '1.0.0' })
const hash = (algorithm: string, encoding: 'hex' | 'base64') => createHash(algorithm).update(tarball).digest(encoding)

/** A registry on a real socket; `dist` of the only version of `a.b`. */
async function registry(t: Test, dist: (origin: string) => object | undefined, listing?: string) {
  const seen: (string | undefined)[] = []
  const server = createServer(({ url, headers }, response) => {
    seen.push(`${url} ${headers.authorization ?? ''}`.trim())
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const version = { name: 'a.b', version: '1.0.0', dist: dist(origin) }
    const found = { '/r/a.b': listing ?? JSON.stringify({ versions: { '1.0.0': version } }), '/r/a.b/1.0.0': tarball }
    const body = found[url as keyof typeof found]
    response.writeHead(body === undefined ? 404 : 200).end(body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.close())
  const { port } = server.address() as AddressInfo
  const open = (login = '', allow = '127.0.0.1') =>
    openOutlets(
      parseConfig({ KILN_PACKAGE_REGISTRY: `http://${login}127.0.0.1:${port}/r`, KILN_EGRESS_ALLOW: allow }),
    ).packages()
  return { open, seen }
}

t.test('a package is fetched from the registry that settings name', async t => {
  const { open, seen } = await registry(t, origin => ({
    tarball: `${origin}/r/a.b/1.0.0`,
    shasum: hash('sha1', 'hex'),
  }))
  const source = open()
  t.strictSame(await source.versions('a.b'), ['1.0.0'])
  t.strictSame(await source.versions('unknown'), [])
  t.match(await readManifest(await source.open('a.b', '1.0.0')), { name: 'a.b' })
  t.strictSame(seen, ['/r/a.b', '/r/unknown', '/r/a.b/1.0.0'], 'each listing is fetched once')
})

t.test('where nothing is said of the tarball it lies under its version', async t => {
  const { open } = await registry(t, () => undefined)
  t.match(await readManifest(await open().open('a.b', '1.0.0')), { name: 'a.b' })
})

t.test('the checksum must be right, the better one counts', async t => {
  const right = { integrity: `sha512-${hash('sha512', 'base64')}`, shasum: 'wrong' }
  t.ok(await (await registry(t, () => right)).open().open('a.b', '1.0.0'))
  for (const wrong of [{ shasum: hash('sha256', 'hex') }, { integrity: 'sha512-AAAA' }, { integrity: 'md5-AAAA' }]) {
    const { open } = await registry(t, () => wrong)
    await t.rejects(open().open('a.b', '1.0.0'), { status: 502, message: /not the one that its checksum promises/ })
  }
})

t.test('user and password go to the registry, not to another host', async t => {
  const other = await registry(t, () => undefined)
  const { open, seen } = await registry(t, () => undefined)
  const source = open('me:p%40ss@')
  await source.open('a.b', '1.0.0')
  const login = `Basic ${Buffer.from('me:p@ss').toString('base64')}`
  t.strictSame(seen, [`/r/a.b ${login}`, `/r/a.b/1.0.0 ${login}`])
  await other.open().versions('a.b')
  t.strictSame(other.seen, ['/r/a.b'])
})

t.test('a registry on this machine must be allowed by name', async t => {
  const { open, seen } = await registry(t, () => undefined)
  await t.rejects(open('', '').versions('a.b'), { status: 403, message: /KILN_EGRESS_ALLOW/ })
  t.strictSame(seen, [])
})

t.test('a registry may not send us into a private network', async t => {
  const { open } = await registry(t, () => ({ tarball: 'http://169.254.169.254/latest/meta-data' }))
  await t.rejects(open().open('a.b', '1.0.0'), { status: 403, message: /private network/ })
})

t.test('nonsense for an answer, and a tarball that is not there', async t => {
  for (const listing of ['[]', '{"versions":[]}', '<html>']) {
    const { open } = await registry(t, () => undefined, listing)
    await t.rejects(open().versions('a.b'), { name: 'FhirError' }, listing)
  }
  const { open } = await registry(t, origin => ({ tarball: `${origin}/nowhere` }))
  await t.rejects(open().open('a.b', '1.0.0'), { message: /a tarball that it does not have/ })
})

t.test('without a registry nothing is known', async t => {
  t.strictSame(await openOutlets(parseConfig({})).packages().versions('a.b'), [])
})

t.test('settings that name no registry and no network are refused', async t => {
  for (const url of ['registry.test', 'ftp://a', 'http://a/', 'http://a?b', 'http://%zz@a']) {
    t.throws(() => parseConfig({ KILN_PACKAGE_REGISTRY: url }), { message: /KILN_PACKAGE_REGISTRY is not valid/ }, url)
  }
  t.throws(() => parseConfig({ KILN_EGRESS_ALLOW: '10.0.0.0/33' }), { message: /KILN_EGRESS_ALLOW is '10.0.0.0\/33'/ })
  t.strictSame(parseConfig({ KILN_EGRESS_ALLOW: '10.0.0.0/8, ::1, a.test' }).KILN_EGRESS_ALLOW, [
    '10.0.0.0/8',
    '::1',
    'a.test',
  ])
})
