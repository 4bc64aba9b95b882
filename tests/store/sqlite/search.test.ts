/** The contract's questions are about a handful of resources; here a handful counts as many, so that every way is gone. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Store } from '../../../src/store/port.ts'
import { openReading } from '../../../src/store/sqlite/connection.ts'
import { openNames } from '../../../src/store/sqlite/names.ts'
import { openSqlite } from '../../../src/store/sqlite/open.ts'
import { openSearch } from '../../../src/store/sqlite/search/search.ts'
import { openSnapshot } from '../../../src/store/sqlite/snapshot.ts'
import { randomSearches } from '../contract/random-search.ts'
import type { Place } from '../place.ts'

t.test('many resources are walked through in the order that is asked for', async t => {
  const path = mkdtempSync(join(tmpdir(), 'kiln-search-'))
  const place: { store: Store; now: number; again: Place['again'] } = {
    store: undefined as unknown as Store,
    now: Date.UTC(2026, 0, 1),
    again: () => Promise.reject(new Error('one handle is enough')),
  }
  const store = await openSqlite({
    clock: () => place.now,
    random: randomBytes,
    observe: () => {},
    path,
    synchronous: 'NORMAL',
  })
  const db = openReading(join(path, 'kiln.db'))
  t.teardown(async () => {
    db.close()
    await store.close()
    rmSync(path, { recursive: true })
  })
  const snapshot = openSnapshot(db)
  const walking = (few: number, window: number): Store => {
    const search = openSearch(db, openNames(db, 'tenant'), openNames(db, 'type'), snapshot, { few, window })
    return {
      ...store,
      search: async query => search.search(query, query),
      count: async query => search.count(query, query),
    }
  }
  place.store = walking(0, 1)
  await randomSearches(t, place, walking(2, 2))
})
