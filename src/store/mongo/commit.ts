/** What happens to a group of commits until each has its answer. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Commit, OutcomeUnknown, type Refused, type StoreNeeds, type Write } from '../port.ts'
import { CommitUnknown, isContention, toStoreError, unavailable } from './errors.ts'
import { commitGroup, type GroupNeeds } from './group.ts'
import { exceedsLimit, rawLimit } from './projection.ts'
import type { Entry } from './queue.ts'
import { hasTooManyKeys, indexSize } from './search/index-fields.ts'

const tries = { together: 2, alone: 25 } // of a group before it is split; of a commit, some 8 s in all
const pause = { least: 4, most: 500 } // ms; doubled from try to try, with jitter so that losers do not meet again

export type CommitNeeds = GroupNeeds & Pick<StoreNeeds, 'observe' | 'random'>

/** Answers all of them: one bad commit never harms the others. */
export async function settle(needs: CommitNeeds, tenant: string, entries: readonly Entry[]): Promise<void> {
  const limit = entries.length > 1 ? tries.together : tries.alone
  for (let attempt = 1; ; attempt++) {
    try {
      const commits = entries.map(({ commit }) => commit)
      const outcomes = await commitGroup(needs, tenant, commits, attempt === 1)
      report(needs, entries)
      for (const [at, entry] of entries.entries()) {
        const outcome = outcomes[at]
        if (outcome) entry.resolve(outcome)
      }
      return
    } catch (error) {
      const again = isContention(error) && attempt < limit
      if (!again) return giveUp(needs, tenant, entries, error)
      needs.observe({ event: 'store.retry', step: 'commit', attempt })
      await sleep(backoff(needs, attempt))
    }
  }
}

async function giveUp(needs: CommitNeeds, tenant: string, entries: readonly Entry[], error: unknown): Promise<void> {
  if (entries.length > 1 && !(error instanceof CommitUnknown)) {
    for (const entry of entries) await settle(needs, tenant, [entry])
    return
  }
  needs.observe({ event: 'store.failed', step: 'commit', error: error as Error })
  for (const { reject } of entries) reject(failure(error))
}

function failure(error: unknown): unknown {
  if (error instanceof CommitUnknown) {
    return new OutcomeUnknown('the store was lost while it committed; the commit may have happened', { cause: error })
  }
  return isContention(error) ? unavailable('commit', error as Error) : toStoreError('commit', error)
}

function backoff({ random }: CommitNeeds, attempt: number): number {
  const [jitter = 0] = random(1)
  return Math.min(pause.least * 2 ** (attempt - 1), pause.most) * (0.5 + jitter / 256)
}

function report({ observe, clock }: CommitNeeds, entries: readonly Entry[]): void {
  const writes = entries.reduce((sum, { commit }) => sum + commit.writes.length, 0)
  const since = Math.min(...entries.map(entry => entry.since))
  observe({ event: 'store.commit', commits: entries.length, writes, ms: clock() - since })
}

/** Breaking these rules is a mistake of the caller, not of the client. */
export function checkCommit({ tenant, writes }: Commit): void {
  const stranger = writes.find(({ key }) => key.tenant !== tenant)
  if (stranger) throw new RangeError(`a commit of tenant '${tenant}' holds a write of tenant '${stranger.key.tenant}'`)
  const keys = new Set(writes.map(({ key }) => `${key.type}/${key.id}`))
  if (keys.size < writes.length) throw new RangeError('a commit holds two writes of one resource')
}

export function tooLarge({ writes }: Commit): Refused | undefined {
  const at = writes.findIndex(isTooLarge)
  return at < 0 ? undefined : { ok: false, because: { why: 'too-large', at, limit: rawLimit } }
}

function isTooLarge(write: Write): boolean {
  if (write.do !== 'put') return false
  const { entries, draft, contained = [] } = write
  const all = [{ json: draft.rest, entries }, ...contained]
  return all.some(it => hasTooManyKeys(it.entries) || exceedsLimit(it.json, indexSize(it.entries)))
}
