import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openRelease } from '../../../src/terminology/load/open.ts'
import type { SourceFile } from '../../../src/terminology/load/source.ts'
import { BadArchive, readArchive } from '../../../src/terminology/load/zip.ts'
import { fc } from '../../property.ts'
import { loaded, type Packed, zipOf } from './release.ts'

const bytesOf = (content: Buffer) => ({
  size: content.length,
  read: async (at: number, length: number) => content.subarray(Math.max(at, 0), at + length),
})

async function textOf(file: SourceFile): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of file.open()) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

async function contents(archive: Buffer): Promise<string> {
  try {
    const files = await readArchive(bytesOf(archive))
    const texts = await Promise.all(files.map(async file => `${file.path}=${await textOf(file)}`))
    return texts.join(' ')
  } catch (error) {
    if (error instanceof BadArchive) return error.message
    throw error
  }
}

t.test('files are read as they were packed, as often as wanted', async t => {
  const entries: Packed[] = [
    { path: 'a/', content: '', stored: true },
    { path: 'a/b.txt', content: 'one' },
    { path: 'a/č.txt', content: 'two', stored: true },
    { path: 'empty', content: '' },
    { path: 'c\\of: windows.txt', content: 'three' },
  ]
  const expected = 'a/b.txt=one a/č.txt=two empty= c/of: windows.txt=three'
  t.equal(await contents(zipOf(entries)), expected)
  t.equal(await contents(zipOf(entries, 'a comment PK')), expected)
  const older = Buffer.from(zipOf([{ path: '~.txt', content: 'x' }]).map(byte => (byte === 0x7e ? 0xfc : byte)))
  t.equal(await contents(older), 'ü.txt=x', 'names are not always UTF-8')
  const [file] = await readArchive(bytesOf(zipOf([{ path: 'x', content: 'x'.repeat(1_000_000) }])))
  t.equal((await textOf(file!)).length, 1_000_000)
  t.equal((await textOf(file!)).length, 1_000_000)
  t.equal(file?.bytes, 1_000_000)
})

const one = (path: string, lie: Packed['lie'] = {}): Buffer => zipOf([{ path, content: 'some text here', lie }])
const bad: readonly (readonly [what: string, archive: Buffer, said: RegExp])[] = [
  ['no archive', Buffer.from('hello'), /this is no ZIP archive, or its end is missing/],
  ['nothing', Buffer.alloc(0), /no ZIP archive/],
  ['a way up', one('../x'), /has a name that leads out of the archive/],
  ['a way up inside', one('a/../../x'), /leads out/],
  ['a root', one('/etc/x'), /leads out/],
  ['a drive', one('c:x'), /leads out/],
  ['a backslash', one('..\\x'), /leads out/],
  ['a zero', one('a\0b'), /leads out/],
  ['encryption', one('x', { flags: 1 }), /is encrypted/],
  [
    'another method',
    one('x', { method: 12 }),
    /is packed by method 12; expected 0 \(stored\) or 8 \(deflated\): unpack it/,
  ],
  ['a bomb that says so', one('x', { bytes: 4_000_000_000 }), /claims to unpack to 4000000000 bytes from 1\d/],
  ['a bomb that does not', one('x', { bytes: 3 }), /'x' is damaged/],
  ['less than it says', one('x', { bytes: 30 }), /'x' is damaged/],
  ['another checksum', one('x', { crc: 1 }), /'x' is damaged/],
  ['another place', one('x', { at: 5 }), /'x' is not where its directory says/],
  [
    'two of one name',
    zipOf([
      { path: 'x', content: '1' },
      { path: 'x', content: '2' },
    ]),
    /a name is twice/,
  ],
  ['the beginning cut off', one('x').subarray(10), /cut off|damaged|not where/],
]
for (const [what, archive, said] of bad) {
  t.test(`an archive with ${what} is refused`, async t => t.match(await contents(archive), said))
}

t.test('a damaged archive is refused or read, and breaks nothing', async t => {
  const good = zipOf([
    { path: 'a.txt', content: 'one two three one two three' },
    { path: 'b.txt', content: 'b', stored: true },
  ])
  await fc.assert(
    fc.asyncProperty(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), async (at, byte, length) => {
      const changed = Buffer.from(good)
      changed[at] = byte
      await contents(changed)
      await contents(changed.subarray(0, length))
    }),
    { numRuns: 500 },
  )
  t.pass()
})

t.test('a folder, an archive and a file alone are opened alike', async t => {
  const root = mkdtempSync(join(tmpdir(), 'kiln-open-'))
  t.teardown(() => rmSync(root, { recursive: true }))
  mkdirSync(join(root, 'folder/deep'), { recursive: true })
  writeFileSync(join(root, 'folder/deep/a.txt'), 'text')
  writeFileSync(join(root, 'folder/deep/._a.txt'), 'what macOS knows of it')
  symlinkSync('/etc/passwd', join(root, 'folder/link.txt'))
  writeFileSync(
    join(root, 'r.zip'),
    zipOf([
      { path: 'deep/a.txt', content: 'text' },
      { path: '__MACOSX/deep/a.txt', content: '' },
    ]),
  )
  writeFileSync(join(root, 'bad.zip'), zipOf([{ path: '../a.txt', content: 'text' }]))
  for (const [path, expected] of [
    ['folder', 'folder/deep/a.txt'],
    ['folder/deep/..', 'folder/deep/a.txt'],
    ['r.zip', 'r.zip/deep/a.txt'],
    ['folder/deep/a.txt', 'a.txt'],
  ] as const) {
    const { files, close } = await openRelease(`${root}/${path}`)
    t.same(
      files.map(file => file.path),
      [expected],
    )
    t.equal(await textOf(files[0]!), 'text')
    t.equal(files[0]?.bytes, 4)
    await close()
  }
  await t.rejects(openRelease(join(root, 'bad.zip')), BadArchive)
})

t.test('an archive whose 64-bit directory is said to lie where no file reaches is damaged', async t => {
  const root = mkdtempSync(join(tmpdir(), 'kiln-open-'))
  t.teardown(() => rmSync(root, { recursive: true }))
  const locator = Buffer.alloc(20)
  locator.writeUInt32LE(0x07064b50)
  locator.writeBigUInt64LE(2n ** 64n - 1n, 8)
  const good = zipOf([{ path: 'a.txt', content: 'text' }])
  const end = good.length - 22
  writeFileSync(join(root, 'r.zip'), Buffer.concat([good.subarray(0, end), locator, good.subarray(end)]))
  await t.rejects(openRelease(join(root, 'r.zip')), { name: 'BadArchive', message: /the directory .* is damaged/ })
})

t.test('a release is read out of an archive, and told if that is damaged', async t => {
  const archive = (lie: Packed['lie'] = {}) =>
    readArchive(bytesOf(zipOf([{ path: 'deep/cvx.txt', content: '08|foo|foo|note|Active|False|2099/01/01', lie }])))
  const good = await loaded(await archive())
  t.same(good.problems, [])
  t.equal(good.rows.concepts.length, 1)
  t.same((await loaded(await archive({ crc: 1 }))).problems, ["archive: the archive's file 'deep/cvx.txt' is damaged"])
})
