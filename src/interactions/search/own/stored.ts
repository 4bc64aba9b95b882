/** The SearchParameters that a tenant has stored, kept up to date by what was changed since they were last read. */
import { ownParameter } from '../../../conformance/search-parameter.ts'
import { parseJson } from '../../../fhir/json.ts'
import { ownLimits } from '../../../fhir/json-limits.ts'
import { isResource } from '../../../fhir/resource.ts'
import type { OwnDefinition } from '../../../search/own/beside.ts'
import type { Store, Version } from '../../../store/port.ts'

export type StoredNeeds = {
  readonly store: Pick<Store, 'sequence' | 'history'>
  readonly clock: () => number
}

const page = 200 // versions at a time

export function openStored({ store }: StoredNeeds, tenant: string) {
  /** By id, in the order in which they were first stored: whoever reads the history finds the same. */
  const known = new Map<string, OwnDefinition | undefined>()
  let seen = 0
  let reading: Promise<unknown> = Promise.resolve()

  async function read(): Promise<readonly OwnDefinition[]> {
    const until = await store.sequence(tenant)
    for (let more = seen < until; more; ) {
      const found = await store.history({
        tenant,
        type: 'SearchParameter',
        order: 'oldest',
        until,
        after: seen,
        limit: page,
      })
      for (const version of found.versions) known.set(version.id, definitionOf(version))
      seen = found.versions.at(-1)?.seq ?? seen
      more = found.more
    }
    seen = Math.max(seen, until)
    return [...known.values()].filter(one => one !== undefined)
  }

  return {
    /** Those that are active. One reading after the other. */
    read(): Promise<readonly OwnDefinition[]> {
      const mine = reading.then(read, read)
      reading = mine
      return mine
    },
  }
}

function definitionOf({ id, json }: Version): OwnDefinition | undefined {
  if (json === undefined) return undefined
  const resource = parseJson(json, ownLimits)
  const parameter = isResource(resource) ? ownParameter(resource) : undefined
  return parameter && { parameter, from: `SearchParameter/${id}` }
}
