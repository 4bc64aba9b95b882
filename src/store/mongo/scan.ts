import type { ScanQuery, Version } from '../port.ts'
import { commandTime } from './connection.ts'
import { endOf, pointerId, versionId } from './key.ts'
import type { Collections, PointerDoc } from './schema.ts'
import { toVersion } from './version.ts'

const page = 64 // resources read in one go

/** What stood at the place, of the resources up to `last`; `undefined`: there are no more. */
type Piece = { readonly versions: readonly Version[]; readonly last: string | undefined }

/**
 * The state at a place in the sequence, without holding a snapshot open: versions are immutable, so where the pointer has
 * moved on, the version it left is found behind it. Whoever came later is passed over.
 */
export function openScan(collections: Collections) {
  async function stoodAt({ tenant, type, at }: ScanQuery, { id, version }: PointerDoc): Promise<Version | undefined> {
    const _id = { $gte: versionId(tenant, id, 0), $lt: versionId(tenant, id, version) }
    const options = { sort: { _id: -1 }, maxTimeMS: commandTime } as const
    const doc = await collections.versions(type).findOne({ _id, tenant, seq: { $lte: at } }, options)
    return doc ? toVersion(type, doc) : undefined
  }

  return async function piece(query: ScanQuery, after: string): Promise<Piece> {
    const { tenant, type, at } = query
    const filter = { _id: { $gt: pointerId(tenant, after), $lt: endOf(pointerId(tenant, '')) }, tenant }
    const options = {
      sort: { _id: 1 },
      limit: page,
      projection: { resource: 0, index: 0 },
      maxTimeMS: commandTime,
    } as const
    const found = await collections.pointers(type).find(filter, options).toArray()
    const stood = await Promise.all(found.map(doc => (doc.seq <= at ? toVersion(type, doc) : stoodAt(query, doc))))
    const versions = stood.filter(version => version?.json !== undefined) as Version[]
    return { versions, last: found.length < page ? undefined : found.at(-1)?.id }
  }
}

export async function* scan(
  query: ScanQuery,
  piece: (query: ScanQuery, after: string) => Promise<Piece>,
): AsyncGenerator<Version> {
  for (let after: string | undefined = query.after ?? ''; after !== undefined; ) {
    const { versions, last }: Piece = await piece(query, after)
    yield* versions
    after = last
  }
}
