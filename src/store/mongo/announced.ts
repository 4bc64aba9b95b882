/**
 * What makes guards hold across processes. A commit announces its guards before it asks them; whoever is about to write what
 * fits a guard that stands announced moves that announcement in his transaction, and the commit that announced it takes it
 * away in its own: of the two, whoever comes second finds it moved or gone, and is judged anew. One who read before it stood
 * there had announced his own guards earlier, so at least one of any two knows of the other.
 *
 * It is therefore always safe to take an announcement away: the commit behind it fails and announces anew.
 */
import type { AnyBulkWriteOperation } from 'mongodb'
import type { Commit, Guard } from '../port.ts'
import { isGuarded, upsets } from './guards.ts'
import { announcementId, endOf } from './key.ts'
import type { AnnouncementDoc, Collections } from './schema.ts'

const patience = 60_000 // ms after which a commit is no longer under way, or may as well begin again

export type Announced = {
  /** `_id` of that of the commits that are judged. */
  readonly own: string | undefined
  readonly others: readonly { readonly _id: string; readonly guards: readonly Guard[] }[]
}

/** One for all commits of a group, which keep out of each other's way; `undefined`: none of them has a guard. */
export async function announce(
  { announcements }: Collections,
  tenant: string,
  commits: readonly Commit[],
  name: string,
  now: number,
): Promise<string | undefined> {
  const guards = commits.flatMap(commit => commit.guards ?? [])
  if (guards.length === 0) return undefined
  const _id = announcementId(tenant, name)
  await announcements.insertOne({ _id, tenant, guards: JSON.stringify(guards), since: new Date(now) })
  return _id
}

/** Read before any guard is asked: who commits and takes his announcement away before this is seen by those who ask after it. */
export async function readAnnounced(
  { announcements }: Collections,
  tenant: string,
  own: string | undefined,
  now: number,
): Promise<Announced> {
  if (own === undefined) return { own, others: [] }
  const all = { _id: { $gte: announcementId(tenant, ''), $lt: endOf(announcementId(tenant, '')) }, tenant }
  const found = (await announcements.find(all).toArray()).filter(({ _id }) => _id !== own)
  const isOld = ({ since }: AnnouncementDoc) => since.getTime() < now - patience
  const old = found.filter(isOld).map(({ _id }) => _id)
  if (old.length > 0) await announcements.deleteMany({ _id: { $in: old } })
  const others = found.filter(it => !isOld(it))
  return { own, others: others.map(({ _id, guards }) => ({ _id, guards: JSON.parse(guards) as readonly Guard[] })) }
}

/** In the order of their names, so that two who move each other's never wait in a circle. Each must match. */
export function announcementChanges(
  accepted: readonly Commit[],
  { own, others }: Announced,
): readonly AnyBulkWriteOperation<AnnouncementDoc>[] {
  const writes = accepted.filter(isGuarded).flatMap(({ writes }) => writes)
  const met = others.filter(({ guards }) => upsets(writes, guards)).map(({ _id }) => _id)
  return [...met, ...(own === undefined ? [] : [own])]
    .sort()
    .map(_id =>
      _id === own
        ? { deleteOne: { filter: { _id, moved: { $exists: false } } } }
        : { updateOne: { filter: { _id }, update: { $inc: { moved: 1 } } } },
    )
}

/** Of a commit that came to nothing; what fails here is done by those who meet it later. */
export async function withdraw({ announcements }: Collections, own: string | undefined): Promise<void> {
  if (own !== undefined) await announcements.deleteOne({ _id: own }).catch(() => undefined)
}
