import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { type Build, begin } from '../../../src/terminology/library/build.ts'
import { openCatalog } from '../../../src/terminology/library/catalog.ts'
import { LibraryFile } from '../../../src/terminology/library/library-file.ts'
import { place } from '../../../src/terminology/library/placing.ts'
import { built, facts, libraryFolder, needs } from './shelf-folder.ts'
import { loincLike, pour, random, snomedLike } from './synthetic.ts'

t.setTimeout(240_000) // twenty processes on a machine that may have much else to do

t.test('rows that lead nowhere are left out and told with their lines', async t => {
  const { file, problems } = built(libraryFolder(t), build => {
    build.edges([{ child: 'a', parent: 'zz', line: 7 }], 'edges.txt')
    build.edges([{ child: 'yy', parent: 'a', line: 3 }], 'more-edges.txt')
    build.concepts(
      [
        { code: 'a', line: 2 },
        { code: 'b', line: 3 },
        { code: 'a', display: 'again', line: 4 },
        { code: '', line: 5 },
      ],
      'concepts.txt',
    )
    build.designations([{ code: 'xx', value: 'of nothing', line: 9 }], 'terms.txt')
    build.properties([{ code: 'ww', property: 'p', value: 1 }])
    build.relations([
      { source: 'a', group: 0, type: 'vv', value: { code: 'b' }, line: 1 },
      { source: 'a', group: 0, type: 'b', value: { code: 'uu' }, line: 2 },
      { source: 'tt', group: 0, type: 'b', value: '#1', line: 3 },
    ])
    build.members([
      { refset: 'ss', member: 'a', line: 1 },
      { refset: 'a', member: 'rr', line: 2 },
      { refset: 'a', member: 'qq', line: 3, inactive: true },
      { refset: 'pp', member: 'a', line: 4, inactive: true },
    ])
  })
  t.teardown(() => file.close())
  t.same(
    problems.sort((a, b) => (a.text < b.text ? -1 : 1)),
    [
      { kind: 'empty', text: 'a concept has no code', file: 'concepts.txt', line: 5 },
      { kind: 'unknown', text: "child 'yy' is not among the concepts", file: 'more-edges.txt', line: 3 },
      { kind: 'duplicate', text: "code 'a' was listed before in line 2", file: 'concepts.txt', line: 4 },
      { kind: 'unknown', text: "member 'rr' is not among the concepts", line: 2 },
      { kind: 'unknown', text: "parent 'zz' is not among the concepts", file: 'edges.txt', line: 7 },
      { kind: 'unknown', text: "reference set 'ss' is not among the concepts", line: 1 },
      { kind: 'unknown', text: "source 'tt' is not among the concepts", line: 3 },
      {
        kind: 'unknown',
        text: "the concept of a designation, 'xx' is not among the concepts",
        file: 'terms.txt',
        line: 9,
      },
      { kind: 'unknown', text: "the concept of a property, 'ww' is not among the concepts" },
      { kind: 'unknown', text: "type 'vv' is not among the concepts", line: 1 },
      { kind: 'unknown', text: "value 'uu' is not among the concepts", line: 2 },
    ].sort((a, b) => (a.text < b.text ? -1 : 1)),
  )
  const { concepts, edges, relations, members } = file.about.counts
  t.same({ concepts, edges, relations, members }, { concepts: 2, edges: 0, relations: 0, members: 0 })
  t.equal(file.display(0), undefined, 'what was listed first counts')
})

t.test('a circle is told by its codes, and the rest of the hierarchy stands', async t => {
  const { file, problems } = built(libraryFolder(t), build => {
    build.concepts(['top', 'a', 'b', 'c', 'self'].map((code, n) => ({ code, line: n + 1 })))
    build.edges([
      { child: 'a', parent: 'top' },
      { child: 'a', parent: 'b' },
      { child: 'b', parent: 'c' },
      { child: 'c', parent: 'a' },
      { child: 'self', parent: 'self' },
    ])
  })
  t.teardown(() => file.close())
  t.match(problems, [
    { kind: 'cycle', text: /circle: a → b → c → a / },
    { kind: 'cycle', text: /circle: self → self / },
  ])
  t.same(
    Array.from(file.ancestors(1), n => file.code(n)),
    ['top', 'b', 'c'],
  )
})

t.test('a chain of many levels is no recursion', async t => {
  const codes = Array.from({ length: 2_000 }, (_, n) => `${n}`)
  const { file } = built(libraryFolder(t), build => {
    build.concepts(codes.map(code => ({ code })))
    build.edges(codes.slice(1).map((child, n) => ({ child, parent: `${n}` })))
  })
  t.teardown(() => file.close())
  t.equal(file.descendants(0).count, 1_999)
  t.ok(file.isA(1_999, 0))
})

t.test('a hierarchy that nobody can have meant is refused', async t => {
  const codes = Array.from({ length: 8_100 }, (_, n) => `${n}`)
  const folder = libraryFolder(t)
  const build = begin(folder, { facts }, needs())
  build.concepts(codes.map(code => ({ code })))
  build.edges(codes.slice(1).map((child, n) => ({ child, parent: `${n}` })))
  t.throws(() => build.finish(), /more than 32,000,000 pairs of ancestor and descendant/)
  t.same(readdirSync(folder), [])
})

t.test('a loader that refuses what was told leaves nothing', async t => {
  const folder = libraryFolder(t)
  const refusing = () => {
    throw new Error('not like this')
  }
  const build = begin(folder, { facts }, { ...needs(), report: refusing })
  build.concepts([{ code: 'a' }, { code: 'a' }])
  t.throws(() => build.finish(), /not like this/)
  t.same(readdirSync(folder), [])
})

