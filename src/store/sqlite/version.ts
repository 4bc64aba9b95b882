import type { Key, Method, Version } from '../port.ts'

/** Columns of `version AS v` in the order of `VersionRow`. */
export const versionColumns = 'v.seq, v.version, v.updated, v.method, v.json'
export type VersionRow = readonly [seq: number, version: number, updated: number, method: number, json: string | null]

const methods: readonly Method[] = ['POST', 'PUT', 'PATCH', 'DELETE']

/** From here on methods are those that created the resource. */
export const creating = methods.length

/** In one small integer: the method, and 4 more where it created the resource. */
export function methodKey(method: Method, created: boolean): number {
  return methods.indexOf(method) + (created ? creating : 0)
}

export function toVersion({ tenant, type, id }: Key, row: VersionRow): Version {
  const [seq, version, updated, key, json] = row
  const method = methods[key % methods.length] as Method
  return { tenant, type, id, version, seq, updated, method, created: key >= creating, json: json ?? undefined }
}
