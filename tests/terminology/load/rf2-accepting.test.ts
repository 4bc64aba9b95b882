import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openRelease } from '../../../src/terminology/load/open.ts'
import { type Problem, problemList } from '../../../src/terminology/load/problems.ts'
import { type Acceptance, readAcceptance } from '../../../src/terminology/load/rf2-acceptance.ts'
import { beginAcceptance } from '../../../src/terminology/load/rf2-accepting.ts'
import { type Rf2File, rf2File } from '../../../src/terminology/load/rf2-file.ts'
import { TabLine } from '../../../src/terminology/load/tab-line.ts'
import { zipOf } from './release.ts'

const header = 'id effectiveTime active moduleId refsetId referencedComponentId acceptabilityId'
const [american, british] = ['900000000000509007', '900000000000508004']
const [preferred, acceptable] = ['900000000000548007', '900000000000549004']
const name = 'der2_cRefset_LanguageSnapshot-en_INT_20260101.txt'
const count = 90_000 // descriptions, of two lines each: more than 20 MB

const idOf = (n: number): string => `${1_000_000 + n}013`
const lineOf = (n: number, dialect: string, acceptability: string): string => {
  const uuid = `${n.toString(16).padStart(8, '0')}-0000-5000-8000-${dialect.slice(-12).padStart(12, '0')}`
  return [uuid, '20260101', n % 50 === 0 ? 0 : 1, '900000000000207008', dialect, idOf(n), acceptability].join('\t')
}
const lines = [
  header.replaceAll(' ', '\t'),
  ...Array.from({ length: count }, (_, n) => lineOf(n, american, n % 3 === 0 ? preferred : acceptable)),
  ...Array.from({ length: count }, (_, n) =>
    n % 4 === 0 ? lineOf(n, british, preferred) : lineOf(n, american, acceptable),
  ),
]
const text = `${lines.join('\r\n')}\r\n`

type Lie = { readonly crc?: number }

async function archived(t: Tap, content: string, lie: Lie = {}, as = 'release.zip'): Promise<readonly Rf2File[]> {
  const path = join(t.testdirName, as)
  mkdirSync(t.testdirName, { recursive: true })
  writeFileSync(path, zipOf([{ path: name, content, lie }]))
  const { files, close } = await openRelease(path)
  t.teardown(close)
  return files.map(rf2File).filter(file => file !== undefined)
}

type Tap = Pick<typeof t, 'testdir' | 'testdirName' | 'teardown'>

function watching(): {
  problems: ReturnType<typeof problemList>
  progress: (bytes: number) => void
  bytes: () => number
} {
  let bytes = 0
  const progress = (more: number): void => {
    bytes += more
  }
  return { problems: problemList(), progress, bytes: () => bytes }
}

/** What is said of each description. */
function said({ of, sets }: Acceptance): readonly unknown[] {
  const all: unknown[] = []
  const column = (line: TabLine): number => all.push(sets[of.get(line, 0) ?? -1])
  new TabLine().each(Buffer.from(Array.from({ length: count }, (_, n) => `${idOf(n)}\n`).join('')), column)
  return all
}

t.test('a thread reads the same as whoever begins it', async t => {
  const files = await archived(t, text)
  const [here, there] = [watching(), watching()]
  const expected = said(await readAcceptance(files, here))
  const { done, stop } = beginAcceptance(files, there)
  t.equal(there.bytes(), 0, 'nothing is read where it is begun')
  t.same(said(await done()), expected)
  await stop()
  t.equal(there.bytes(), text.length)
  t.equal(new Set(expected).size, 5, 'all that can be said of one is said of some')
})

t.test('of an edition and its extension, in two archives, the latest state counts', async t => {
  const german = '722130004'
  const later = (line: string): string => line.replace('\t20260101\t1\t', '\t20260301\t0\t')
  const extension = [
    lines[0] ?? '',
    later(lines[2] ?? ''), // taken back after the edition: n = 1
    (lines[3] ?? '').replace('\t20260101\t1\t', '\t20250101\t0\t'), // before it: that of the edition counts, n = 2
    ...Array.from({ length: 1_000 }, (_, n) =>
      lineOf(n + 3 * count, german, preferred).replace(idOf(n + 3 * count), idOf(n)),
    ),
  ]
  for (const names of [
    ['SnomedCT_INT', 'SnomedCT_XX'],
    ['SnomedCT_XX', 'SnomedCT_INT'],
  ]) {
    const of: Readonly<Record<string, string>> = { SnomedCT_INT: text, SnomedCT_XX: `${extension.join('\r\n')}\r\n` }
    const both = await Promise.all(names.map(each => archived(t, of[each] ?? '', {}, `${each}.zip`)))
    const [here, there] = [watching(), watching()]
    const expected = said(await readAcceptance(both.flat(), here))
    const { done, stop } = beginAcceptance(both.flat(), there)
    t.same(said(await done()), expected, names.join())
    await stop()
    t.same(there.problems.list, [])
    const all = expected as readonly (readonly { refset: string }[])[]
    const dialects = (n: number): readonly string[] => [...new Set(all[n]?.map(each => each.refset))]
    t.same(dialects(1), [german], 'what was taken back later')
    t.same(dialects(2).toSorted(), [german, american], 'what was taken back before')
    t.same(dialects(5).toSorted(), [german, american], 'what the extension adds')
    t.same(dialects(2_004), [american, british], 'what it does not mention')
  }
})

t.test('few are read where they are waited for', async t => {
  const files = await archived(t, `${lines.slice(0, 1_000).join('\n')}\n`)
  const load = watching()
  const { done } = beginAcceptance(files, load)
  const { sets } = await done()
  t.equal(sets.length, 3)
})

const told = ({ list }: { readonly list: readonly Problem[] }): readonly string[] =>
  list.map(({ line, text }) => `${line}: ${text}`)

t.test('what is wrong is told where it is waited for', async t => {
  const files = await archived(t, text.replace(`\t${british}\t`, `\t${british} `))
  const load = watching()
  const { done } = beginAcceptance(files, load)
  t.equal((await done()).sets.length, 7)
  t.same(told(load.problems), [`${count + 2}: expected 7 tab-separated columns, found 6`])
})

t.test('a hundred problems are enough', async t => {
  const load = watching()
  const { done } = beginAcceptance(await archived(t, text.replaceAll(/20260101\t1/g, '2026\t1')), load)
  await t.rejects(done(), { name: 'TooManyProblems' })
  t.equal(load.problems.list.length, 100)
})

t.test('an archive that is damaged is refused', async t => {
  const files = await archived(t, text, { crc: 1 })
  const { done } = beginAcceptance(files, watching())
  await t.rejects(done(), { name: 'BadArchive', file: 'release.zip' })
})

t.test('what the progress throws is thrown where it is waited for', async t => {
  const stopped = (): void => {
    throw new RangeError('stopped')
  }
  const { done, stop } = beginAcceptance(await archived(t, text), { ...watching(), progress: stopped })
  await t.rejects(done(), RangeError)
  await stop()
})

t.test('a file that is gone is told as the system tells it', async t => {
  const [file] = await archived(t, text)
  if (file === undefined) throw new Error('no file')
  const gone = { ...file, file: { ...file.file, from: { path: join(t.testdir({}), 'gone.zip'), name: 'gone.zip' } } }
  await t.rejects(beginAcceptance([gone], watching()).done(), { code: 'ENOENT', syscall: 'stat' })
})

t.test('a thread that is stopped says nothing more', async t => {
  const { done, stop } = beginAcceptance(await archived(t, text), watching())
  await stop()
  await t.rejects(done(), /ended without a word/)
})
