/** Whether a tenant's audit is as it was written: recomputed from the events, against the seals and the anchors. */
import { FhirError } from '../../fhir/issue.ts'
import type { Store, Version } from '../../store/port.ts'
import { pagesOf } from './events.ts'
import { logKind } from './portion.ts'
import { isGenuine, openChain, origin, type Seal, type SealHead } from './seal.ts'
import { head, sealNumber } from './seals.ts'

export type Verdict = {
  /** Each a sentence; none: all is as it was written. */
  readonly findings: readonly string[]
  readonly events: number
  readonly seals: number
  /** Events behind the last seal, of which removals cannot be noticed yet. */
  readonly tail: number
  /** Portions of the log that are not written down as events yet; neither can theirs. */
  readonly pending: number
}

export type VerifyNeeds = {
  readonly store: Pick<Store, 'history' | 'sequence' | 'note' | 'notes' | 'secret' | 'readAll'>
  readonly tenant: string
  /** Told to somebody else at the time. */
  readonly anchors?: readonly Seal[]
  readonly progress?: (events: number) => void
}

export async function verify(needs: VerifyNeeds): Promise<Verdict> {
  const { store, tenant, anchors = [], progress = () => {} } = needs
  const findings: string[] = []
  const secret = await store.secret('audit')
  const byNumber = Map.groupBy(anchors, ({ number }) => number)
  let before: SealHead = origin
  let events = 0
  for (;;) {
    const seal = await sealNumber(store, tenant, before.number + 1)
    if (seal === undefined) break
    findings.push(...faultsOf(seal, before, secret, byNumber.get(seal.number) ?? []))
    const { count, hash, faults } = await hashed(store, { ...seal, tenant, after: before.until }, before)
    findings.push(...faults, ...mismatch(seal, count, hash))
    events += count
    progress(events)
    before = seal
  }
  findings.push(...(await missing(store, tenant, before, anchors)))
  const until = await store.sequence(tenant)
  const tail = await hashed(store, { tenant, after: before.until, until }, before)
  findings.push(...tail.faults)
  const pending = await store.notes({ tenant, kind: logKind, limit: 1_000 })
  return { findings, events: events + tail.count, seals: before.number, tail: tail.count, pending: pending.length }
}

function faultsOf(seal: Seal, before: SealHead, secret: Uint8Array, anchors: readonly Seal[]): readonly string[] {
  const { number } = seal
  const faults: string[] = []
  if (seal.number !== before.number + 1) faults.push(`seal ${before.number + 1} says that it is number ${number}`)
  if (!isGenuine(secret, seal))
    faults.push(`seal ${number} was not made by this server: it was changed, or the key was`)
  if (seal.after !== before.until) faults.push(`seal ${number} does not begin where the one before ends`)
  if (anchors.some(({ hash, mac }) => hash !== seal.hash || mac !== seal.mac)) {
    faults.push(`seal ${number} is not the one that was anchored: the audit was rewritten up to there`)
  }
  return faults
}

/** What the stretch is like now. */
async function hashed(
  store: VerifyNeeds['store'],
  stretch: { readonly tenant: string; readonly after: number; readonly until: number },
  before: SealHead,
): Promise<{ readonly count: number; readonly hash: string; readonly faults: readonly string[] }> {
  const chain = openChain(stretch.tenant, before)
  const faults: string[] = []
  try {
    for await (const versions of pagesOf(store, stretch)) {
      for (const version of versions) chain.add(version)
      faults.push(...(await changed(store, versions)))
    }
  } catch (error) {
    if (!(error instanceof FhirError) || error.issues[0]?.code !== 'exception') throw error
    const { after, until } = stretch
    faults.push(`an event between places ${after} and ${until} of the commit sequence cannot be decrypted any more`)
  }
  return { count: chain.count(), hash: chain.end(), faults }
}

/** An event has one version, and who reads it is told that one. */
async function changed(store: VerifyNeeds['store'], versions: readonly Version[]): Promise<readonly string[]> {
  const current = versions.length === 0 ? [] : await store.readAll(versions)
  return versions.flatMap(({ id, version, json }, at) => {
    if (json === undefined) return [`AuditEvent/${id} was deleted`]
    if (version !== 1) return [`AuditEvent/${id} was changed: it has a version ${version}`]
    return current[at]?.json === json ? [] : [`AuditEvent/${id} is shown otherwise than it was written, or not at all`]
  })
}

function mismatch({ number, after, until, count, at, hash }: Seal, found: number, actual: string): readonly string[] {
  const where = `between places ${after} and ${until} of the commit sequence, sealed ${new Date(at).toISOString()} (seal ${number})`
  if (found !== count) return [`there are ${found} events instead of ${count} ${where}`]
  return actual === hash ? [] : [`events were changed or exchanged ${where}`]
}

/** Seals that there were, and are no more. */
async function missing(
  store: VerifyNeeds['store'],
  tenant: string,
  last: SealHead,
  anchors: readonly Seal[],
): Promise<readonly string[]> {
  const told = (await head(store, tenant)).seal
  const beyond = await store.notes({
    tenant,
    kind: 'audit-seal',
    after: String(last.number + 1).padStart(12, '0'),
    limit: 1,
  })
  const furthest = Math.max(0, ...anchors.map(({ number }) => number))
  return [
    ...(told !== undefined && told.number > last.number
      ? [`seals behind ${last.number} are gone: there was one numbered ${told.number}`]
      : []),
    ...(told === undefined && last.number > 1 ? ['the note that tells the last seal is gone'] : []),
    ...(beyond.length > 0 ? [`seal ${last.number + 1} is gone, though there are later ones`] : []),
    ...(furthest > last.number
      ? [`the audit was cut: seal ${furthest} was anchored, and the last one is ${last.number}`]
      : []),
  ]
}
