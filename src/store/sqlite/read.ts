import type { DatabaseSync } from 'node:sqlite'
import type { Key, Version } from '../port.ts'
import type { Names } from './names.ts'
import type { Snapshot } from './snapshot.ts'
import { toVersion, type VersionRow, versionColumns } from './version.ts'

type Latest = { readonly state: number | undefined; readonly tenant: string; readonly seq: number }

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
  current.setReturnArrays(true)
  past.setReturnArrays(true)

  function read(key: Key): Version | undefined {
    snapshot()
    const row = current.get(tenants.key(key.tenant) ?? 0, types.key(key.type) ?? 0, key.id)
    return row && toVersion(key, row as unknown as VersionRow)
  }

  function placeOf(tenant: string, type: string): number {
    const row = lastOfType.get(tenants.key(tenant) ?? 0, types.key(type) ?? 0)
    return (row?.['seq'] as number | undefined) ?? 0
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
      const seq = Math.max(0, ...types.map(type => placeOf(tenant, type)))
      latest.set(types, { state, tenant, seq })
      return seq
    },
    sequence: (tenant: string): number => (last.get(tenants.key(tenant) ?? 0)?.['seq'] as number | undefined) ?? 0,
  }
}
