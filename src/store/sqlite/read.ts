import type { DatabaseSync } from 'node:sqlite'
import type { Key, Version } from '../port.ts'
import type { Names } from './names.ts'
import type { Snapshot } from './snapshot.ts'
import { toVersion, type VersionRow, versionColumns } from './version.ts'

/** What was found of a list of types, and in which state. */
type Latest = {
  readonly state: number | undefined
  readonly tenant: string
  readonly seq: number
  /** The type that the tenant has and that came last of all; those of the list that are there when it is. */
  readonly newest: number
  readonly there: readonly number[]
}

export function openReads(db: DatabaseSync, tenants: Names, types: Names, snapshot: Snapshot) {
  const current = db.prepare(
    `SELECT ${versionColumns} FROM resource r JOIN version v ON v.seq = r.seq
     WHERE r.tenant = ? AND r.type = ? AND r.id = ?`,
  )
  const past = db.prepare(
    `SELECT ${versionColumns} FROM resource r JOIN version v ON v.root = r.root AND v.version = ?
     WHERE r.tenant = ? AND r.type = ? AND r.id = ?`,
  )
  const last = db.prepare('SELECT seq FROM version WHERE tenant = ? ORDER BY seq DESC LIMIT 1')
  const lastOfType = db.prepare('SELECT seq FROM version WHERE tenant = ? AND type = ? ORDER BY seq DESC LIMIT 1')
  const newestType = db.prepare('SELECT type FROM version WHERE tenant = ? ORDER BY type DESC LIMIT 1')
  current.setReturnArrays(true)
  past.setReturnArrays(true)

  function read(key: Key): Version | undefined {
    snapshot()
    const row = current.get(tenants.key(key.tenant) ?? 0, types.key(key.type) ?? 0, key.id)
    return row && toVersion(key, row as unknown as VersionRow)
  }

  function placeOf(tenant: number, type: number): number {
    return (lastOfType.get(tenant, type)?.['seq'] as number | undefined) ?? 0
  }

  /** For all lists of types together, as long as the state is the same. */
  let known: { readonly state: number; readonly tenant: number; readonly type: number } | undefined

  function newestIn(state: number | undefined, tenant: number): number {
    if (known !== undefined && known.state === state && known.tenant === tenant) return known.type
    const type = (newestType.get(tenant)?.['type'] as number | undefined) ?? 0
    known = state === undefined ? undefined : { state, tenant, type }
    return type
  }

  /** Keys rise, so whoever has no newer type than before has none that was not there before: its name need not be asked for again. */
  function latestIn(state: number | undefined, tenant: string, names: readonly string[], known?: Latest): Latest {
    const key = tenants.key(tenant) ?? 0
    const newest = newestIn(state, key)
    const isSame = known?.tenant === tenant && known.newest === newest
    const there = isSame ? known.there : names.flatMap(name => types.key(name) ?? [])
    return { state, tenant, newest, there, seq: Math.max(0, ...there.map(type => placeOf(key, type))) }
  }

  function sequence(tenant: string): number {
    return (last.get(tenants.key(tenant) ?? 0)?.['seq'] as number | undefined) ?? 0
  }

  /** By list of types: what is asked again and again in one state is answered once. */
  const latest = new WeakMap<readonly string[], Latest>()

  return {
    read,
    /** All of one state. */
    readAll(keys: readonly Key[]): (Version | undefined)[] {
      return keys.map(read)
    },
    vread(key: Key, version: number): Version | undefined {
      const row = past.get(version, tenants.key(key.tenant) ?? 0, types.key(key.type) ?? 0, key.id)
      return row && toVersion(key, row as unknown as VersionRow)
    },
    latest(tenant: string, types: readonly string[]): number {
      const state = snapshot()
      const known = latest.get(types)
      if (known && state !== undefined && known.state === state && known.tenant === tenant) return known.seq
      const found = latestIn(state, tenant, types, known)
      latest.set(types, found)
      return found.seq
    },
    sequence,
    ends: (names: readonly string[]): ReadonlyMap<string, number> =>
      new Map(names.map(tenant => [tenant, sequence(tenant)] as const).filter(([, end]) => end > 0)),
  }
}
