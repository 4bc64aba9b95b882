import type { DatabaseSync } from 'node:sqlite'
import { stamp } from '../../fhir/stamp.ts'
import type { Condition, Key, Version, Write } from '../port.ts'
import type { GrowingNames } from './names.ts'
import { methodKey, toVersion, type VersionRow, versionColumns } from './version.ts'

/** The pointer row: where a resource stands. */
export type Standing = {
  readonly root: number
  readonly seq: number
  readonly version: number
  readonly deleted: 0 | 1
}

export type Place = { readonly tenant: number; readonly seq: number; readonly updated: number }

export function openResources(db: DatabaseSync, types: GrowingNames) {
  const standing = db.prepare(
    'SELECT root, seq, version, deleted FROM resource WHERE tenant = ? AND type = ? AND id = ?',
  )
  const add = db.prepare(
    'INSERT INTO resource (tenant, type, id, root, seq, version, deleted) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const move = db.prepare(
    'UPDATE resource SET seq = ?, version = ?, deleted = ? WHERE tenant = ? AND type = ? AND id = ?',
  )
  const append = db.prepare(
    `INSERT INTO version (seq, tenant, type, root, version, updated, method, id, json)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const version = db.prepare(`SELECT ${versionColumns} FROM version v WHERE v.seq = ?`)
  version.setReturnArrays(true)

  function find(tenant: number, type: string, id: string): Standing | undefined {
    return standing.get(tenant, types.key(type) ?? 0, id) as unknown as Standing | undefined
  }

  return {
    find,
    /** Of `Type/id`. */
    rootOf(tenant: number, name: string): number | undefined {
      const slash = name.indexOf('/')
      return find(tenant, name.slice(0, slash), name.slice(slash + 1))?.root
    },

    current(key: Key, standing: Standing | undefined): Version | undefined {
      return standing && toVersion(key, version.get(standing.seq) as unknown as VersionRow)
    },

    /** Appends the version, moves the pointer; gives the number of the version. */
    apply(write: Exclude<Write, { do: 'check' }>, standing: Standing | undefined, place: Place): number {
      const { id } = write.key
      const { tenant, seq, updated } = place
      const type = types.ensure(write.key.type)
      const number = (standing?.version ?? 0) + 1
      const root = standing?.root ?? seq
      const created = write.do === 'put' && standing?.deleted !== 0
      const method = methodKey(write.do === 'put' ? write.method : 'DELETE', created)
      const json = write.do === 'put' ? stamp(write.draft, number, updated) : null
      const deleted = json === null ? 1 : 0
      append.run(seq, tenant, type, root, number, updated, method, id, json)
      if (standing) move.run(seq, number, deleted, tenant, type, id)
      else add.run(tenant, type, id, root, seq, number, deleted)
      return number
    },
  }
}

export function holds(when: Condition | undefined, standing: Standing | undefined): boolean {
  const present = standing?.deleted === 0
  if (when === undefined) return true
  if (when === 'present') return present
  if (when === 'absent') return !present
  return present && standing.version === when.version
}
