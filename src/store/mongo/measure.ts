import type { Growth } from '../port.ts'
import { changeId } from './key.ts'
import type { Collections } from './schema.ts'

/** The changes tell which types have grown; their histories, by how much. */
export function openMeasure({ changes, versions }: Collections) {
  async function typesBetween(tenant: string, after: number, until: number): Promise<readonly string[]> {
    const places = { tenant, _id: { $gt: changeId(tenant, after), $lte: changeId(tenant, until) } }
    const found = await changes.aggregate([{ $match: places }, { $group: { _id: '$type' } }]).toArray()
    return found.flatMap(({ _id }) => (_id === null ? [] : [_id])) // null: of transactions that were given up
  }

  return async (tenant: string, after: number, until: number, but = ''): Promise<Growth> => {
    if (until <= after) return { resources: 0, bytes: 0 }
    const isGone = { $eq: [{ $type: '$raw' }, 'missing'] }
    const sums = {
      created: { $sum: { $cond: ['$created', 1, 0] } },
      deleted: { $sum: { $cond: [isGone, 1, 0] } },
      bytes: { $sum: { $strLenBytes: { $ifNull: ['$raw', ''] } } },
    }
    const types = (await typesBetween(tenant, after, until)).filter(type => type !== but)
    const grown = await Promise.all(
      types.map(async type => {
        const match = { $match: { tenant, seq: { $gt: after, $lte: until } } }
        const [found] = await versions(type)
          .aggregate([match, { $group: { _id: null, ...sums } }])
          .toArray()
        return { resources: (found?.['created'] ?? 0) - (found?.['deleted'] ?? 0), bytes: found?.['bytes'] ?? 0 }
      }),
    )
    const sum = (of: keyof Growth): number => grown.reduce((all, one) => all + one[of], 0)
    return { resources: sum('resources'), bytes: sum('bytes') }
  }
}
