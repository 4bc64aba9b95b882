import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Store, StoreNeeds } from '../../../src/store/port.ts'
import { openSqlite } from '../../../src/store/sqlite/open.ts'
import type { Place } from '../place.ts'

/** A folder of its own, removed at the end. */
export async function openPlace(t: Test): Promise<Place> {
  const path = mkdtempSync(join(tmpdir(), 'kiln-store-'))
  const stores: Store[] = []
  t.teardown(async () => {
    await Promise.all(stores.map(store => store.close()))
    rmSync(path, { recursive: true })
  })
  const open = async (fault?: StoreNeeds['fault']) => {
    const needs = { clock: () => place.now, random: randomBytes, observe: () => {} }
    const store = await openSqlite({ ...needs, ...(fault ? { fault } : {}), path, synchronous: 'NORMAL' })
    stores.push(store)
    return store
  }
  const place: { store: Store; now: number; again: typeof open } = {
    store: undefined as unknown as Store,
    now: Date.UTC(2026, 0, 1),
    again: open,
  }
  place.store = await open()
  return place
}
