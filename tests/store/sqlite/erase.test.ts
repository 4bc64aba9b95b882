import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { draft } from '../../../src/fhir/stamp.ts'
import { noEntries } from '../../../src/search/entry.ts'
import { openSqlite } from '../../../src/store/sqlite/open.ts'

const secret = 'Mac-a-name-that-is-nowhere-else'

/** How often the file and its log tell it. */
function told(path: string): number {
  const bytes = readdirSync(path).map(name => readFileSync(join(path, name), 'latin1'))
  return bytes.join('').split(secret).length - 1
}

t.test('what is erased is overwritten in the file, but for scraps that VACUUM sweeps up', async t => {
  const path = mkdtempSync(join(tmpdir(), 'kiln-erase-'))
  t.teardown(() => rmSync(path, { recursive: true, force: true }))
  const open = () => openSqlite({ path, clock: () => 0, random: () => new Uint8Array(32), observe: () => {} })
  const store = await open()
  const write = (tenant: string, id: string, family: string) => {
    const terms = [{ slot: 'family', text: `${family} ${id}`, element: 0 }]
    const text = draft({ resourceType: 'Patient', name: [{ family, text: family.repeat(300) }] }, id)
    const put = { do: 'put', key: { tenant, type: 'Patient', id }, method: 'PUT', draft: text } as const
    return store.commit({ tenant, writes: [{ ...put, entries: { ...noEntries, terms } }] })
  }
  for (let at = 0; at < 30; at++) {
    await write('first', `p${at}`, secret)
    await write('first', `p${at}`, secret)
    await write('other', `p${at}`, 'Wong')
  }
  await store.keepNote({ tenant: 'first', kind: 'account', id: secret, text: secret, tags: [secret], revision: 0 })
  const before = told(path)
  t.ok(before > 10_000)
  for await (const rows of store.erase('first')) t.ok(rows > 0)
  await store.close()
  t.ok(told(path) < before / 20, `${told(path)} of ${before}`)
  const db = new DatabaseSync(join(path, 'kiln.db'))
  db.exec('VACUUM')
  db.close()
  t.equal(told(path), 0)
  const again = await open()
  t.equal(await again.countHistory({ tenant: 'other', until: 1e9 }), 30)
  t.match(await again.commit({ tenant: 'other', writes: [] }), { ok: true })
  await again.close()
})
