import type { Commit, Refused, Version } from '../port.ts'
import type { Objection } from './judge.ts'
import type { Reads } from './read.ts'
import type { ReceiptDoc } from './schema.ts'

/** The objection with the versions that it shows. */
export async function refusal(reads: Reads, commit: Commit, objection: Objection): Promise<Refused> {
  if (objection.why === 'receipt') {
    const { was } = objection
    const { key, fingerprint, note } = was
    const versions = await receiptVersions(reads, was)
    return { ok: false, because: { why: 'receipt', was: { key, fingerprint, note }, versions } }
  }
  if (objection.why === 'condition') {
    const { at, standing } = objection
    const key = commit.writes[at]?.key
    const current = key && standing ? await reads.vread(key, standing.version) : undefined
    return { ok: false, because: { why: 'condition', at, current } }
  }
  return { ok: false, because: objection }
}

export async function receiptVersions(reads: Reads, { tenant, versions }: ReceiptDoc): Promise<readonly Version[]> {
  const found = await reads.versions(tenant, versions)
  return found.filter(version => version !== undefined)
}
