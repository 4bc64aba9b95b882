/** The packages that a tenant has. */
import { type PackageRecord, parseRecord, recordId } from '../../conformance/package/record.ts'
import type { Name } from '../../conformance/package/version.ts'
import { parseJson } from '../../fhir/json.ts'
import { ownLimits } from '../../fhir/json-limits.ts'
import { isResource, type Resource } from '../../fhir/resource.ts'
import { draft } from '../../fhir/stamp.ts'
import type { Context } from '../../interactions/interaction.ts'
import { check } from '../../interactions/write.ts'
import type { Key, Store, Version, Write } from '../../store/port.ts'
import type { Place } from './alone.ts'

/** Those on their way in or out too, by name and version. */
export async function packageRecords(store: Store, tenant: string): Promise<readonly PackageRecord[]> {
  const records: PackageRecord[] = []
  const at = await store.sequence(tenant)
  for await (const version of store.scan({ tenant, type: 'ImplementationGuide', at })) {
    const guide = resourceOf(version)
    const record = guide && parseRecord(guide)
    if (record) records.push(record)
  }
  const name = ({ name, version }: Name) => `${name}#${version}`
  return records.sort((a, b) => (name(a) < name(b) ? -1 : 1))
}

export type Standing = { readonly guide: Resource; readonly record: PackageRecord }

export async function recordOf(store: Store, tenant: string, name: Name): Promise<Standing | undefined> {
  const guide = resourceOf(await store.read(recordKey(tenant, name)))
  const record = guide && parseRecord(guide)
  return record && { guide, record }
}

export function recordKey(tenant: string, name: Name): Key {
  return { tenant, type: 'ImplementationGuide', id: recordId(name) }
}

/** Without its links: it lists what is stored after it, and must not keep that from being deleted. */
export async function recordWrite(ctx: Context, { tenant, base }: Place, record: Resource): Promise<Write> {
  // It lists thousands of resources, so that each of these steps takes some milliseconds.
  await check(ctx, record)
  await ctx.turn()
  const key = { tenant, type: record.resourceType, id: record.id ?? '' }
  const { entries } = ctx.index(record, key.id, base)
  await ctx.turn()
  return { do: 'put', key, method: 'PUT', draft: draft(record, key.id), entries }
}

/** `undefined` of a deletion. */
export function resourceOf(version: Version | undefined): Resource | undefined {
  if (version?.json === undefined) return undefined
  const resource = parseJson(version.json, ownLimits)
  return isResource(resource) ? resource : undefined
}
