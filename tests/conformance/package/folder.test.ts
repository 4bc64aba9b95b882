import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { archiveLimits } from '../../../src/conformance/package/entry.ts'
import { readFolder } from '../../../src/conformance/package/folder.ts'

async function paths(folder: string, limits = archiveLimits): Promise<string[]> {
  const found: string[] = []
  for await (const { path } of readFolder(folder, limits)) found.push(path)
  return found
}

t.test('a folder is read like an archive, with package/ or without', async t => {
  const bare = t.testdir({ 'package.json': '{}', 'b.json': '1', example: { 'a.json': '2' } })
  t.strictSame(await paths(bare), ['package/b.json', 'package/example/a.json', 'package/package.json'])
  const packed = t.testdir({ package: { 'package.json': '{}', 'a.json': '1' }, 'other.txt': '' })
  t.strictSame(await paths(packed), ['package/a.json', 'package/package.json'])
})

t.test('the bytes are those of the file', async t => {
  const folder = t.testdir({ 'package.json': '{"a":"ä"}', 'empty.json': '' })
  const read: string[] = []
  for await (const { bytes } of readFolder(folder)) read.push(Buffer.from(bytes).toString())
  t.strictSame(read, ['', '{"a":"ä"}'])
})

t.test('hidden files and node_modules are none of the package', async t => {
  const folder = t.testdir({ 'package.json': '{}', '.git': { config: '' }, node_modules: { x: { 'a.json': '1' } } })
  t.strictSame(await paths(folder), ['package/package.json'])
})

t.test('a symbolic link is refused, to a file and to a folder', async t => {
  for (const target of ['/etc/passwd', '/etc', 'nowhere']) {
    const folder = t.testdir({ 'package.json': '{}', [target.replaceAll('/', '-')]: {} })
    symlinkSync(target, join(folder, 'link.json'))
    await t.rejects(paths(folder), {
      name: 'FhirError',
      message: "'package/link.json' is a link or a device: expected plain files",
    })
  }
})

t.test('a package that is itself a link is refused', async t => {
  const elsewhere = t.testdir({ other: { 'package.json': '{}', 'secret.json': '1' }, site: {} })
  symlinkSync(join(elsewhere, 'other'), join(elsewhere, 'site/package'))
  await t.rejects(paths(join(elsewhere, 'site')), {
    message: "'package/package' is a link or a device: expected plain files",
  })
})

t.test('a pipe is refused and not waited for', async t => {
  const folder = t.testdir({ 'package.json': '{}' })
  spawnSync('mkfifo', [join(folder, 'pipe.json')])
  await t.rejects(paths(folder), { message: /a link or a device/ })
})

t.test('the limits of archives hold', async t => {
  const folder = t.testdir({})
  mkdirSync(join(folder, 'a'))
  writeFileSync(join(folder, 'a/large.json'), 'x'.repeat(2_000))
  writeFileSync(join(folder, 'a/other.json'), 'x'.repeat(2_000))
  await t.rejects(paths(folder, { ...archiveLimits, file: 1_999 }), {
    message: /'package\/a\/large.json' with 2000 bytes/,
  })
  await t.rejects(paths(folder, { ...archiveLimits, total: 3_999 }), { message: /more than 3999 bytes/ })
  await t.rejects(paths(folder, { ...archiveLimits, files: 1 }), { message: /more than 1 files/ })
})

t.test('a folder that is not there is an error of the system', async t => {
  await t.rejects(paths(join(t.testdir({}), 'nowhere')), { code: 'ENOENT' })
})
