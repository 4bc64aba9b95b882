/** Files on disk → the library, in the thread of the test and in one of its own. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openCatalog } from '../../../src/terminology/library/catalog.ts'
import { printed } from '../../../src/terminology/load/problems.ts'
import { type Needs, runTask } from '../../../src/terminology/load/run.ts'
import type { End, Progress, Task } from '../../../src/terminology/load/task.ts'
import { runInThread } from '../../../src/terminology/load/thread.ts'
import { zipOf } from './release.ts'

const system = 'http://example.org/wards'
const rows = ['code,display,parent', 'a,Ward A,', 'b,Ward B,a', 'c,Ward C,b']
const wards = `${rows.join('\n')}\n`

function site(t: Test, files: Readonly<Record<string, string | Buffer>>) {
  const folder = t.testdir({ library: {}, files: {} })
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, 'files', name), content)
  const library = join(folder, 'library')
  const task = (names: readonly string[], more: Partial<Task> = {}): Task => ({
    folder: library,
    paths: names.map(name => join(folder, 'files', name)),
    system,
    ...more,
  })
  return { library, task }
}

function run(task: Task, over: Partial<Needs> = {}): Promise<End> {
  return runTask(task, { clock: Date.now, random: randomBytes, tell: () => {}, isCancelled: () => false, ...over })
}

function problemsOf(end: End): readonly string[] {
  return end.is === 'refused' ? end.problems.map(printed) : [end.is]
}

t.test('what is said beside the files counts, and the tenant alone sees it', async t => {
  const { library, task } = site(t, { 'wards.csv': wards })
  const said = { version: '3', edition: 'http://example.org/edition', language: 'de', tenant: 'north' }
  t.same(await run(task(['wards.csv'], said)), {
    is: 'done',
    loaded: [{ system, version: '3', edition: 'http://example.org/edition', concepts: 3 }],
    left: [],
    count: 0,
  })
  const catalog = openCatalog(library, { clock: Date.now })
  t.teardown(() => catalog.close())
  t.equal(catalog.find('south', system), undefined)
  const file = catalog.find('north', system, 'http://example.org/edition')
  t.match(file?.facts, { version: '3', language: 'de' })
  t.match(catalog.list('north'), [{ source: 'wards.csv', tenant: 'north' }])
})

t.test('files are known by another name than that under which they lie', async t => {
  const { task } = site(t, { '17': wards })
  t.match(problemsOf(await run(task(['17']))), [/found '17'/])
  t.match(await run(task(['17'], { names: ['wards.csv'] })), { is: 'done' })
})

t.test('several files may be one release', async t => {
  const head = 'id\teffectiveTime\tactive\tmoduleId\t'
  const concept = (ids: readonly string[]) =>
    `${head}definitionStatusId\r\n${ids.map(id => `${id}\t20260101\t1\t900000000000207008\t900000000000074008\r\n`).join('')}`
  const descriptions = (id: string) =>
    `${head}conceptId\tlanguageCode\ttypeId\tterm\tcaseSignificanceId\r\n${id}016\t20260101\t1\t900000000000207008\t${id}\ten\t900000000000013009\tx\t900000000000448009\r\n`
  const relationships = `${head}sourceId\tdestinationId\trelationshipGroup\ttypeId\tcharacteristicTypeId\tmodifierId\r\n`
  const zip = (country: string, ids: readonly string[]): Buffer =>
    zipOf([
      { path: `Snapshot/sct2_Concept_Snapshot_${country}_20260101.txt`, content: concept(ids) },
      { path: `Snapshot/sct2_Description_Snapshot-en_${country}_20260101.txt`, content: descriptions(ids[0] ?? '') },
      { path: `Snapshot/sct2_Relationship_Snapshot_${country}_20260101.txt`, content: relationships },
    ])
  const { task } = site(t, { 'one.zip': zip('INT', ['138875005', '100005']), 'two.zip': zip('DE', ['200003']) })
  const snomed = { system: 'http://snomed.info/sct', version: 'x' }
  t.match(await run(task(['one.zip', 'two.zip'], snomed)), { is: 'done', loaded: [{ concepts: 3 }] })
})

t.test('what is wrong with the files refuses them, by file and line, and leaves nothing', async t => {
  const archive = zipOf([{ path: 'x/wards.csv', content: wards }])
  const resources = ['a', 'b'].map(name => ({
    ...{ resourceType: 'CodeSystem', url: `http://example.org/${name}`, content: 'complete', status: 'active' },
    concept: [{ code: 'x' }],
  }))
  const { library, task } = site(t, {
    'none.csv': '',
    'header.csv': 'code,display\n',
    'short.csv': 'code,display\na\n',
    'lost.csv': 'code,parent\na,\nb,zz\nc,yy\n',
    'twice.csv': 'code\na\na\n',
    'circle.csv': 'code,parent\na,b\nb,a\n',
    'cut.zip': archive.subarray(0, archive.length - 30),
    'damaged.zip': zipOf([{ path: 'wards.csv', content: wards, lie: { crc: 7 } }]),
    'note.txt': 'hello',
    'package.tgz': 'x',
    'book.xlsx': zipOf([{ path: 'xl/workbook.xml', content: '<workbook/>' }]),
    'two.ndjson': resources.map(one => JSON.stringify(one)).join('\n'),
    'many.csv': `code,parent\n${Array.from({ length: 250 }, (_, n) => `${n},x${n}\n`).join('')}`,
  })
  const cases: [name: string, says: RegExp | readonly string[], more?: Partial<Task>][] = [
    ['none.csv', /the file is empty/],
    ['header.csv', /there is no concept of/],
    ['short.csv', ['short.csv line 2: expected 2 comma-separated columns, found 1']],
    [
      'lost.csv',
      [
        "lost.csv line 3: parent 'zz' is not among the concepts",
        "lost.csv line 4: parent 'yy' is not among the concepts",
      ],
    ],
    ['twice.csv', ["twice.csv line 3: code 'a' was listed before in line 2"]],
    ['circle.csv', /circle: a → b → a|circle: b → a → b/],
    ['cut.zip', /^cut.zip: (this is no ZIP archive, or its end is missing|.*cut off)/],
    ['damaged.zip', /^damaged.zip: the archive's file 'wards.csv' is damaged/],
    ['book.xlsx', /found 'book.xlsx.*'; a workbook is to be saved as CSV first/],
    ['package.tgz', /found 'package.tgz'; FHIR packages are installed by 'kiln package install'/],
    ['note.txt', /expected a release of RF2, .* or one file of CSV; found 'note.txt'/],
    ['two.ndjson', /the files are of 'http:\/\/example.org\/a', .*; expected 'http:\/\/example.org\/wards'/],
    ['two.ndjson', /hold 2 code systems/, { system: undefined as unknown as string, version: '1' }],
    ['many.csv', /parent 'x99' is not among the concepts/],
  ]
  for (const [name, says, more] of cases) {
    const end = await run(task([name], more))
    const problems = problemsOf(end)
    if (says instanceof RegExp) t.match(problems.join('\n'), says, name)
    else t.same(problems, says, name)
    t.same(end.loaded, [], name)
    if (name === 'many.csv') t.match(end, { problems: { length: 100 }, count: 250 })
  }
  t.match(await run(task(['absent.csv'])), { is: 'failed', why: /ENOENT.*absent\.csv/ })
  t.same(readdirSync(library), [])
})

t.test('who is lenient gets the rest, and is told what was left out', async t => {
  const { task } = site(t, { 'lost.csv': 'code,parent\na,\nb,zz\n' })
  t.match(await run(task(['lost.csv'], { lenient: true })), {
    is: 'done',
    loaded: [{ concepts: 2 }],
    left: [{ file: 'lost.csv', line: 3 }],
    count: 1,
  })
})

t.test('stopped at any step it leaves nothing; the version before answers', async t => {
  const { library, task } = site(t, { 'wards.csv': wards, 'new.csv': wards.replaceAll('Ward', 'New') })
  await run(task(['wards.csv'], { version: '1' }))
  const before = readdirSync(library)
  let asked = 0
  for (let stop = 1; ; stop++) {
    asked = 0
    const end = await run(task(['new.csv'], { version: '1' }), { isCancelled: () => ++asked >= stop })
    if (end.is === 'done') break
    t.equal(end.is, 'cancelled')
    t.same(readdirSync(library), before, `stopped at step ${stop}`)
    if (stop > 50) throw new Error('it never ends')
  }
  t.ok(asked >= 6, `there were ${asked} steps`)
})

t.test('a bug of a loader is no fault of the files', async t => {
  const { task } = site(t, { 'wards.csv': wards })
  const tell = () => {
    throw new TypeError('a bug')
  }
  await t.rejects(run(task(['wards.csv']), { tell }), /a bug/)
})

t.test('neither a bug nor the end of a load is a fault of XML or JSON that is read', async t => {
  const rubric = '<Rubric kind="preferred"><Label>One</Label></Rubric>'
  const claml = `<ClaML version="2.0.0"><Title name="ICD-10"/><Class code="A00">${rubric}</Class></ClaML>`
  const concept = Array.from({ length: 20_000 }, (_, n) => ({ code: `ward-${n}` })) // of several chunks
  const resource = { resourceType: 'CodeSystem', url: system, content: 'complete', concept }
  const files = { 'icd10.xml': claml, 'wards.json': JSON.stringify(resource) }
  const { task } = site(t, files)
  for (const name of Object.keys(files)) {
    const { system: _, ...whole } = task([name])
    for (const Bug of [Error, TypeError]) {
      let isMet = false
      const tell: Needs['tell'] = ({ bytes }) => {
        if (bytes === 0 || isMet) return
        isMet = true
        throw new Bug('a bug')
      }
      await t.rejects(run(whole, { tell }), /a bug/, `${name}: ${Bug.name}`)
    }
    let asked = 0
    t.match(await run(whole, { isCancelled: () => ++asked === 2 }), { is: 'cancelled' }, name)
    t.match(await run(whole), { is: 'done' }, name)
  }
})

t.test('in a thread of its own it tells how far it is, and its end', async t => {
  const { library, task } = site(t, { 'wards.csv': wards, 'short.csv': 'code,display\na\n' })
  mkdirSync(library, { recursive: true })
  const told: Progress[] = []
  const signal = new AbortController().signal
  const watching = { progress: (progress: Progress) => told.push(progress), signal }
  t.match(await runInThread(task(['wards.csv']), watching), { is: 'done', loaded: [{ system, concepts: 3 }] })
  t.same([...new Set(told.map(({ step }) => step))], ['reading', 'hierarchy', 'concepts', 'words', 'verification'])
  t.match(told.at(-1), { bytes: wards.length, of: wards.length, rows: 5 })
  t.match(await runInThread(task(['short.csv']), watching), { is: 'refused', problems: [{ line: 2 }] })
  t.match(await runInThread(task(['absent.csv']), watching), { is: 'failed' })
})

t.test('a thread is stopped by its signal, also one that was given before', async t => {
  const long = `code,display\n${Array.from({ length: 200_000 }, (_, n) => `${n},Ward ${n}\n`).join('')}`
  const { library, task } = site(t, { 'long.csv': long })
  t.match(await runInThread(task(['long.csv']), { progress: () => {}, signal: AbortSignal.abort() }), {
    is: 'cancelled',
  })
  const stopping = new AbortController()
  const progress = ({ bytes }: Progress) => {
    if (bytes > 0) stopping.abort()
  }
  t.match(await runInThread(task(['long.csv']), { progress, signal: stopping.signal }), { is: 'cancelled' })
  t.same(readdirSync(library), [])
})

t.test('of two loads of one version at once one remains, whole', async t => {
  const many = (word: string) =>
    `code,display\n${Array.from({ length: 3_000 }, (_, n) => `${n},${word} ${n}\n`).join('')}`
  const { library, task } = site(t, { 'one.csv': many('one'), 'two.csv': many('two') })
  const watching = { progress: () => {}, signal: new AbortController().signal }
  const ends = await Promise.all(['one.csv', 'two.csv'].map(name => runInThread(task([name]), watching)))
  t.match(ends, [{ is: 'done' }, { is: 'done' }])
  const catalog = openCatalog(library, { clock: Date.now })
  t.teardown(() => catalog.close())
  t.equal(catalog.list('x').length, 1)
  const file = catalog.find('x', system)
  const words = new Set(Array.from({ length: 3_000 }, (_, n) => file?.display(n)?.split(' ')[0]))
  t.equal(words.size, 1, 'never a mixed answer')
})
