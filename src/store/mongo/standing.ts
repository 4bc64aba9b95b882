/** What commits are judged by: read before their transaction, and relied on only by compare-and-set inside it. */
import type { Filter } from 'mongodb'
import type { Commit, Guard, Write } from '../port.ts'
import { type Announced, readAnnounced } from './announced.ts'
import { commandTime } from './connection.ts'
import { hashedId, idsByType, leaseId, nameOf, pointerId, splitName } from './key.ts'
import type { Collections, LeaseDoc, LinkDoc, PointerDoc, ReceiptDoc } from './schema.ts'
import type { Searches } from './search/search.ts'

export type Standing = Pick<PointerDoc, 'version' | 'seq' | 'deleted' | 'linked' | 'contained' | 'guard' | 'born'>

export type Standings = {
  /** By `Type/id`; absent where there never was such a resource. */
  readonly pointers: ReadonlyMap<string, Standing>
  /** By key. */
  readonly generations: ReadonlyMap<string, number>
  readonly receipts: ReadonlyMap<string, ReceiptDoc>
  readonly leases: ReadonlyMap<string, LeaseDoc>
  /** Who (`Type/id`) refers to a target (`Type/id`). */
  readonly linkers: ReadonlyMap<string, readonly string[]>
  /** The ids that fit now. */
  readonly guarded: ReadonlyMap<Guard, readonly string[]>
  readonly announced: Announced
}

export type Judging = {
  /** A resource under a fresh id of ours is taken for absent unread; if it is not, its insertion will say so. */
  readonly trusting: boolean
  /** The announcement of the commits' guards. */
  readonly announced: string | undefined
  readonly now: number
}

export async function readStandings(
  collections: Collections,
  searches: Pick<Searches, 'guarded'>,
  tenant: string,
  commits: readonly Commit[],
  { trusting, announced, now }: Judging,
): Promise<Standings> {
  const [pointers, generations, receipts, leases, known] = await Promise.all([
    readPointers(collections, tenant, namesIn(commits, trusting)),
    readGenerations(collections, tenant, commits),
    readReceipts(collections, tenant, commits),
    readLeases(collections, tenant, commits),
    readAnnounced(collections, tenant, announced, now),
  ])
  const guarded = await readGuarded(searches, tenant, commits) // last: those who overtake are given away by what was read above
  // After the guards of targets: whoever begins to refer to a target moves its guard, so this sees him or the guard gives him away.
  const linkers = await readLinkers(collections, tenant, commits)
  return { pointers, generations, receipts, leases, linkers, guarded, announced: known }
}

async function readGuarded({ guarded }: Pick<Searches, 'guarded'>, tenant: string, commits: readonly Commit[]) {
  const guards = commits.flatMap(commit => commit.guards ?? [])
  return new Map(await Promise.all(guards.map(async guard => [guard, await guarded(tenant, guard)] as const)))
}

function namesIn(commits: readonly Commit[], trusting: boolean): ReadonlySet<string> {
  const written = commits.flatMap(({ writes }) => writes.filter(write => !trusting || !isFresh(write)))
  return new Set([...written.map(({ key }) => nameOf(key)), ...commits.flatMap(linksOf)])
}

/** What the commit's resources refer to, where this counts. */
export function linksOf({ writes, integrity }: Commit): readonly string[] {
  return integrity ? writes.flatMap(write => (write.do === 'put' ? (write.links ?? []) : [])) : []
}

const isFresh = (write: Write) => write.do === 'put' && write.method === 'POST' && write.when === 'absent'

async function readPointers(
  collections: Collections,
  tenant: string,
  names: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Standing>> {
  const projection = { _id: 0, id: 1, version: 1, seq: 1, deleted: 1, linked: 1, contained: 1, guard: 1, born: 1 }
  const read = async ([type, ids]: readonly [string, readonly string[]]) => {
    const filter: Filter<PointerDoc> = { _id: { $in: ids.map(id => pointerId(tenant, id)) }, tenant }
    const found = await collections.pointers(type).find(filter, { projection, maxTimeMS: commandTime }).toArray()
    return found.map(doc => [nameOf({ type, id: doc.id }), doc] as const)
  }
  const found = await Promise.all([...idsByType([...names].map(splitName))].map(read))
  return new Map(found.flat())
}

async function readGenerations({ claims }: Collections, tenant: string, commits: readonly Commit[]) {
  const keys = commits.flatMap(commit => commit.claims ?? []).map(({ key }) => key)
  if (keys.length === 0) return new Map<string, number>()
  const found = await claims.find({ _id: { $in: keys.map(key => hashedId(tenant, key)) }, tenant }).toArray()
  const byId = new Map(found.map(doc => [doc._id, doc.generation]))
  return new Map(keys.map(key => [key, byId.get(hashedId(tenant, key)) ?? 0]))
}

async function readReceipts({ receipts }: Collections, tenant: string, commits: readonly Commit[]) {
  const ids = commits.flatMap(({ receipt }) => (receipt ? [hashedId(tenant, receipt.key)] : []))
  if (ids.length === 0) return new Map<string, ReceiptDoc>()
  const found = await receipts.find({ _id: { $in: ids }, tenant }).toArray()
  return new Map(found.map(doc => [doc.key, doc]))
}

async function readLeases({ leases }: Collections, tenant: string, commits: readonly Commit[]) {
  const names = [...new Set(commits.flatMap(({ fence }) => (fence ? [fence.name] : [])))]
  if (names.length === 0) return new Map<string, LeaseDoc>()
  const found = await leases.find({ _id: { $in: names.map(name => leaseId(tenant, name)) } }).toArray()
  const byId = new Map(found.map(doc => [doc._id, doc]))
  return new Map(
    names.flatMap(name => {
      const lease = byId.get(leaseId(tenant, name))
      return lease ? [[name, lease] as const] : []
    }),
  )
}

async function readLinkers({ links }: Collections, tenant: string, commits: readonly Commit[]) {
  const linkers = new Map<string, string[]>()
  const targets = new Set(commits.flatMap(deletedNames))
  if (targets.size === 0) return linkers
  const filter: Filter<LinkDoc> = { tenant, targets: { $in: [...targets] } }
  const found = await links.find(filter, { maxTimeMS: commandTime }).toArray()
  for (const { source, targets: all } of found) {
    for (const target of all) if (targets.has(target)) linkers.set(target, [...(linkers.get(target) ?? []), source])
  }
  return linkers
}

function deletedNames({ writes, integrity }: Commit): readonly string[] {
  return integrity ? writes.flatMap(write => (write.do === 'delete' ? [nameOf(write.key)] : [])) : []
}
