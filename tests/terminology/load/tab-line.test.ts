import t from 'tap'
import { type IdTable, idTable, lookupIn } from '../../../src/terminology/load/id-table.ts'
import { problemList } from '../../../src/terminology/load/problems.ts'
import { readTabLines, TabLine } from '../../../src/terminology/load/tab-line.ts'
import { fc } from '../../property.ts'
import { fileOf } from './release.ts'

type Told = {
  readonly lines: readonly (readonly string[])[]
  readonly problems: readonly string[]
  readonly bytes: number
}

async function told(content: string | Uint8Array, chunk?: number): Promise<Told> {
  const lines: (readonly string[])[] = []
  const problems = problemList()
  let bytes = 0
  const progress = (more: number): void => {
    bytes += more
  }
  const load = { problems, progress }
  const whole = await readTabLines(fileOf('a/b.txt', content, chunk), load, line => lines.push(line.texts()))
  if (whole !== (problems.list.length === 0)) throw new Error('what ended the reading was not told')
  return { lines, problems: problems.list.map(({ file, line, text }) => `${file} ${line}: ${text}`), bytes }
}

const column = fc.oneof(
  fc.stringMatching(/^[a-z0-9]{0,4}$/),
  fc.constantFrom('é', 'Ã©', '心臓', '𝔄', '\u{FFFD}', 'a\rb', '"', ' '),
)
const lineEnd = fc.constantFrom('\n', '\r\n')

t.test('lines are cut at tabs, wherever their bytes are cut', async () => {
  const line = fc.array(column, { minLength: 1, maxLength: 12 }).filter(columns => columns.join('') !== '')
  await fc.assert(
    fc.asyncProperty(
      fc.array(line),
      lineEnd,
      fc.boolean(),
      fc.integer({ min: 1, max: 40 }),
      async (lines, end, last, chunk) => {
        const text = lines.map(columns => columns.join('\t')).join(end) + (last && lines.length > 0 ? end : '')
        const expected = { lines, problems: [], bytes: Buffer.byteLength(text) }
        t.strictSame(await told(text, chunk), expected)
      },
    ),
  )
})

t.test('lines are counted, and may be empty', async t => {
  const numbers: number[] = []
  const load = { problems: problemList(), progress: () => {} }
  await readTabLines(fileOf('x', 'a\n\n\r\n\tb'), load, ({ number, count }) => numbers.push(number, count))
  t.same(numbers, [1, 1, 2, 1, 3, 1, 4, 2])
  t.same((await told('')).lines, [])
})

t.test('a column is compared by its bytes', async t => {
  const found: (readonly boolean[])[] = []
  new TabLine().each(Buffer.from('one\té\t\r\nÃ©\tone\t1\n'), line => {
    found.push(['one', 'é', '', '1', 'on', 'ones'].map(text => line.is(0, text)))
    found.push([line.is(1, 'é'), line.is(1, 'Ã©'), line.is(2, ''), line.is(3, ''), line.is(9, '')])
  })
  t.same(found, [
    [true, false, false, false, false, false],
    [true, false, true, false, false],
    [false, false, false, false, false, false],
    [false, false, false, false, false],
  ])
})

t.test('a text that was asked for before is none that looks like it', async t => {
  t.same((await told('Ã©\né\nÃ©\né\n', 100)).lines, [['Ã©'], ['é'], ['Ã©'], ['é']])
})

t.test('of more columns than any file has, the number is told', async t => {
  const counts: number[] = []
  new TabLine().each(Buffer.from(`a\n${'\t'.repeat(5_000)}\nb\tc\n`), ({ count }) => void counts.push(count))
  t.same(counts, [1, 5_001, 2])
})

t.test('bytes that are no text are told with their line', async t => {
  for (const chunk of [1, 3, 8, 100]) {
    const bad = Buffer.concat([Buffer.from('a\tb\nc\n'), Buffer.of(0x64, 0xff, 0x0a), Buffer.from('e\n')])
    const { problems } = await told(bad, chunk)
    t.same(problems, ['b.txt 3: the bytes are not UTF-8 text'], `${chunk}`)
    t.same((await told(Buffer.of(0x61, 0x0a, 0xc3), chunk)).problems, ['b.txt 2: the bytes are not UTF-8 text'])
  }
})

t.test('what has no ends of lines is no text', async t => {
  const { problems } = await told(`a\n${'b'.repeat(5_000_000)}`, 262_144)
  t.same(problems, ['b.txt 2: the line does not end: not a text file'])
})

const id = fc.oneof(fc.bigInt({ min: 100_000n, max: 10n ** 18n - 1n }).map(String), fc.uuid())

t.test('ids find what was kept of them, and no others do', async t => {
  fc.assert(
    fc.property(fc.array(fc.tuple(id, fc.nat())), fc.array(id), (kept, others) => {
      const [table, expected] = [idTable(), new Map<string, number>()]
      for (const [id, value] of kept) {
        eachOf([id], line => table.set(line, 0, (before = 0) => (before ^ value) & 0x7ffffff))
        expected.set(id, ((expected.get(id) ?? 0) ^ value) & 0x7ffffff)
      }
      const all = [...expected.keys(), ...others]
      const values = all.map(id => expected.get(id))
      t.same(valuesOf(table, all), values)
      t.same(valuesOf(lookupIn(table.slots()), all), values)
    }),
  )
})

t.test('a table grows with what is kept in it', async t => {
  const table = idTable()
  const ids = Array.from({ length: 20_000 }, (_, n) => `${1_000_000 + n * 7}0${n % 10}1`)
  for (const [n, id] of ids.entries()) eachOf([id], line => table.set(line, 0, () => n))
  t.same(valuesOf(table, ids), [...ids.keys()])
})

function eachOf(ids: readonly string[], read: (line: TabLine) => void): void {
  new TabLine().each(Buffer.from(ids.map(id => `${id}\n`).join('')), read)
}

function valuesOf(table: Pick<IdTable, 'get'>, ids: readonly string[]): readonly (number | undefined)[] {
  const values: (number | undefined)[] = []
  eachOf(ids, line => values.push(table.get(line, 0)))
  return values
}
