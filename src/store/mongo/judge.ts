/** Whether a commit may happen, judged by what stands; pure. */
import type { Commit, Condition, Refused, Write } from '../port.ts'
import { nameOf } from './key.ts'
import type { ReceiptDoc } from './schema.ts'
import type { Standing, Standings } from './standing.ts'

/** A refusal before the versions that it shows are read. */
export type Objection =
  | { readonly why: 'condition'; readonly at: number; readonly standing: Standing | undefined }
  | { readonly why: 'receipt'; readonly was: ReceiptDoc }
  | Exclude<Refused['because'], { readonly why: 'condition' | 'receipt' }>

/** A repeated request must find its receipt before its own effects refuse it; a lost lease outranks what the data say. */
export function judge(commit: Commit, standings: Standings, now: number): Objection | undefined {
  return (
    receipt(commit, standings) ??
    fence(commit, standings, now) ??
    claim(commit, standings) ??
    guard(commit, standings) ??
    condition(commit, standings) ??
    (commit.integrity ? integrity(commit.writes, standings) : undefined)
  )
}

function receipt({ receipt }: Commit, { receipts }: Standings): Objection | undefined {
  const was = receipt && receipts.get(receipt.key)
  return was && { why: 'receipt', was }
}

function fence({ fence }: Commit, { leases }: Standings, now: number): Objection | undefined {
  if (!fence) return undefined
  const lease = leases.get(fence.name)
  return lease?.token === fence.token && lease.expires > now ? undefined : { why: 'fence' }
}

function claim({ claims = [] }: Commit, { generations }: Standings): Objection | undefined {
  const stale = claims.find(({ key, generation }) => generations.get(key) !== generation)
  return stale && { why: 'claim', key: stale.key }
}

function guard({ guards = [] }: Commit, { guarded }: Standings): Objection | undefined {
  const at = guards.findIndex(guard => {
    const found = guarded.get(guard) ?? []
    const ids = new Set(guard.ids)
    return found.length !== ids.size || !found.every(id => ids.has(id))
  })
  return at < 0 ? undefined : { why: 'guard', at }
}

function condition({ writes }: Commit, { pointers }: Standings): Objection | undefined {
  const at = writes.findIndex(({ when, key }) => !holds(when, pointers.get(nameOf(key))))
  const write = writes[at]
  return write && { why: 'condition', at, standing: pointers.get(nameOf(write.key)) }
}

export const isPresent = (standing: Standing | undefined) => standing !== undefined && !standing.deleted

function holds(when: Condition | undefined, standing: Standing | undefined): boolean {
  if (when === undefined) return true
  if (when === 'present') return isPresent(standing)
  if (when === 'absent') return !isPresent(standing)
  return isPresent(standing) && standing?.version === when.version
}

/** Judged against the state that the commit would leave behind. */
function integrity(writes: readonly Write[], { pointers, linkers }: Standings): Objection | undefined {
  const written = new Map(writes.filter(write => write.do !== 'check').map(write => [nameOf(write.key), write]))
  const leadsNowhere = (link: string) => {
    const write = written.get(link)
    return write ? write.do === 'delete' : !isPresent(pointers.get(link))
  }
  for (const [at, write] of writes.entries()) {
    if (write.do === 'put') {
      const link = write.links?.find(leadsNowhere)
      if (link !== undefined) return { why: 'dangling', at, link }
    } else if (write.do === 'delete') {
      const by = linkers.get(nameOf(write.key))?.find(source => !written.has(source)) // those inside answer for themselves
      if (by !== undefined && isPresent(pointers.get(nameOf(write.key)))) return { why: 'linked', at, by }
    }
  }
  return undefined
}
