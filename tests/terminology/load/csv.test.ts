import t from 'tap'
import { readCsv } from '../../../src/terminology/load/csv.ts'
import { readLines } from '../../../src/terminology/load/lines.ts'
import { printed, problemList } from '../../../src/terminology/load/problems.ts'
import { fc } from '../../property.ts'
import { fileOf } from './release.ts'

async function lines(content: string | Uint8Array, chunk = 3, encoding: 'utf-8' | 'windows-1252' = 'utf-8') {
  const problems = problemList()
  const all: string[] = []
  await readLines(
    fileOf('a.txt', content, chunk),
    { problems, progress: () => {} },
    (line, n) => all.push(`${n}:${line}`),
    encoding,
  )
  return [...all, ...problems.list.map(printed)]
}

async function records(text: string, chunk = 3) {
  const problems = problemList()
  const all: unknown[] = []
  await readCsv(fileOf('a.csv', text, chunk), { problems, progress: () => {} }, (fields, line) =>
    all.push([line, ...fields]),
  )
  return [...all, ...problems.list.map(printed)]
}

t.test('lines end with LF or CRLF, the last with nothing', async t => {
  t.same(await lines('a\r\nb\n\nc'), ['1:a', '2:b', '3:', '4:c'])
  t.same(await lines('a\n'), ['1:a'])
  t.same(await lines(''), [])
  t.same(await lines('\r\n\r'), ['1:', '2:'])
  t.same(await lines('šč\n𝒳ř', 1), ['1:šč', '2:𝒳ř'])
})

t.test('bytes that are no text are told with their line', async t => {
  const bad = Buffer.concat([Buffer.from('a\nb\nc'), Buffer.from([0xff, 0xfe]), Buffer.from('\nd')])
  t.same((await lines(bad, 100)).at(-1), 'a.txt line 3: the bytes are not UTF-8 text')
  t.same((await lines(bad, 1)).at(-1), 'a.txt line 3: the bytes are not UTF-8 text')
  t.same((await lines(Buffer.from([0x61, 0xc5]))).at(-1), 'a.txt line 1: the bytes are not UTF-8 text')
  t.same(await lines(Buffer.from([0xe9]), 1, 'windows-1252'), ['1:é'])
  t.match((await lines('x'.repeat(5_000_000), 1_000_000)).at(-1), /line 1: the line does not end: not a text file/)
})

t.test('records are cut at commas outside of quotation marks', async t => {
  t.same(await records('a,b\n"c,d","e ""f""",\n'), [
    [1, 'a', 'b'],
    [2, 'c,d', 'e "f"', ''],
  ])
  t.same(await records('\u{FEFF}a,b\r\n"x\r\ny",z\r\nlast,'), [
    [1, 'a', 'b'],
    [2, 'x\ny', 'z'],
    [4, 'last', ''],
  ])
  t.same(await records('"",""\n'), [[1, '', '']])
})

t.test('a quotation mark that is not closed, or is out of place, is told with the line it is on', async t => {
  t.same(await records('a,b\n"c,d\ne,f\n'), [[1, 'a', 'b'], 'a.csv line 2: a quotation mark is not closed'])
  t.same(await records('a,b"c"\nd,e'), [
    [2, 'd', 'e'],
    'a.csv line 1: a quotation mark stands within a field that is not quoted',
  ])
  t.same(await records('"a"b,c'), ['a.csv line 1: expected a separator behind the closing quotation mark'])
  t.same((await records(`a\n"${'x\n'.repeat(600_000)}`, 65_536)).at(-1), 'a.csv line 2: a quotation mark is not closed')
})

t.test('what is written as CSV is read as it was, wherever it is cut', async t => {
  const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', 'š', ' ', '𝒳'), maxLength: 6 })
  const written = (value: string): string => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 9 }),
      async (rows, chunk) => {
        const text = rows.map(row => row.map(written).join(',')).join('\r\n')
        const read = await records(text, chunk)
        t.same(
          read.map(row => (row as unknown[]).slice(1)),
          rows,
        )
      },
    ),
    { numRuns: 300 },
  )
})
