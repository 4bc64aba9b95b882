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
    await receipts.deleteMany(old)
    await claims.deleteMany(old)
    await notes.deleteMany({ tenant, expires: { $lt: new Date(before) } })
  }
}
