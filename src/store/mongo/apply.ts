/** Puts what accepted commits make in place, inside their transaction. */
import type { AnyBulkWriteOperation, ClientSession, Collection, Document, OptionalUnlessRequiredId } from 'mongodb'
import type { Version } from '../port.ts'
import { announcementChanges } from './announced.ts'
import { containedChanges } from './contained.ts'
import { type Accepted, claimChanges, fencesOf, linkChanges, pointerChanges, receiptDocs } from './effects.ts'
import { Stale } from './errors.ts'
import { changeId, leaseId } from './key.ts'
import type { ChangeDoc, Collections } from './schema.ts'
import type { Standings } from './standing.ts'
import { toVersionDoc } from './version.ts'

export async function apply(
  collections: Collections,
  session: ClientSession,
  accepted: readonly Accepted[],
  standings: Standings,
  now: number,
): Promise<void> {
  const made = accepted.flatMap(({ made }) => made.versions.filter(version => version !== undefined))
  await insert(collections.changes, made.map(toChangeDoc), session) // first of all: it tells that the block is alive
  const commits = accepted.map(({ commit }) => commit)
  await move(collections.announcements, announcementChanges(commits, standings.announced), session)
  const versions = Map.groupBy(made, ({ type }) => type)
  const pointers = Map.groupBy(pointerChanges(accepted, standings), ({ type }) => type)
  for (const [type, changes] of inOrder(pointers)) {
    const moves = changes.flatMap(change => ('move' in change ? [change.move] : []))
    const inserts = changes.flatMap(change => ('insert' in change ? [change.insert] : []))
    await move(collections.pointers(type), moves, session)
    await insert(collections.pointers(type), inserts, session)
    await insert(collections.versions(type), versions.get(type)?.map(toVersionDoc) ?? [], session)
  }
  const inner = Map.groupBy(containedChanges(accepted, standings), ({ type }) => type)
  for (const [type, changes] of inOrder(inner)) {
    await collections.pointers(type).bulkWrite(
      changes.map(({ put }) => put),
      { session },
    )
  }
  const claims = claimChanges(accepted, now)
  await move(collections.claims, claims.moves, session)
  await insert(collections.claims, claims.inserts, session)
  await insert(collections.receipts, receiptDocs(accepted, now), session)
  const links = linkChanges(accepted, standings)
  if (links.length > 0) await collections.links.bulkWrite(links, { session })
  await move(collections.leases, fenceTouches(accepted, now), session)
}

/** The same order for everybody, so that two transactions never wait for each other in a circle. */
function inOrder<V>(map: ReadonlyMap<string, V>): readonly (readonly [string, V])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1))
}

async function insert<T extends Document>(collection: Collection<T>, docs: readonly T[], session: ClientSession) {
  if (docs.length > 0) await collection.insertMany(docs as readonly OptionalUnlessRequiredId<T>[], { session })
}

/** Each operation names the state that was judged; one that finds another state spoils the whole. */
async function move<T extends Document>(
  collection: Collection<T>,
  moves: readonly AnyBulkWriteOperation<T>[],
  session: ClientSession,
): Promise<void> {
  if (moves.length === 0) return
  const { matchedCount, deletedCount } = await collection.bulkWrite(moves, { session })
  if (matchedCount + deletedCount !== moves.length) throw new Stale(`${collection.collectionName} has moved on`)
}

function toChangeDoc({ tenant, seq, type, id, version, updated }: Version): ChangeDoc {
  return { _id: changeId(tenant, seq), tenant, seq, type, id, version, updated: new Date(updated) }
}

function fenceTouches(accepted: readonly Accepted[], now: number) {
  const [first] = accepted
  if (!first) return []
  return fencesOf(accepted).map(({ name, token }) => ({
    updateOne: {
      filter: { _id: leaseId(first.commit.tenant, name), token, expires: { $gt: now } },
      update: { $inc: { guard: 1 } },
    },
  }))
}
