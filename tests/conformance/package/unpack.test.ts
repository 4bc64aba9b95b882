import { randomBytes } from 'node:crypto'
import { createGzip, gzipSync } from 'node:zlib'
import t from 'tap'
import { archiveLimits, type Entry } from '../../../src/conformance/package/entry.ts'
import { unpack } from '../../../src/conformance/package/unpack.ts'
import { type File, pax, tar, tgz } from './pack.ts'

async function all(entries: AsyncIterable<Entry>): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for await (const { path, bytes } of entries) found[path] = Buffer.from(bytes).toString()
  return found
}

const read = (files: readonly File[]) => all(unpack([tgz(files)]))

t.test('files come out as they went in, however the bytes are cut', async t => {
  const large = randomBytes(200_000).toString('hex')
  const packed = tgz([
    { name: 'package/', flag: '5' },
    { name: 'package/package.json', body: '{}' },
    { name: 'package/empty.json' },
    { name: 'package/full.json', body: 'x'.repeat(512) },
    { name: 'package/large.json', body: large },
    { name: './package/dotted.json', body: 'dot' },
    { name: 'package/old.json', body: 'old', flag: '\0' },
  ])
  const expected = {
    'package/package.json': '{}',
    'package/empty.json': '',
    'package/full.json': 'x'.repeat(512),
    'package/large.json': large,
    'package/dotted.json': 'dot',
    'package/old.json': 'old',
  }
  t.strictSame(await all(unpack([packed])), expected)
  const crumbs = Array.from({ length: Math.ceil(packed.length / 777) }, (_, at) =>
    packed.subarray(at * 777, at * 777 + 777),
  )
  t.strictSame(await all(unpack(crumbs)), expected)
})

t.test('long names come by prefix, by pax and as GNU writes them', async t => {
  const long = `package/${'n'.repeat(150)}-ä.json`
  t.strictSame(await read([{ name: 'file.json', prefix: 'package/deep', body: '1' }]), {
    'package/deep/file.json': '1',
  })
  t.strictSame(await read([pax({ path: long, mtime: '1' }), { name: 'short', body: '2' }]), { [long]: '2' })
  t.strictSame(
    await read([
      { name: '././@LongLink', flag: 'L', body: `${long}\0` },
      { name: 'cut', body: '3' },
    ]),
    {
      [long]: '3',
    },
  )
})

t.test('what pax says of all files is passed over, what it says of one counts for one', async t => {
  const found = await read([
    pax({ comment: 'a commit', path: 'everywhere' }, 'g'),
    pax({ path: 'package/first.json' }),
    { name: 'a', body: '1' },
    { name: 'package/b', body: '2' },
  ])
  t.strictSame(found, { 'package/first.json': '1', 'package/b': '2' })
})

const tricks: [string, readonly File[], RegExp][] = [
  ['a way out', [{ name: 'package/../../etc/passwd' }], /leads out of the package/],
  ['a way out by pax', [pax({ path: '../x' }), { name: 'x' }], /leads out/],
  ['a way out by a long name', [{ name: 'L', flag: 'L', body: '../x' }, { name: 'x' }], /leads out/],
  ['a way out by a prefix', [{ name: 'x', prefix: '..' }], /leads out/],
  ['an absolute path', [{ name: '/etc/passwd' }], /absolute/],
  ['a drive', [{ name: 'C:/x' }], /absolute/],
  ['a backslash', [{ name: '..\\x' }], /backslash/],
  ['a NUL in a name', [pax({ path: 'package/a\0b' }), { name: 'x' }], /control characters/],
  ['a line break in a name', [{ name: 'package/a\nb' }], /control characters/],
  ['empty segments', [{ name: 'package//a' }], /empty segments/],
  ['a point as segment', [{ name: 'package/./a' }], /empty segments/],
  ['no name', [{ name: '' }], /empty/],
  ['a name without end', [pax({ path: `package/${'x'.repeat(2_000)}` }), { name: 'x' }], /longer than 1000/],
  ['a symbolic link', [{ name: 'package/a', flag: '2', link: '/etc/passwd' }], /symbolic link 'package\/a'/],
  ['a hard link', [{ name: 'package/a', flag: '1', link: 'package/b' }], /hard link/],
  ['a device', [{ name: 'package/a', flag: '3' }], /device/],
  ['a pipe', [{ name: 'package/a', flag: '6' }], /pipe/],
  ['a sparse file of GNU', [{ name: 'package/a', flag: 'S' }], /unknown kind/],
  ['a sparse file of pax', [pax({ 'GNU.sparse.size': '9' }), { name: 'package/a' }], /holes/],
  ['a file twice', [{ name: 'package/a' }, { name: './package/a' }], /'package\/a' twice/],
  ['a wrong checksum', [{ name: 'package/a', off: 1 }], /checksum/],
  ['a file that is too large', [{ name: 'package/a', size: 33 * 1024 * 1024 }], /expected at most 33554432/],
  ['a file that pax calls too large', [pax({ size: '999999999999' }), { name: 'package/a' }], /expected at most/],
  ['a size that is no number', [pax({ size: '-1' }), { name: 'package/a' }], /a size is '-1'/],
  ['a pax header without form', [{ name: 'p', flag: 'x', body: 'nonsense' }, { name: 'x' }], /malformed/],
  ['a pax header of 70 KB', [pax({ comment: 'x'.repeat(70_000) }), { name: 'x' }], /extension has/],
  ['a file that ends early', [{ name: 'package/a', body: 'abc', size: 5_000 }], /ends in the middle of 'package\/a'/],
]

