/**
 * The store of those whose writes are audited: each commit carries the AuditEvents of what it does, so that neither is ever
 * without the other. It lies beneath the door: whoever writes neither sees them nor can write such himself.
 */
import { fail } from '../../fhir/issue.ts'
import type { Draft } from '../../fhir/stamp.ts'
import type { Commit, Outcome, Refused, Store, Version, Write } from '../../store/port.ts'
import { auditType } from './audit-event.ts'

export type Carrying = {
  /** What a commit is recorded by; none: it changes nothing. `before`: what is deleted, as it stands. */
  readonly drafts: (writes: readonly Changing[], before: readonly (Version | undefined)[]) => readonly Draft[]
  /** Such a commit was made. */
  readonly carried: () => void
}

export type Changing = Exclude<Write, { readonly do: 'check' }>

export function carrying(store: Store, { drafts, carried }: Carrying): Store {
  async function eventsOf({ writes }: Commit): Promise<readonly Write[]> {
    const changing = writes.filter((write): write is Changing => write.do !== 'check')
    if (changing.length === 0) return []
    return drafts(changing, await standing(store, changing)).map(written(changing[0]?.key.tenant ?? ''))
  }
  return {
    ...store,
    async commit(it) {
      mustNotForge(it)
      const events = await eventsOf(it)
      if (events.length === 0) return store.commit(it)
      const outcome = await store.commit({ ...it, writes: [...it.writes, ...events] })
      if (outcome.ok) carried()
      return without(outcome, it)
    },
    async receipt(tenant, key) {
      const found = await store.receipt(tenant, key)
      return found && { ...found, versions: found.versions.filter(isOther) }
    },
  }
}

/** Found, until they are indexed, by nothing but their id: that is done a little later, at the price of no request. */
export function written(tenant: string): (draft: Draft) => Write {
  return draft => ({
    do: 'put',
    method: 'POST',
    key: { tenant, type: auditType, id: draft.id },
    draft,
    when: 'absent',
  })
}

/** Nobody who comes through the door reaches this: it is refused there. */
function mustNotForge({ writes }: Commit): void {
  if (writes.some(({ do: doing, key }) => doing !== 'check' && key.type === auditType)) {
    throw fail('not-supported', 'AuditEvents are written by the server alone', undefined, { status: 405 })
  }
}

/** Of each deletion, in order, what it puts an end to. */
async function standing(store: Store, changing: readonly Changing[]): Promise<readonly (Version | undefined)[]> {
  const deleted = changing.filter(write => write.do === 'delete').map(({ key }) => key)
  return deleted.length === 0 ? [] : store.readAll(deleted)
}

function isOther({ type }: Version): boolean {
  return type !== auditType
}

function without(outcome: Outcome, { writes }: Commit): Outcome {
  if (outcome.ok) return { ok: true, versions: outcome.versions.slice(0, writes.length) }
  const { because } = outcome
  if ('at' in because && because.why !== 'guard' && because.at >= writes.length) throw ownFault(because)
  return because.why === 'receipt'
    ? { ok: false, because: { ...because, versions: because.versions.filter(isOther) } }
    : outcome
}

function ownFault({ why }: Refused['because']): Error {
  return new Error(`the store refuses an AuditEvent of ours: ${why}`)
}
