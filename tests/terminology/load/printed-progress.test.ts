import t from 'tap'
import { printBar, printProgress } from '../../../src/terminology/load/printed-progress.ts'
import type { Progress } from '../../../src/terminology/load/task.ts'

const half: Progress = {
  ...{ system: 'http://loinc.org', version: '2.80' },
  ...{ step: 'reading', bytes: 500, of: 1_000, rows: 120_000 },
}

t.test('how far it is, how fast, and how long it will take', async t => {
  const cases: [Partial<Progress>, begun: number, text: string][] = [
    [{}, 4_000, 'http://loinc.org|2.80: 50 %, 120,000 rows, 30,000/s, 4 s left'],
    [{ version: '' }, 400_000, 'http://loinc.org: 50 %, 120,000 rows, 300/s, 7 min left'],
    [{ bytes: 0, rows: 0 }, 0, 'http://loinc.org|2.80: 0 %, 0 rows, 0/s'],
    [{ of: 0 }, 1_000, 'http://loinc.org|2.80: 0 %, 120,000 rows, 120,000/s'],
    [{ bytes: 1_200 }, 1_000, 'http://loinc.org|2.80: 100 %, 120,000 rows, 120,000/s, 0 s left'],
    [{ step: 'words' }, 1_000, 'http://loinc.org|2.80: the words are written, 120,000 rows'],
  ]
  for (const [over, begun, text] of cases) t.equal(printProgress({ ...half, ...over }, begun), text)
})

t.test('the same as a bar', async t => {
  const cases: [Partial<Progress>, bar: string][] = [
    [{}, '━━━━━━━━━━╌╌╌╌╌╌╌╌╌╌'],
    [{ bytes: 0, of: 0 }, '╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌'],
    [{ bytes: 1_200 }, '━━━━━━━━━━━━━━━━━━━━'],
    [{ step: 'words' }, '━━━━━━━━━━━━━━━━━━━━'],
  ]
  for (const [over, bar] of cases) t.equal(printBar({ ...half, ...over }), bar)
})
