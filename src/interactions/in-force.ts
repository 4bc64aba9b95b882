/** Definitions that a tenant has stored; those that came with a package only while it is installed, all of them at once. */

import { packageOf, sourceOf } from '../conformance/package/packaged.ts'
import { isInForce, parseRecord, recordId } from '../conformance/package/record.ts'
import { parseJson } from '../fhir/json.ts'
import { ownLimits } from '../fhir/json-limits.ts'
import { isResource, type Resource } from '../fhir/resource.ts'
import type { Store } from '../store/port.ts'
import { openStored, type Stored, type StoredNeeds } from './stored.ts'

/** What of a type is in force, kept up to date as `openStored` does. */
export type OpenInForce = <T>(type: string, take: Take<T>) => Stored<T>

type Take<T> = Parameters<typeof openStored<T>>[3]

/** One for all types that are read together: the packages are looked up once. */
export function openInForce(needs: Omit<StoredNeeds, 'clock'>, tenant: string): OpenInForce {
  const packages = openStored(needs, tenant, 'ImplementationGuide', installedSource)
  return <T>(type: string, take: Take<T>) => {
    const stored = openStored(needs, tenant, type, (...stored): Taken<T> | undefined => {
      const [resource] = stored
      const it = take(...stored)
      return it === undefined ? undefined : { it, from: from(resource) }
    })
    let last: Standing<T> | undefined
    return {
      async read(until) {
        const [all, installed] = await Promise.all([stored.read(until), packages.read(until)])
        if (last?.all !== all || last.installed !== installed) {
          const sources = new Set(installed)
          last = { all, installed, them: all.filter(each => isInForce(each.from, sources)).map(({ it }) => it) }
        }
        return last.them
      },
    }
  }
}

type From = Pick<Resource, 'meta'>
type Taken<T> = { readonly it: T; readonly from: From }
type Standing<T> = {
  readonly all: readonly Taken<T>[]
  readonly installed: readonly string[]
  readonly them: readonly T[]
}

const own: From = {}

/** All that has to be remembered of a resource. */
function from({ meta }: Resource): From {
  return typeof meta?.['source'] === 'string' ? { meta: { source: meta['source'] } } : own
}

function installedSource(guide: Resource): string | undefined {
  const record = parseRecord(guide)
  return record?.state === 'installed' ? sourceOf(record) : undefined
}

/** For a single definition that was found by other means. */
export async function isStandingInForce(
  store: Pick<Store, 'readAll'>,
  tenant: string,
  definition: Resource,
): Promise<boolean> {
  const name = packageOf(definition)
  if (name === undefined) return true
  const [record] = await store.readAll([{ tenant, type: 'ImplementationGuide', id: recordId(name) }])
  const guide = record?.json === undefined ? undefined : parseJson(record.json, ownLimits)
  const source = isResource(guide) ? installedSource(guide) : undefined
  return isInForce(definition, new Set(source === undefined ? [] : [source]))
}