for (const [name, files, message] of tricks) {
  t.test(`an archive with ${name} is refused`, async t => {
    await t.rejects(read(files), { name: 'FhirError', message })
  })
}

t.test('a size in binary is refused, and a name that is not UTF-8', async t => {
  /** A byte is set in the header, and the checksum made right again. */
  const altered = (at: number, value: number): Buffer => {
    const archive = tar([{ name: 'package/a' }])
    const sum = Number.parseInt(archive.toString('latin1', 148, 154), 8) + value - (archive[at] ?? 0)
    archive[at] = value
    archive.write(sum.toString(8).padStart(6, '0'), 148)
    return gzipSync(archive)
  }
  await t.rejects(all(unpack([altered(124, 0x80)])), { message: /larger than 8 GB/ })
  await t.rejects(all(unpack([altered(130, 'x'.charCodeAt(0))])), { message: /not octal/ })
  await t.rejects(all(unpack([altered(8, 0xff)])), { message: /not UTF-8/ })
})

t.test('what is cut off, damaged or no archive at all is refused', async t => {
  const whole = tgz([{ name: 'package/a', body: randomBytes(50_000).toString('hex') }])
  await t.rejects(all(unpack([whole.subarray(0, whole.length / 2)])), {
    message: /not a gzip archive, or a damaged one/,
  })
  await t.rejects(all(unpack([Buffer.from('{"resourceType":"Patient"}')])), { message: /not a gzip archive/ })
  await t.rejects(all(unpack([])), { name: 'FhirError' })
  await t.rejects(all(unpack([gzipSync(Buffer.alloc(0))])), { message: /cut off/ })
  await t.rejects(all(unpack([gzipSync(tar([{ name: 'package/a', body: 'x' }], false))])), { message: /cut off/ })
  await t.rejects(all(unpack([gzipSync(randomBytes(1024))])), { message: /not a tar archive/ })
})

/** As much as is asked for, packed while it is read: never in memory as a whole. */
function bomb(files: number, size: number): { stream: AsyncIterable<Uint8Array>; sent: () => number } {
  const gzip = createGzip()
  const megabyte = Buffer.alloc(1024 * 1024)
  let sent = 0
  const fill = async () => {
    for (let file = 0; file < files; file++) {
      gzip.write(tar([{ name: `package/${file}.json`, size }], false))
      for (let at = 0; at < size; at += megabyte.length) {
        sent += megabyte.length
        if (!gzip.write(megabyte)) await new Promise(resolve => gzip.once('drain', resolve))
        if (gzip.destroyed) return
      }
    }
    gzip.end()
  }
  fill().catch(() => {})
  return { stream: gzip, sent: () => sent }
}

t.test('1 GB of zeros is refused after a few megabytes, whatever it claims to be', async t => {
  const before = process.memoryUsage().rss
  const { stream, sent } = bomb(1024, 1024 * 1024)
  await t.rejects(all(unpack(stream)), { message: /more than 200 times of what was sent/ })
  t.ok(sent() < 256 * 1024 * 1024, `${sent()} bytes were asked for, packed to a thousandth`)
  const grown = process.memoryUsage().rss - before
  t.ok(grown < 200 * 1024 * 1024, `memory grew by ${grown} bytes`)
})

t.test('bytes are counted over all files, and files too', async t => {
  const files = Array.from({ length: 30 }, (_, n) => ({
    name: `package/${n}`,
    body: randomBytes(1_000).toString('hex'),
  }))
  const packed = tgz(files)
  await t.rejects(all(unpack([packed], { ...archiveLimits, total: 50_000 })), {
    message: /more than 50000 bytes/,
    status: 413,
  })
  await t.rejects(all(unpack([packed], { ...archiveLimits, files: 29 })), { message: /more than 29 files/ })
  t.equal(Object.keys(await all(unpack([packed], { ...archiveLimits, files: 30 }))).length, 30)
})

t.test('headers count too: a million empty folders are a bomb', async t => {
  const folders = Array.from({ length: 300 }, (_, n) => ({ name: `package/${n}/`, flag: '5' }))
  await t.rejects(all(unpack([tgz(folders)], { ...archiveLimits, files: 200 })), { message: /more than 200 files/ })
  const extensions = Array.from({ length: 300 }, () => pax({ comment: 'again' }, 'g'))
  await t.rejects(all(unpack([tgz(extensions)], { ...archiveLimits, total: 100_000 })), {
    message: /more than 100000 bytes/,
  })
})

t.test('whoever stops reading stops the unpacking', async t => {
  const { stream, sent } = bomb(100, 30 * 1024 * 1024)
  const limits = { ...archiveLimits, ratio: 2_000 }
  for await (const { path } of unpack(stream, limits)) {
    t.equal(path, 'package/0.json')
    break
  }
  const then = sent()
  await new Promise(resolve => setTimeout(resolve, 50))
  t.ok(sent() - then < 5 * 1024 * 1024)
})

t.test('a source that breaks off says why', async t => {
  const broken = async function* () {
    yield tgz([{ name: 'package/a', body: 'x' }]).subarray(0, 20)
    throw new Error('the disk is gone')
  }
  await t.rejects(all(unpack(broken())), { message: 'the disk is gone' })
})
