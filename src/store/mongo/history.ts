/** https://hl7.org/fhir/R4/http.html#history */
import type { Filter } from 'mongodb'
import type { HistoryQuery, Store } from '../port.ts'
import { commandTime } from './connection.ts'
import { changeId, endOf, versionId } from './key.ts'
import type { Place, Reads } from './read.ts'
import type { ChangeDoc, Collections, VersionDoc } from './schema.ts'

type Order = HistoryQuery['order']
type Walk = Parameters<Store['countHistory']>[0]

/** A piece of the sequence, both ends included. `replaced`: versions whose successor came before this place are left out. */
type Bounds = { readonly low: number; readonly high: number; readonly replaced: number | undefined }

type Range = { readonly $gte: string; readonly $lt: string }

/** The next places in the walk's scope, at most `limit`. */
type Look = (bounds: Bounds, order: Order, limit: number) => Promise<readonly Place[]>
type Scope = { readonly look: Look; readonly count: (bounds: Bounds) => Promise<number> }

const end = Number.MAX_SAFE_INTEGER
const direction = { oldest: 1, newest: -1 } as const
const stride = 1_000 // places looked at in one go while they are counted one by one

export function openHistory(collections: Collections, reads: Reads): Pick<Store, 'history' | 'countHistory'> {
  async function history(query: HistoryQuery) {
    const { order, after, limit } = query
    const { look } = scopeOf(collections, query, after)
    const bounds = behind(await boundsOf(collections, query), order, after)
    const found = await gather(look, bounds, order, limit + 1)
    const versions = await reads.versions(query.tenant, found.slice(0, limit))
    return { versions: versions.filter(version => version !== undefined), more: found.length > limit }
  }

  async function countHistory(walk: Walk): Promise<number> {
    const { look, count } = scopeOf(collections, walk, undefined)
    const bounds = await boundsOf(collections, walk)
    if (bounds.replaced === undefined) return count(bounds)
    return (await gather(look, bounds, 'oldest', end)).length
  }

  /** At most `limit` places of those within bounds that were not replaced too early. */
  async function gather(look: Look, bounds: Bounds, order: Order, limit: number): Promise<readonly Place[]> {
    const { replaced } = bounds
    if (replaced === undefined) return look(bounds, order, limit)
    const found: Place[] = []
    for (let left = bounds; found.length < limit; ) {
      const some = await look(left, order, Math.min(limit, stride))
      const last = some.at(-1)
      if (!last) break
      found.push(...(await standing(some, replaced)))
      left = behind(left, order, last.seq)
    }
    return found.slice(0, limit)
  }

  /** Those that still stood when `replaced` came. */
  async function standing(places: readonly Place[], replaced: number): Promise<readonly Place[]> {
    const successors = await reads.places(places.map(place => ({ ...place, version: place.version + 1 })))
    return places.filter((_, at) => (successors[at]?.seq ?? end) >= replaced)
  }

  return { history, countHistory }
}

/** Times become places in the sequence, because `updated` never falls while `seq` rises. */
async function boundsOf({ changes }: Collections, { tenant, until, since, at }: Walk): Promise<Bounds> {
  const firstSince = async (time: number) => {
    const filter: Filter<ChangeDoc> = { tenant, updated: { $gte: new Date(time) } }
    const options = { sort: { updated: 1, seq: 1 }, projection: { seq: 1 }, maxTimeMS: commandTime } as const
    return (await changes.findOne(filter, options))?.seq ?? end
  }
  const [low, high, replaced] = await Promise.all([
    since === undefined ? 0 : firstSince(since),
    at ? firstSince(at.high) : end,
    at ? firstSince(at.low + 1) : end,
  ])
  return { low, high: Math.min(until, high - 1), replaced: at && Math.min(replaced, until + 1) }
}

/** What is left of the bounds behind a place. */
function behind({ low, high, replaced }: Bounds, order: Order, after: number | undefined): Bounds {
  if (after === undefined) return { low, high, replaced }
  return order === 'oldest'
    ? { low: Math.max(low, after + 1), high, replaced }
    : { low, high: Math.min(high, after - 1), replaced }
}

function scopeOf(collections: Collections, { tenant, type, id }: Walk, after: number | undefined): Scope {
  if (type === undefined) return systemScope(collections, tenant)
  return id === undefined
    ? typeScope(collections, tenant, type)
    : instanceScope(collections, { tenant, type, id }, after)
}

function systemScope({ changes }: Collections, tenant: string): Scope {
  const filter = ({ low, high }: Bounds): Filter<ChangeDoc> => ({
    _id: { $gte: changeId(tenant, low), $lte: changeId(tenant, high) },
    tenant,
    type: { $exists: true },
  })
  return {
    async look(bounds, order, limit) {
      const options = { sort: { _id: direction[order] }, limit, maxTimeMS: commandTime } as const
      const found = await changes.find(filter(bounds), options).toArray()
      return found.filter(it => 'type' in it)
    },
    count: bounds => changes.countDocuments(filter(bounds), { maxTimeMS: commandTime }),
  }
}

const placeOnly = { _id: 0, tenant: 1, id: 1, version: 1, seq: 1 } as const

function typeScope(collections: Collections, tenant: string, type: string): Scope {
  const versions = collections.versions(type)
  const filter = ({ low, high }: Bounds): Filter<VersionDoc> => ({ tenant, seq: { $gte: low, $lte: high } })
  return {
    async look(bounds, order, limit) {
      const sort = { seq: direction[order] }
      const options = { sort, limit, projection: placeOnly, maxTimeMS: commandTime }
      const found = await versions.find(filter(bounds), options).toArray()
      return found.map(doc => ({ ...doc, type }))
    },
    count: bounds => versions.countDocuments(filter(bounds), { maxTimeMS: commandTime }),
  }
}

/** By `_id`, where the versions of a resource lie beside each other; in one resource `seq` rises with the version. */
function instanceScope(
  collections: Collections,
  { tenant, type, id }: Required<Pick<Walk, 'tenant' | 'type' | 'id'>>,
  after: number | undefined,
): Scope {
  const versions = collections.versions(type)
  const filter = ({ low, high }: Bounds, _id: Range): Filter<VersionDoc> => ({
    _id,
    tenant,
    seq: { $gte: low, $lte: high },
  })
  const all = { $gte: versionId(tenant, id, 0), $lt: endOf(`${tenant}/${id}/`) }

  /** The cursor's place tells its version, from which the walk continues without passing over those before it. */
  async function rest(order: Order): Promise<Range> {
    const place = after === undefined ? undefined : await collections.changes.findOne({ _id: changeId(tenant, after) })
    if (!place || !('type' in place) || place.type !== type || place.id !== id) return all
    const _id = versionId(tenant, id, place.version)
    return order === 'oldest' ? { ...all, $gte: _id } : { ...all, $lt: _id }
  }

  return {
    async look(bounds, order, limit) {
      const sort = { _id: direction[order] }
      const options = { sort, limit, projection: placeOnly, maxTimeMS: commandTime }
      const found = await versions.find(filter(bounds, await rest(order)), options).toArray()
      return found.map(doc => ({ ...doc, type }))
    },
    count: bounds => versions.countDocuments(filter(bounds, all), { maxTimeMS: commandTime }),
  }
}
