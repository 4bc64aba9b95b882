/** Large commits cross to the writer in parts: packing and cloning 5,000 writes in one go would hold up everybody else. */
import { setImmediate as turn } from 'node:timers/promises'
import type { Commit, Write } from '../port.ts'
import type { CommitJob, PackedContained } from './job.ts'
import { pack } from './search/pack.ts'

type Payload = Pick<CommitJob, 'entries' | 'contained'> & { readonly writes: readonly Write[] }

/** Precedes its commit, which names it. */
export type Part = Payload & { readonly partOf: number }

const portion = 256 // writes: some milliseconds

export function isLarge({ writes }: Commit): boolean {
  return writes.length > portion
}

type Rest = Pick<CommitJob, 'now' | 'fail'>

/** Entries cross as text. */
export function commitJob(commit: Commit, rest: Rest): CommitJob | Promise<CommitJob> {
  return isLarge(commit) ? packedInTurns(commit, rest) : packed(commit, rest)
}

function packed(commit: Commit, rest: Rest): CommitJob {
  const { writes, ...payload } = packedPortion(commit.writes)
  return { do: 'commit', commit: { ...commit, writes }, ...payload, ...rest }
}

async function packedInTurns(commit: Commit, rest: Rest): Promise<CommitJob> {
  const portions: Payload[] = []
  for (let at = 0; at < commit.writes.length; at += portion) {
    portions.push(packedPortion(commit.writes.slice(at, at + portion)))
    await turn()
  }
  const { writes, ...payload } = joined(portions)
  return { do: 'commit', commit: { ...commit, writes }, ...payload, ...rest }
}

function packedPortion(writes: readonly Write[]): Payload {
  const entries = writes.map(write => (write.do === 'put' && write.entries ? pack(write.entries) : undefined))
  const inner = writes.map(packedInner)
  const contained = inner.some(({ length }) => length > 0) ? { contained: inner } : {}
  return { writes: writes.map(withoutEntries), entries, ...contained }
}

function packedInner(write: Write): readonly PackedContained[] {
  if (write.do !== 'put' || write.contained === undefined) return []
  return write.contained.map(({ entries, ...row }) => ({ ...row, packed: pack(entries) }))
}

function withoutEntries(write: Write): Write {
  if (write.do !== 'put') return write
  const { entries: _packed, contained: _inner, ...rest } = write
  return rest
}

/** One after the other, others have their turn between. */
export async function sendParts(job: CommitJob, partOf: number, send: (part: Part) => void): Promise<void> {
  const { commit, entries, contained } = job
  for (let at = 0; at < commit.writes.length; at += portion) {
    const here = <T>(list: readonly T[]): readonly T[] => list.slice(at, at + portion)
    const inner = contained === undefined ? {} : { contained: here(contained) }
    send({ partOf, writes: here(commit.writes), entries: here(entries), ...inner })
    await turn()
  }
}

/** What is left to send of a commit whose parts are there. */
export function withoutParts(job: CommitJob, parts: number): CommitJob {
  const { contained: _sent, ...rest } = job
  return { ...rest, commit: { ...job.commit, writes: [] }, entries: [], parts }
}

/** The writer's end. */
export function withParts(job: CommitJob, parts: readonly Part[]): CommitJob {
  const { writes, ...rest } = joined(parts)
  return { ...job, commit: { ...job.commit, writes }, ...rest }
}

function joined(payloads: readonly Payload[]): Payload {
  const hasContained = payloads.some(({ contained }) => contained !== undefined)
  const inner = hasContained
    ? { contained: payloads.flatMap(({ writes, contained }) => contained ?? writes.map(() => [])) }
    : {}
  return {
    writes: payloads.flatMap(({ writes }) => writes),
    entries: payloads.flatMap(({ entries }) => entries),
    ...inner,
  }
}
