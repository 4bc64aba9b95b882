import type { Entries } from '../../search/entry.ts'
import type { Key, Version } from '../port.ts'
import { pointerId, versionId } from './key.ts'
import { toProjection } from './projection.ts'
import type { PointerDoc, VersionDoc } from './schema.ts'
import { indexFields, indexSize } from './search/index-fields.ts'

export function toVersion(type: string, doc: PointerDoc | VersionDoc): Version {
  const { tenant, id, version, seq, updated, method, created, raw } = doc
  return { tenant, type, id, version, seq, updated: updated.getTime(), method, created, json: raw }
}

export function toVersionDoc({ tenant, id, version, seq, updated, method, created, json }: Version): VersionDoc {
  const _id = versionId(tenant, id, version)
  return {
    _id,
    tenant,
    id,
    version,
    seq,
    updated: new Date(updated),
    method,
    created,
    ...(json === undefined ? {} : { raw: json }),
  }
}

/** What a pointer has beside its version. */
export type Beside = {
  readonly linked: boolean
  readonly born: number
  readonly entries: Entries | undefined
  readonly contained: readonly string[]
}

export function toPointerDoc(made: Version, { linked, born, entries, contained }: Beside): PointerDoc {
  const { tenant, id, json } = made
  const { _id: _, ...version } = toVersionDoc(made)
  const resource = json === undefined ? undefined : toProjection(json, indexSize(entries))
  return {
    _id: pointerId(tenant, id),
    ...version,
    deleted: json === undefined,
    born,
    ...(resource ? { resource } : {}),
    ...(entries ? { index: indexFields(entries) } : {}),
    ...(linked ? { linked } : {}),
    ...(contained.length > 0 ? { contained } : {}),
  }
}

/** Stands for a resource that is not there, so that whoever creates it conflicts with whoever relied on that. */
export function absentPointer({ tenant, id }: Key): PointerDoc {
  const _id = pointerId(tenant, id)
  return { _id, tenant, id, version: 0, seq: 0, updated: new Date(0), method: 'DELETE', created: false, deleted: true }
}
