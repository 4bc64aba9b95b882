/**
 * How much a tenant has, against how much it may have. Writes do not count anything: versions never change, so what is known is
 * carried on by those that came since, half a second's worth at a time, and only where there is a quota. What this process wrote
 * meanwhile is added, what others wrote is not: together they may exceed a quota by what they write in that time.
 */
import { type FhirError, fail } from '../../fhir/issue.ts'
import type { Commit, Growth, Outcome, Store } from '../../store/port.ts'
import { auditType } from '../audit/audit-event.ts'
import { type Recent, recent } from '../smart/recent.ts'
import { everybody, type Quota } from './tenant.ts'

/** Up to a place of the tenant's sequence. */
export type Usage = Growth & { readonly seq: number }

export type UsageNeeds = {
  readonly store: Pick<Store, 'measure' | 'sequence' | 'note' | 'keepNote'>
  readonly clock: () => number
}

const lasting = 500 // ms
const far = 10_000 // places of the sequence; behind so many what is known is kept, so that nobody counts from the beginning
const kind = 'usage'

export function openUsage({ store, clock }: UsageNeeds): Pick<Recent<Usage>, 'of'> {
  async function kept(tenant: string): Promise<Usage> {
    const note = await store.note({ tenant: everybody, kind, id: tenant })
    return note ? JSON.parse(note.text) : { seq: 0, resources: 0, bytes: 0 }
  }

  async function keep(tenant: string, usage: Usage): Promise<void> {
    const key = { tenant: everybody, kind, id: tenant }
    const note = await store.note(key)
    const before: Usage | undefined = note && JSON.parse(note.text)
    if (usage.seq - (before?.seq ?? 0) < far) return
    await store.keepNote({ ...key, text: JSON.stringify(usage), tags: [], revision: note?.revision ?? 0 })
  }

  return recent<Usage>(clock, lasting, async (tenant, before) => {
    const from = before ?? (await kept(tenant))
    const seq = Math.max(from.seq, await store.sequence(tenant))
    if (seq === from.seq) return from
    const { resources, bytes } = await store.measure(tenant, from.seq, seq, auditType)
    const usage = { seq, resources: from.resources + resources, bytes: from.bytes + bytes }
    if (Math.floor(seq / far) > Math.floor(from.seq / far)) await keep(tenant, usage)
    return usage
  })
}

/** Of texts that are stored otherwise now: counted from the beginning by whoever starts. */
export async function forgetUsage(store: Pick<Store, 'dropNote'>, tenant: string): Promise<void> {
  await store.dropNote({ tenant: everybody, kind, id: tenant })
}

/** The audit is the server's own, and never refused. */
function isCounted({ key }: Put): boolean {
  return key.type !== auditType
}

/** What a commit of this process adds; until its end an estimate. `seq`: where it is counted by whoever measures. */
type Grant = Growth & { readonly seq: number }

type Put = Extract<Commit['writes'][number], { do: 'put' }>

/** Judges the commits of one tenant. */
export type Allowance = (commit: Commit, quota: Quota, run: () => Promise<Outcome>) => Promise<Outcome>

export type AllowanceNeeds = {
  readonly store: Pick<Store, 'readAll'>
  readonly usage: () => Usage | Promise<Usage>
}

export function openAllowance({ store, usage }: AllowanceNeeds): Allowance {
  const grants = new Set<Grant>()
  let granted: Growth = { resources: 0, bytes: 0 }
  let measured: Usage | undefined

  function add(grant: Grant): void {
    grants.add(grant)
    granted = plus(granted, grant, 1)
  }

  function drop(grant: Grant): void {
    if (grants.delete(grant)) granted = plus(granted, grant, -1)
  }

  function standing(found: Usage): Growth {
    if (found !== measured) {
      measured = found
      for (const grant of grants) if (grant.seq <= found.seq) drop(grant)
    }
    return plus(found, granted, 1)
  }

  /** At most; what is no creation is looked up only where that matters. */
  async function estimate(
    puts: readonly Put[],
    { resources: most = Number.POSITIVE_INFINITY }: Quota,
  ): Promise<Growth> {
    const bytes = puts.reduce((sum, { draft }) => sum + Buffer.byteLength(draft.rest), 0)
    const maybe = puts.filter(({ when }) => when === undefined || when === 'absent')
    const fits = standing(await usage()).resources + maybe.length <= most
    const open = fits ? [] : maybe.filter(({ when }) => when === undefined)
    const found = open.length === 0 ? [] : await store.readAll(open.map(({ key }) => key))
    return { bytes, resources: maybe.length - found.filter(version => version?.json !== undefined).length }
  }

  return async (commit, quota, run) => {
    const puts = commit.writes.filter(write => write.do === 'put').filter(isCounted)
    const wanted = { ...(await estimate(puts, quota)), seq: Number.POSITIVE_INFINITY }
    const found = await usage()
    if (puts.length > 0) mustFit(wanted, standing(found), quota)
    add(wanted) // in the same turn: nobody else is judged in between
    try {
      const outcome = await run()
      const seq = outcome.ok ? Math.max(0, ...outcome.versions.map(version => version?.seq ?? 0)) : 0
      if (outcome.ok && seq > (measured?.seq ?? 0)) add({ ...actual(outcome.versions), seq })
      return outcome
    } finally {
      drop(wanted)
    }
  }
}

function plus(one: Growth, other: Growth, sign: 1 | -1): Growth {
  return { resources: one.resources + sign * other.resources, bytes: one.bytes + sign * other.bytes }
}

function actual(versions: Extract<Outcome, { ok: true }>['versions']): Growth {
  const made = versions.filter(version => version !== undefined).filter(version => version.type !== auditType)
  const deleted = made.filter(({ json }) => json === undefined)
  return {
    resources: made.filter(({ created }) => created).length - deleted.length,
    bytes: made.reduce((sum, { json = '' }) => sum + Buffer.byteLength(json), 0),
  }
}

function mustFit(wanted: Growth, has: Growth, { resources, bytes }: Quota): void {
  if (resources !== undefined && wanted.resources > 0 && has.resources + wanted.resources > resources) {
    throw full(`has ${has.resources} of ${resources} resources`, 'delete some')
  }
  if (bytes !== undefined && has.bytes + wanted.bytes > bytes) {
    throw full(`has ${has.bytes} of ${bytes} bytes, all versions counted`, 'only deletions are taken')
  }
}

/**
 * https://www.rfc-editor.org/rfc/rfc4918#section-11.5: the server cannot store what is needed. `business-rule` and not `no-store`:
 * that one tells clients to try again.
 */
function full(what: string, advice: string): FhirError {
  const text = `the quota of the tenant is used up: it ${what}; ${advice}, or ask the operator for more`
  return fail('business-rule', text, undefined, { status: 507 })
}
