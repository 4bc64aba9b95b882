import type { Collection, Filter } from 'mongodb'
import { hashedId } from './key.ts'
import type { Collections } from './schema.ts'

/** https://hl7.org/fhir/R4/http.html#ccreate: what makes one of several conditional creates win. */
export function openGeneration({ claims }: Collections): (tenant: string, key: string) => Promise<number> {
  return async (tenant, key) => (await claims.findOne({ _id: hashedId(tenant, key), tenant }))?.generation ?? 0
}

export function openForget({
  claims,
  notes,
  receipts,
}: Collections): (tenant: string, before: number) => Promise<void> {
  return async (tenant, before) => {
    const old = { tenant, used: { $lt: new Date(before) } }
    await inPortions(receipts, old)
    await inPortions(claims, old)
    await inPortions(notes, { tenant, expires: { $lt: new Date(before) } })
  }
}

const some = 500 // documents; what is long over must not hold up what is asked now

async function inPortions<D extends { _id: string }>(collection: Collection<D>, old: Filter<D>): Promise<void> {
  for (;;) {
    const found = await collection.find(old, { projection: { _id: 1 }, limit: some }).toArray()
    const ids = { _id: { $in: found.map(({ _id }) => _id) } } as Filter<D>
    if (found.length > 0) await collection.deleteMany({ ...ids, ...old })
    if (found.length < some) return
  }
}
