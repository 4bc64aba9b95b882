/** How keys become `_id`s. FHIR ids hold no `/`, so nothing is ambiguous where only the tenant might. */
import { createHash } from 'node:crypto'
import type { Key } from '../port.ts'

const pad = (number: number, width: number) => String(number).padStart(width, '0')

export const pointerId = (tenant: string, id: string) => `${tenant}/${id}`
export const versionId = (tenant: string, id: string, version: number) => `${tenant}/${id}/${pad(version, 10)}`
/** 16 digits hold every safe integer. */
export const changeId = (tenant: string, seq: number) => `${tenant}/${pad(seq, 16)}`
export const linkId = (tenant: string, source: string) => `${tenant}/${source}`
export const announcementId = (tenant: string, name: string) => `${tenant}/${name}`
export const leaseId = (tenant: string, name: string) => `${tenant}/${name}`

/** Claims and receipts have keys of any length, made by clients. */
export function hashedId(tenant: string, key: string): string {
  return `${tenant}/${createHash('sha256').update(key).digest('base64url')}`
}

/** `Type/id`: a key within its tenant. */
export const nameOf = ({ type, id }: Pick<Key, 'type' | 'id'>) => `${type}/${id}`

/** `Medication#m1`: what a resource contains, within it. */
export const nameWithin = ({ type, id }: Pick<Key, 'type' | 'id'>) => `${type}#${id}`

export function splitName(name: string): { readonly type: string; readonly id: string } {
  const [type = '', id = ''] = name.split('/')
  return { type, id }
}

/** Last of all strings that begin like this one: `_id`s are ASCII. */
export const endOf = (prefix: string) => `${prefix}\x7f`

export function idsByType(keys: Iterable<Pick<Key, 'type' | 'id'>>): ReadonlyMap<string, readonly string[]> {
  const ids = new Map<string, string[]>()
  for (const { type, id } of keys) {
    const known = ids.get(type)
    if (known) known.push(id)
    else ids.set(type, [id])
  }
  return ids
}
