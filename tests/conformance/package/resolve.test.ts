import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { resolve } from '../../../src/conformance/package/resolve.ts'
import { anyOf, archiveAt, folderSource, type PackageSource } from '../../../src/conformance/package/source.ts'
import { unpack } from '../../../src/conformance/package/unpack.ts'
import { printName } from '../../../src/conformance/package/version.ts'
import { type Manifest, pack } from './pack.ts'

type Graph = Readonly<Record<string, Readonly<Record<string, string>>>>

/** `{ 'a#1.0.0': { b: '1.0.x' } }`; what was opened is noted. */
function sourceOf(graph: Graph, over: Partial<Manifest> = {}): PackageSource & { opened: string[] } {
  const names = Object.keys(graph).map(key => key.split('#') as [string, string])
  const opened: string[] = []
  return {
    opened,
    versions: async name => names.filter(([one]) => one === name).map(([, version]) => version),
    async open(name, version) {
      opened.push(`${name}#${version}`)
      return () => unpack([pack({ name, version, dependencies: graph[`${name}#${version}`] ?? {}, ...over })])
    },
  }
}

const root = (dependencies: Readonly<Record<string, string>>) => () =>
  unpack([pack({ name: 'root', version: '1.0.0', dependencies })])

async function order(dependencies: Readonly<Record<string, string>>, source: PackageSource, installed: string[] = []) {
  const names = installed.map(one => ({ name: one.split('#')[0] ?? '', version: one.split('#')[1] ?? '' }))
  return (await resolve(root(dependencies), source, names)).map(({ manifest }) => printName(manifest))
}

t.test('what a package stands on comes before it, once', async t => {
  const source = sourceOf({ 'a#1.0.0': { c: '1.0.0' }, 'b#1.0.0': { c: '1.0.0', a: '1.0.0' }, 'c#1.0.0': {} })
  t.strictSame(await order({ b: '1.0.0', a: '1.0.0' }, source), ['c#1.0.0', 'a#1.0.0', 'b#1.0.0', 'root#1.0.0'])
  t.strictSame(source.opened.sort(), ['a#1.0.0', 'b#1.0.0', 'c#1.0.0'])
})

t.test('R4 itself is there', async t => {
  t.strictSame(await order({ 'hl7.fhir.r4.core': '4.0.1' }, sourceOf({})), ['root#1.0.0'])
  const core = () => unpack([pack({ name: 'hl7.fhir.r4.core', version: '4.0.1' })])
  await t.rejects(resolve(core, sourceOf({}), []), { message: /is what this server is made of/ })
})

t.test('versions stand side by side', async t => {
  const source = sourceOf({ 'a#1.0.0': { c: '1.0.0' }, 'b#1.0.0': { c: '2.0.0' }, 'c#1.0.0': {}, 'c#2.0.0': {} })
  t.strictSame(await order({ a: '1.0.0', b: '1.0.0' }, source), [
    'c#1.0.0',
    'a#1.0.0',
    'c#2.0.0',
    'b#1.0.0',
    'root#1.0.0',
  ])
})

t.test('a pattern takes the newest, and what it took is told exactly', async t => {
  const source = sourceOf({ 'a#1.0.1': {}, 'a#1.0.12': {}, 'a#1.0.13-beta': {}, 'a#1.1.0': {} })
  const resolved = await resolve(root({ a: '1.0.x' }), source, [])
  t.strictSame(resolved.at(-1)?.dependencies, [{ name: 'a', version: '1.0.12' }])
  t.strictSame(await order({ a: 'latest' }, source), ['a#1.1.0', 'root#1.0.0'])
})

t.test('circles end', async t => {
  const source = sourceOf({ 'a#1.0.0': { b: '1.0.0' }, 'b#1.0.0': { a: '1.0.x', root: '1.0.0' }, 'root#1.0.0': {} })
  t.strictSame(await order({ a: '1.0.0' }, source), ['b#1.0.0', 'a#1.0.0', 'root#1.0.0'])
})

t.test('what is installed is not asked for', async t => {
  const source = sourceOf({ 'a#1.0.5': {} })
  t.strictSame(await order({ a: '1.0.3' }, source, ['a#1.0.3']), ['root#1.0.0'])
  t.strictSame(await order({ a: '1.0.x' }, source, ['a#1.0.5']), ['root#1.0.0'])
  t.strictSame(source.opened, [])
  t.strictSame(await order({ a: '1.0.x' }, sourceOf({}), ['a#1.0.3', 'a#1.0.4']), ['root#1.0.0'])
  t.strictSame(await order({ a: '1.0.x' }, source, ['a#1.0.3']), ['a#1.0.5', 'root#1.0.0'])
})

t.test('what cannot be had is said with the way that led to it', async t => {
  await t.rejects(order({ a: '1.0.0' }, sourceOf({ 'a#1.0.0': { b: '2.x' }, 'b#1.0.0': {} })), {
    status: 422,
    message: 'root#1.0.0 → a#1.0.0 depends on b#2.x, which is neither installed nor to be had',
  })
  await t.rejects(order({ a: 'current' }, sourceOf({})), { message: /^root#1.0.0: 'current' is no published version/ })
  await t.rejects(order({ a: '^1.0.0' }, sourceOf({})), { message: /^root#1.0.0: '\^1.0.0' is no version/ })
})

t.test('a dependency for another FHIR is refused', async t => {
  await t.rejects(order({ a: '1.0.0' }, sourceOf({ 'a#1.0.0': {} }, { fhirVersions: ['5.0.0'] } as object)), {
    message: 'root#1.0.0 → a#1.0.0: a#1.0.0 is made for FHIR 5.0.0: this server takes packages for 4.0.1 (R4)',
  })
})

t.test('a source that sends another package than it was asked for is not believed', async t => {
  await t.rejects(order({ a: '1.0.0' }, sourceOf({ 'a#1.0.0': {} }, { name: 'evil' })), {
    message: 'a#1.0.0 was asked for, but evil#1.0.0 came',
  })
})

t.test('a chain that does not end is cut', async t => {
  const graph = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`p${n}#1.0.0`, { [`p${n + 1}`]: '1.0.0' }]))
  await t.rejects(order({ p0: '1.0.0' }, sourceOf(graph)), { message: /the 201th package/ })
})

t.test('a folder of archives is a source, whatever the files are called', async t => {
  const folder = t.testdir({ 'readme.md': 'x', 'broken.tgz': 'x' })
  writeFileSync(join(folder, 'x.tgz'), pack({ name: 'a', version: '1.0.0' }))
  writeFileSync(join(folder, 'y.tgz'), pack({ name: 'a', version: '1.0.1' }))
  writeFileSync(join(folder, 'z.tgz'), pack({ name: 'five', version: '1.0.0', fhirVersions: ['5.0.0'] }))
  const source = folderSource(folder)
  t.strictSame(await source.versions('a'), ['1.0.0', '1.0.1'])
  t.strictSame(await source.versions('five'), [])
  t.strictSame(await order({ a: '1.0.x' }, source), ['a#1.0.1', 'root#1.0.0'])
  const both = anyOf([sourceOf({ 'a#2.0.0': {} }), source])
  t.strictSame(await order({ a: 'latest' }, both), ['a#2.0.0', 'root#1.0.0'])
  t.strictSame((await resolve(archiveAt(join(folder, 'x.tgz')), source, [])).length, 1)
})
