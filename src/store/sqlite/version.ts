import type { Key, Method, Version } from '../port.ts'

/** Columns of `version AS v` in the order of `VersionRow`. */
export const versionColumns = 'v.seq, v.version, v.updated, v.method, v.json'
export type VersionRow = readonly [seq: number, version: number, updated: number, method: number, json: string | null]

const methods: readonly Method[] = ['POST', 'PUT', 'PATCH', 'DELETE']

export function methodKey(method: Method): number {
  return methods.indexOf(method)
}

export function toVersion({ tenant, type, id }: Key, row: VersionRow): Version {
  const [seq, version, updated, method, json] = row
  return { tenant, type, id, version, seq, updated, method: methods[method] as Method, json: json ?? undefined }
}
