/** What a tenant has stored of one type, kept up to date by what was changed since it was last read. */
import { parseJson } from '../fhir/json.ts'
import { ownLimits } from '../fhir/json-limits.ts'
import { isResource, type Resource } from '../fhir/resource.ts'
import type { Store, Version } from '../store/port.ts'

export type StoredNeeds = {
  readonly store: Pick<Store, 'sequence' | 'history'>
  readonly clock: () => number
  /** Lets others have their turn. */
  readonly turn: () => Promise<unknown>
}

const most = 200 // versions at a time
const first = 32
const bulk = 1_000_000 // characters that are read in one go, and …
const portion = 500_000 // … that are parsed before others may have their turn: some 6 ms

export type Stored<T> = {
  /** Those that `take` makes something of; the same list as before if nothing was changed. One reading after the other. */
  readonly read: (until: number) => Promise<readonly T[]>
}

export function openStored<T>(
  { store, turn }: Omit<StoredNeeds, 'clock'>,
  tenant: string,
  type: string,
  take: (resource: Resource, id: string, json: string) => T | undefined,
): Stored<T> {
  /** By id, in the order in which they were first stored: whoever reads the history finds the same. */
  const known = new Map<string, T | undefined>()
  let all: readonly T[] = []
  let seen = 0
  let reading: Promise<unknown> = Promise.resolve()

  function taken({ id, json }: Version): T | undefined {
    if (json === undefined) return undefined
    const resource = parseJson(json, ownLimits)
    return isResource(resource) ? take(resource, id, json) : undefined
  }

  /** How many characters. */
  async function takeAll(versions: readonly Version[]): Promise<number> {
    let read = 0
    let parsed = 0
    for (const version of versions) {
      known.set(version.id, taken(version))
      const length = version.json?.length ?? 0
      read += length
      parsed += length
      if (parsed < portion) continue
      parsed = 0
      await turn()
    }
    return read
  }

  async function read(until: number): Promise<readonly T[]> {
    const before = seen
    let limit = first
    for (let more = seen < until; more; ) {
      const found = await store.history({ tenant, type, order: 'oldest', until, after: seen, limit })
      const length = (await takeAll(found.versions)) / Math.max(1, found.versions.length)
      limit = Math.min(most, Math.max(1, Math.floor(bulk / Math.max(1, length)))) // the next will be as large as these
      seen = found.versions.at(-1)?.seq ?? seen
      more = found.more
    }
    if (seen > before) all = [...known.values()].filter(one => one !== undefined)
    seen = Math.max(seen, until)
    return all
  }

  return {
    read(until) {
      const mine = reading.then(
        () => read(until),
        () => read(until),
      )
      reading = mine
      return mine
    },
  }
}
