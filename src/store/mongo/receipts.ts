import type { Receipt, Version } from '../port.ts'
import { hashedId } from './key.ts'
import type { Reads } from './read.ts'
import { receiptVersions } from './refusal.ts'
import type { Collections } from './schema.ts'

export type Found = { readonly receipt: Receipt; readonly versions: readonly Version[] }

export function openReceipts({ receipts }: Collections, reads: Reads) {
  return async (tenant: string, key: string): Promise<Found | undefined> => {
    const doc = await receipts.findOne({ _id: hashedId(tenant, key), tenant })
    if (!doc) return undefined
    const { fingerprint, note } = doc
    return { receipt: { key, fingerprint, note }, versions: await receiptVersions(reads, doc) }
  }
}
