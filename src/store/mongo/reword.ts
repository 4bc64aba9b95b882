/** Other texts for versions that stay what they are. */
import type { AnyBulkWriteOperation } from 'mongodb'
import { isContained } from '../../search/contained.ts'
import type { Reworded, Store } from '../port.ts'
import { type FencedNeeds, fenced } from './fenced.ts'
import { pointerId, versionId } from './key.ts'
import { toProjection } from './projection.ts'
import type { PointerDoc } from './schema.ts'

/** A text stands in its version, and once more where that is the current one; that of a contained resource only there. */
export function openReword(needs: FencedNeeds): Store['reword'] {
  const { collections } = needs
  return (tenant, items, fence) =>
    fenced(needs, tenant, fence, async session => {
      let count = 0
      for (const [type, some] of Map.groupBy(items, item => item.type)) {
        const pointers = some.map(item => pointerUpdate(tenant, item))
        const { matchedCount } = await collections.pointers(type).bulkWrite(pointers, { session })
        if (isContained(type)) count += matchedCount
        else {
          const versions = some.map(item => versionUpdate(tenant, item))
          count += (await collections.versions(type).bulkWrite(versions, { session })).matchedCount
        }
      }
      return count
    })
}

function versionUpdate(tenant: string, { id, version, was, json }: Reworded) {
  return { updateOne: { filter: { _id: versionId(tenant, id, version), raw: was }, update: { $set: { raw: json } } } }
}

/** A projection that does not fit any more goes. */
function pointerUpdate(tenant: string, item: Reworded): AnyBulkWriteOperation<PointerDoc> {
  const { type, id, version, was, json: raw } = item
  const filter = { _id: pointerId(tenant, id), version, raw: was }
  const resource = isContained(type) ? undefined : toProjection(raw)
  const update = resource ? { $set: { raw, resource } } : { $set: { raw }, $unset: { resource: '' as const } }
  return { updateOne: { filter, update } }
}
