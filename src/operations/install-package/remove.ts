/** A package goes: first out of force, all of it at once; then what it brought, part by part; its record last. */

import { exampleSourceOf, sourceOf } from '../../conformance/package/packaged.ts'
import { inState, type PackageRecord } from '../../conformance/package/record.ts'
import { type Name, printName } from '../../conformance/package/version.ts'
import { fail } from '../../fhir/issue.ts'
import type { Context } from '../../interactions/interaction.ts'
import type { Write } from '../../store/port.ts'
import { type Alone, alone, type Place } from './alone.ts'
import { packageRecords, recordKey, recordOf, recordWrite, resourceOf, type Standing } from './installed.ts'

export type Removed = Name & {
  readonly deleted: number
  /** Somebody has made them their own since: they do not name the package as their source any more. */
  readonly kept: number
}

export type Removal = {
  readonly name: string
  /** Needed only where there are several. */
  readonly version: string | undefined
  /** Though others depend on it. */
  readonly force: boolean
}

export async function removePackage(ctx: Context, place: Place, removal: Removal): Promise<Removed> {
  return alone(ctx, place, async alone => {
    const records = await packageRecords(ctx.store, place.tenant)
    const record = chosen(records, removal)
    const needed = dependents(records, record)
    if (needed.length > 0 && !removal.force) {
      throw fail('conflict', `${printName(record)} is needed by ${needed.map(printName).join(', ')}`)
    }
    const standing = await recordOf(ctx.store, place.tenant, record)
    if (!standing) throw notInstalled(removal)
    return erase(ctx, place, alone, standing)
  })
}

function chosen(records: readonly PackageRecord[], removal: Removal): PackageRecord {
  const { name, version } = removal
  const fit = records.filter(one => one.name === name && (version === undefined || one.version === version))
  const [only, ...others] = fit
  if (!only) throw notInstalled(removal)
  if (others.length === 0) return only
  const versions = fit.map(one => one.version).join(', ')
  throw fail('multiple-matches', `${name} is installed in the versions ${versions}: say which one`)
}

function notInstalled({ name, version }: Removal): Error {
  return fail('not-found', `${version === undefined ? name : printName({ name, version })} is not installed`)
}

function dependents(records: readonly PackageRecord[], { name, version }: Name): readonly Name[] {
  return records.filter(one => {
    const itself = one.name === name && one.version === version
    return !itself && one.dependencies.some(on => on.name === name && on.version === version)
  })
}

const part = 64 // resources in one commit

/** May be repeated: what a run before this one has deleted is passed over. */
export async function erase(ctx: Context, place: Place, alone: Alone, { guide, record }: Standing): Promise<Removed> {
  const { tenant } = place
  await alone.commit([await recordWrite(ctx, place, inState(guide, 'removing'))], false)
  const brought = [...record.resources, ...record.examples]
  const sources: readonly unknown[] = [sourceOf(record), exampleSourceOf(record)]
  let deleted = 0
  let kept = 0
  for (let at = 0; at < brought.length; at += part) {
    const keys = brought.slice(at, at + part).map(({ type, id }) => ({ tenant, type, id }))
    const standing = (await ctx.store.readAll(keys)).filter(version => version?.json !== undefined)
    const writes: Write[] = []
    for (const version of standing) {
      const resource = resourceOf(version)
      if (!version || !resource) continue
      const { type, id } = version
      if (!sources.includes(resource.meta?.['source'])) kept++
      else writes.push({ do: 'delete', key: { tenant, type, id }, when: { version: version.version } })
    }
    deleted += writes.length
    if (writes.length > 0) await alone.commit(writes)
  }
  await alone.commit([{ do: 'delete', key: recordKey(tenant, record) }])
  return { name: record.name, version: record.version, deleted, kept }
}
