/** A block of a tenant's sequence, from its reservation to its end. */
import type { MongoClient } from 'mongodb'
import { insertOnce } from './insert.ts'
import { changeId } from './key.ts'
import type { Collections, CounterDoc, Block as OpenBlock } from './schema.ts'
import { kill } from './transaction.ts'

/** `types`: of what will be written under these numbers. */
export type Taking = Omit<OpenBlock, 'from'> & { readonly types: ReadonlySet<string> }

/** The counter behind the reservation: the block ends before `next`. */
export async function take(
  sequences: Collections['sequences'],
  tenant: string,
  block: Taking,
  ended: readonly number[],
): Promise<CounterDoc> {
  const update = reservation(block, ended)
  const once = () => sequences.findOneAndUpdate({ _id: tenant }, update, { returnDocument: 'after' })
  const counter = await once()
  if (counter) return counter
  await insertOnce(sequences, { _id: tenant, next: 1, clock: 0, open: [] })
  const first = await once()
  if (!first) throw new Error('what was inserted is there')
  return first
}

/** One atomic step: takes the numbers, tells what for, moves the clock on, and takes the blocks that have ended off the list. */
function reservation(block: Taking, ended: readonly number[]) {
  const still = { $filter: { input: '$open', cond: { $not: { $in: ['$$this.from', ended] } } } }
  const added = {
    from: '$next',
    count: { $literal: block.count },
    since: { $literal: block.since },
    session: { $literal: block.session },
  }
  const next = { $add: ['$next', block.count] }
  const last = { $add: ['$next', block.count - 1] }
  const latest = Object.fromEntries([...block.types].map(type => [`latest.${type}`, last]))
  return [
    { $set: { ...latest, next, clock: { $max: ['$clock', block.since] }, open: { $concatArrays: [still, [added]] } } },
  ]
}

/** Blocks of other processes that are listed as open, though their transactions have ended: the first place is taken. */
export async function finishedAmong(
  changes: Collections['changes'],
  tenant: string,
  blocks: readonly OpenBlock[],
  ours: ReadonlySet<number>,
): Promise<ReadonlySet<number>> {
  const foreign = blocks.filter(({ from }) => !ours.has(from)).map(({ from }) => changeId(tenant, from))
  if (foreign.length === 0) return new Set()
  const found = await changes.find({ _id: { $in: foreign }, tenant }, { projection: { seq: 1 } }).toArray()
  return new Set(found.map(({ seq }) => seq))
}

/** Takes the place of the first change of a block, or finds it taken. */
export async function settle(changes: Collections['changes'], tenant: string, from: number): Promise<boolean> {
  const _id = changeId(tenant, from)
  if (await insertOnce(changes, { _id, tenant, seq: from, aborted: true })) return false
  return (await changes.countDocuments({ _id, aborted: true })) === 0
}

/** Whether its transaction is gone or committed, the block is no longer open behind this. */
export async function resolveDead(
  client: MongoClient,
  { sequences, changes }: Collections,
  tenant: string,
  { from, session }: OpenBlock,
): Promise<void> {
  await kill(client, session)
  await settle(changes, tenant, from)
  await sequences.updateOne({ _id: tenant }, { $pull: { open: { from } } })
}

/** Blocks that still live say so; what fails is made good by the next beat. */
export function refresh(
  sequences: Collections['sequences'],
  tenant: string,
  blocks: ReadonlySet<number>,
  now: number,
): void {
  const arrayFilters = [{ 'block.from': { $in: [...blocks] } }]
  sequences
    .updateOne({ _id: tenant }, { $set: { 'open.$[block].since': now } }, { arrayFilters })
    .catch(() => undefined)
}

/** Where the gap-free prefix ends, and the highest number that is known to be finished. */
export type Ends = { readonly prefix: number; readonly finished: number }

export function endsOf(next: number, open: readonly OpenBlock[]): Ends {
  const lowest = Math.min(next, ...open.map(({ from }) => from))
  const isOpen = (number: number) => open.some(({ from, count }) => from <= number && number < from + count)
  let finished = next - 1
  while (isOpen(finished)) finished--
  return { prefix: lowest - 1, finished }
}
