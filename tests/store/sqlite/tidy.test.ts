import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { draft } from '../../../src/fhir/stamp.ts'
import { openSqlite } from '../../../src/store/sqlite/open.ts'

t.test('what many resources were found by is gone from the file, also where numbers have gaps', async t => {
  const path = mkdtempSync(join(tmpdir(), 'kiln-tidy-'))
  t.teardown(() => rmSync(path, { recursive: true, force: true }))
  const store = await openSqlite({ path, clock: () => 0, random: () => new Uint8Array(32), observe: () => {} })
  const write = (tenant: string, round: number) => {
    const writes = Array.from({ length: 6 }, (_, at) => {
      const id = `p${at}`
      const texts = Array.from({ length: 1_000 }, (_, index) => `${tenant}-${round}-${at}-${index}`)
      const entries = { terms: texts.map(text => ({ slot: 'family', text, element: 0 })), ranges: [] }
      const text = draft({ resourceType: 'Patient' }, id)
      return { do: 'put', key: { tenant, type: 'Patient', id }, method: 'PUT', draft: text, entries } as const
    })
    return store.commit({ tenant, writes })
  }
  const texts = (): readonly string[] => {
    const db = new DatabaseSync(join(path, 'kiln.db'))
    const rows = db.prepare("SELECT DISTINCT substr(text, 1, instr(text, '-') + 1) AS start FROM term ORDER BY 1").all()
    db.close()
    return rows.map(({ start }) => `${start}`).filter(start => start !== '')
  }
  for (const tenant of ['one', 'two']) for (const round of [1, 2]) await write(tenant, round)
  t.same(texts(), ['one-1', 'one-2', 'two-1', 'two-2'])
  const pieces: number[] = []
  for await (const rows of store.tidy('one')) pieces.push(rows)
  t.equal(
    pieces.reduce((sum, rows) => sum + rows),
    6_000,
  )
  t.ok(pieces.length > 1, 'in several goes')
  t.same(texts(), ['one-2', 'two-1', 'two-2'])
  await store.close()
})
