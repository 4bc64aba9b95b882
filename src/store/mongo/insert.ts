import type { Collection, OptionalUnlessRequiredId } from 'mongodb'
import { codeOf, duplicateKey } from './errors.ts'

/** `false`: somebody was faster, and nothing is changed. */
export async function insertOnce<T extends { readonly _id: string }>(
  collection: Collection<T>,
  doc: T,
): Promise<boolean> {
  try {
    await collection.insertOne(doc as OptionalUnlessRequiredId<T>)
    return true
  } catch (error) {
    if (codeOf(error) !== duplicateKey) throw error
    return false
  }
}
