/** A commit as the store below may see it, and its outcome as those above expect it. */
import { stamp } from '../../fhir/stamp.ts'
import {
  type Claim,
  type Commit,
  type Guard,
  type Outcome,
  type Refused,
  type Store,
  StoreUnavailable,
  type Version,
  type Write,
} from '../../store/port.ts'
import type { Asking } from './asking.ts'
import { blindText } from './blind.ts'
import type { Keys } from './keys.ts'
import type { Opening } from './opening.ts'
import type { Receipts } from './receipts.ts'
import { type SealingNeeds, sealing } from './sealing.ts'

export type CommitNeeds = Omit<SealingNeeds, 'store'> & {
  readonly store: Store
  readonly asking: Asking
  readonly opening: Opening
  readonly receipts: Receipts
}

/** Commits anew, because somebody else wrote the same resource in between: of those who do so at once each round lets one through. */
const tries = 1_000
const budget = 10_000 // ms that a chain in a guard may take

export function sealedCommit(needs: CommitNeeds): Store['commit'] {
  return async it => {
    for (let attempt = 1; ; attempt++) {
      const { outcome, again } = await once(needs, it)
      if (!again) return outcome
      if (attempt === tries) throw new StoreUnavailable('others write the same resource again and again')
    }
  }
}

/** Criteria name patients, and a plain digest of them may be guessed. */
export async function claimName(keys: Keys, tenant: string, claim: string): Promise<string> {
  return blindText(await keys.mac(tenant), 'claim', '', claim)
}

async function once(needs: CommitNeeds, it: Commit): Promise<{ readonly outcome: Outcome; readonly again: boolean }> {
  const { store, keys, receipts } = needs
  const { tenant, receipt } = it
  const { writes, claims: own, isOurs } = await sealing(needs, it)
  const claims = await Promise.all(
    (it.claims ?? []).map(async claim => ({ ...claim, key: await claimName(keys, tenant, claim.key) })),
  )
  const guards = await Promise.all((it.guards ?? []).map(guard => blindGuard(needs, tenant, guard)))
  const outcome = await store.commit({
    ...it,
    writes,
    ...(claims.length + own.length > 0 ? { claims: [...claims, ...own] } : {}),
    ...(guards.length > 0 ? { guards } : {}),
    ...(receipt ? { receipt: await receipts.seal(tenant, receipt) } : {}),
  })
  if (!outcome.ok) return { outcome: await told(needs, it, claims, outcome), again: isOurs(outcome.because) }
  const versions = outcome.versions.map((version, at) => asWritten(it.writes[at], version))
  return { outcome: { ok: true, versions }, again: false }
}

async function blindGuard({ asking }: CommitNeeds, tenant: string, guard: Guard): Promise<Guard> {
  const { where } = await asking({ ...guard, tenant, budget })
  return { ...guard, where }
}

async function told(
  { opening, receipts }: CommitNeeds,
  it: Commit,
  claims: readonly Claim[],
  { because }: Refused,
): Promise<Refused> {
  switch (because.why) {
    case 'condition': {
      const { current } = because
      return { ok: false, because: { ...because, current: current && (await opening.version(current)) } }
    }
    case 'claim': {
      const at = claims.findIndex(({ key }) => key === because.key)
      return { ok: false, because: { ...because, key: it.claims?.[at]?.key ?? because.key } }
    }
    case 'receipt': {
      const was = await receipts.open(it.tenant, it.receipt?.key ?? '', because.was)
      const versions = await Promise.all(because.versions.map(opening.version))
      return { ok: false, because: { ...because, was, versions } }
    }
    default:
      return { ok: false, because }
  }
}

/** Nobody needs to open what was sealed a moment ago. */
function asWritten(write: Write | undefined, version: Version | undefined): Version | undefined {
  if (version === undefined || write?.do !== 'put') return version
  return { ...version, json: stamp(write.draft, version.version, version.updated) }
}
