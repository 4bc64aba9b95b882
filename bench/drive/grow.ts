/** Fills a store through its port, without HTTP. */
import { randomBytes } from 'node:crypto'
import { draft } from '../../src/fhir/stamp.ts'
import { openMongo } from '../../src/store/mongo/open.ts'
import type { Store, Version, Write } from '../../src/store/port.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { idOf, resource, typeOf } from './data.ts'

const needs = { clock: Date.now, random: (bytes: number) => randomBytes(bytes), observe: () => undefined }
const together = 500 // resources in one commit

/** Resources 0 to `count` in a new store in this folder, without waiting for the disk. */
export async function growSqlite(path: string, count: number, seen?: (version: Version) => void): Promise<void> {
  await grow(await openSqlite({ ...needs, path, synchronous: 'NORMAL' }), count, seen)
}

export async function growMongo(url: string, database: string, count: number): Promise<void> {
  await grow(await openMongo({ ...needs, url, database }), count)
}

/** `seen` gets each resource as it is stored. */
async function grow(store: Store, count: number, seen?: (version: Version) => void): Promise<void> {
  let last: Promise<void> = Promise.resolve()
  for (let from = 0; from < count; from += together) {
    const writes = Array.from({ length: Math.min(together, count - from) }, (_, k) => write(from + k))
    const done = commit(store, writes, seen)
    await last // one is written while the next is prepared
    last = done
  }
  await last
  await store.close()
}

async function commit(store: Store, writes: readonly Write[], seen?: (version: Version) => void): Promise<void> {
  const outcome = await store.commit({ tenant: 'default', writes })
  if (!outcome.ok) throw new Error('the store refused a commit')
  for (const version of outcome.versions) if (version) seen?.(version)
}

/** Printing a million different texts would take longer than storing them: a few hundred must do, under ids of their own. */
const texts = Array.from({ length: 400 }, (_, n) => draft(resource(n), ''))

function write(n: number): Write {
  const { type, rest } = texts[n % texts.length]!
  const id = idOf(n)
  return { do: 'put', key: { tenant: 'default', type: typeOf(n), id }, method: 'PUT', draft: { type, id, rest } }
}