t.test('a build that cannot write leaves nothing', async t => {
  const folder = libraryFolder(t)
  const failing = (step: string) => {
    if (step === 'verification') throw new Error('the disk is full')
  }
  const build = begin(folder, { facts }, { ...needs(), progress: failing })
  build.concepts([{ code: 'a' }])
  t.throws(() => build.finish(), /the disk is full/)
  t.same(readdirSync(folder), [])
})

t.test('the manifest says what the file is', async t => {
  const folder = libraryFolder(t)
  const { manifest, file } = built(folder, build => build.concepts([{ code: 'a' }]), {
    edition: 'http://example.org/edition',
    source: 'codes.csv',
  })
  file.close()
  const bytes = readFileSync(join(folder, manifest.file))
  t.match(manifest, {
    system: facts.url,
    version: '1',
    edition: 'http://example.org/edition',
    content: 'complete',
    source: 'codes.csv',
    bytes: bytes.length,
    digest: createHash('sha256').update(bytes).digest('hex'),
    created: /^\d{4}-\d\d-\d\dT/,
  })
  t.same(JSON.parse(readFileSync(join(folder, manifest.file.replace('.sqlite', '.manifest.json')), 'utf8')), manifest)
})

t.test('texts are kept as they are, however long and whatever they hold', async t => {
  const long = 'x漢'.repeat(6_000_000) // 24 MB: more than a block
  const odd = ['\0', '"\\\n', ' blank ', 'é', '𝒜', '']
  const { file } = built(libraryFolder(t), build => {
    build.concepts([...odd, long].map((display, n) => ({ code: `${n}`, display, definition: display })))
    build.designations(odd.map((value, n) => ({ code: `${n}`, value, language: 'de' })))
    build.properties(odd.map((value, n) => ({ code: `${n}`, property: value, value })))
  })
  t.teardown(() => file.close())
  for (const [n, text] of odd.entries()) {
    t.equal(file.display(n), text)
    t.equal(file.definition(n), text)
    t.same(file.designations(n), [{ value: text, language: 'de' }])
    t.same(file.properties(n), [{ code: text, value: text }])
    t.same([...file.having(text, text)], [n])
  }
  t.equal(file.display(odd.length), long)
})

t.test('releases made from numbers are the same each time, and whole', async t => {
  for (const [make, least] of [
    [snomedLike, 4],
    [loincLike, 2],
  ] as const) {
    const release = make({ concepts: 800 })
    const both = [1, 2].map(() => built(libraryFolder(t), (build: Build) => pour(release, build)))
    t.same(both[0]?.problems, [], 'no row leads nowhere')
    t.same(both[0]?.file.about.counts, both[1]?.file.about.counts)
    t.equal(both[0]?.manifest.digest, both[1]?.manifest.digest)
    const { concepts, closure } = both[0]?.file.about.counts ?? { concepts: 0, closure: 0 }
    t.equal(concepts, 800)
    t.ok(closure / concepts > least, `${closure / concepts} ancestors on average`)
    for (const { file } of both) file.close()
  }
})

t.test('a file that cannot be read again leaves no descriptor behind', t => {
  const descriptors = '/proc/self/fd'
  if (!existsSync(descriptors)) t.comment('this system does not list them')
  const count = (): number => (existsSync(descriptors) ? readdirSync(descriptors).length : 0)
  const before = count()
  for (let n = 0; n < 5; n++) {
    const unreadable = (path: string) => mkdirSync(path) // opens and syncs, and has nothing to read
    t.throws(() => place(libraryFolder(t), { facts }, needs(), unreadable), /EISDIR|directory/)
  }
  t.equal(count(), before)
  t.end()
})

t.test('a load that is killed at any moment leaves the one before or is whole', async t => {
  const folder = libraryFolder(t)
  const concepts = 2_000
  const draw = random(20_261_121)
  let least = 0
  for (let kill = 0; kill < 20; kill++) {
    least = Math.max(least, await killed(folder, { first: least + 1, concepts, after: draw() * 120 }))
    const catalog = openCatalog(folder, { clock: Date.now })
    const file = catalog.find('one', facts.url)
    if (!file) throw new Error('a finished load is gone')
    const displays = new Set(Array.from({ length: concepts }, (_, n) => file.display(n)))
    const [number] = displays
    t.equal(displays.size, 1, 'never a mixed answer')
    t.ok(Number(number) >= least, `what was finished stays: ${number} after ${least}`)
    least = Number(number)
    t.equal(file.search(`release ${number}`, { most: concepts * 2 }).length, concepts)
    t.equal(file.descendants(0).count, concepts - 1)
    catalog.close()
  }
  built(folder, build => build.concepts([]), { facts: { ...facts, version: '0' } }).file.close()
  t.ok(readdirSync(folder).length > 4, 'parts may be of a build under way, and stay')
  const later = begin(folder, { facts: { ...facts, version: '0' } }, { ...needs(), clock: () => Date.now() + 660_000 })
  later.finish()
  t.equal(readdirSync(folder).length, 4, 'what killed builds left is cleared away: two files and their manifests')
  const [one] = readdirSync(folder).filter(name => name.endsWith('.sqlite'))
  new LibraryFile(join(folder, one ?? '')).close()
})

/** The last release that the loader finished before it was killed, so many ms after its first. */
async function killed(folder: string, { first, concepts, after }: { first: number; concepts: number; after: number }) {
  const path = join(import.meta.dirname, 'endless-loader.ts')
  const child = spawn(process.execPath, [path, folder, String(first), String(concepts)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (part: Buffer) => {
    said += part
  })
  await once(child.stdout, 'data')
  await setTimeout(after)
  child.kill('SIGKILL')
  await once(child, 'close')
  return Number(said.trim().split('\n').at(-1))
}
