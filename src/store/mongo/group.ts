/**
 * Commits of one tenant that touch disjoint keys, made in one transaction: read and judge all, leave out those refused,
 * take numbers, write. State is read before the numbers are taken and relied on by compare-and-set, so whoever moves a
 * resource has seen its last commit first and takes a higher number: per resource `seq` rises with the version.
 */
import type { ClientSession, MongoClient } from 'mongodb'
import type { Commit, Outcome, StoreNeeds } from '../port.ts'
import { announce, withdraw } from './announced.ts'
import { apply } from './apply.ts'
import { type Accepted, makeVersions, versionCount } from './effects.ts'
import { CommitUnknown, isContention, lost, Stale, strike } from './errors.ts'
import { judge } from './judge.ts'
import type { Reads } from './read.ts'
import { refusal } from './refusal.ts'
import type { Collections } from './schema.ts'
import type { Searches } from './search/search.ts'
import type { Block, Sequences } from './sequence.ts'
import { readStandings, type Standings } from './standing.ts'
import { idOf, transact } from './transaction.ts'
import { type Types, typesIn } from './types.ts'

export type GroupNeeds = Pick<StoreNeeds, 'clock' | 'random' | 'fault'> & {
  readonly client: MongoClient
  readonly collections: Collections
  readonly types: Types
  readonly sequences: Sequences
  readonly reads: Reads
  readonly searches: Searches
}

/** One outcome for each. Throws if none of them happened; `CommitUnknown`: all of the accepted ones, or none. */
export async function commitGroup(
  needs: GroupNeeds,
  tenant: string,
  commits: readonly Commit[],
  trusting: boolean,
): Promise<readonly Outcome[]> {
  const { collections, types, random, clock, fault } = needs
  if (fault) await strike(fault, 'commit.read')
  await types.ensure(new Set(commits.flatMap(({ writes }) => writes.flatMap(typesIn))))
  const name = Buffer.from(random(12)).toString('base64url')
  const announced = await announce(collections, tenant, commits, name, clock())
  try {
    return await commitJudged(needs, tenant, commits, trusting, announced)
  } catch (error) {
    const withdrawn = withdraw(collections, announced)
    if (isContention(error)) await withdrawn // or the next attempt would meet it
    throw error
  }
}

async function commitJudged(
  needs: GroupNeeds,
  tenant: string,
  commits: readonly Commit[],
  trusting: boolean,
  announced: string | undefined,
): Promise<readonly Outcome[]> {
  const { client, collections, sequences, reads, searches, clock, fault } = needs
  const judging = { trusting, announced, now: clock() }
  const standings = await readStandings(collections, searches, tenant, commits, judging)
  const outcomes = new Map<Commit, Outcome>()
  for (const commit of commits) {
    const objection = judge(commit, standings, clock())
    if (objection) outcomes.set(commit, await refusal(reads, commit, objection))
  }
  if (trusting && outcomes.size > 0) return commitJudged(needs, tenant, commits, false, announced) // trust is for those who pass
  const accepted = commits.filter(commit => !outcomes.has(commit))
  const count = accepted.reduce((sum, commit) => sum + versionCount(commit, standings), 0)
  if (fault) await strike(fault, 'commit.reserve')
  const session = client.startSession()
  try {
    const taking = { count, types: typesOf(accepted), session: idOf(session) }
    const block = count > 0 ? await sequences.reserve(tenant, taking) : undefined
    const numbered = number(accepted, standings, block)
    await write(needs, session, numbered, standings, block)
    for (const { commit, made } of numbered) outcomes.set(commit, made)
  } finally {
    await session.endSession()
  }
  return commits.map(commit => outcomes.get(commit) as Outcome)
}

function typesOf(commits: readonly Commit[]): ReadonlySet<string> {
  return new Set(commits.flatMap(({ writes }) => writes.map(({ key: { type } }) => type)))
}

/** The commits in their order, each with the next numbers of the block. */
function number(accepted: readonly Commit[], standings: Standings, block: Block | undefined): readonly Accepted[] {
  let next = block?.from ?? 0
  return accepted.map(commit => {
    const made = makeVersions(commit, standings, next, block?.updated ?? 0)
    next += made.versions.filter(Boolean).length
    return { commit, made }
  })
}

async function write(
  needs: GroupNeeds,
  session: ClientSession,
  accepted: readonly Accepted[],
  standings: Standings,
  block: Block | undefined,
): Promise<void> {
  const { client, collections, sequences, clock, fault } = needs
  const isIdle = !accepted.some(({ commit, made }) => hasEffect(commit, made.versions))
  if (isIdle) return withdraw(collections, standings.announced.own)
  try {
    if (fault) await strike(fault, 'commit.begin')
    await transact(client, session, async () => {
      await apply(collections, session, accepted, standings, clock())
      if (fault) await strike(fault, 'commit.durable')
    })
  } catch (error) {
    if (!(error instanceof CommitUnknown) || !block) throw error
    const committed = await sequences.settle(block).catch(() => Promise.reject(error))
    if (!committed) throw new Stale('the transaction was lost before its commit')
  } finally {
    if (block) sequences.release(block)
  }
  if (fault) await strike(fault, 'commit.answer').catch(lost)
}

function hasEffect({ writes, claims = [], receipt, fence }: Commit, versions: readonly unknown[]): boolean {
  const checks = writes.some(write => write.do === 'check')
  return checks || claims.length > 0 || receipt !== undefined || fence !== undefined || versions.some(Boolean)
}
