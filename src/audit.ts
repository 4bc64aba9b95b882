/** The audit as the settings want it: what is recorded, what goes on beside the requests, and where its seals are told. */
import { isAbsolute } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { auditExtent } from './audit-reader.ts'
import type { Config } from './config.ts'
import { FhirError } from './fhir/issue.ts'
import type { PrincipalOf } from './http/fhir.ts'
import { auditing, unaudited } from './interactions/audited.ts'
import type { Audited } from './interactions/interaction.ts'
import { openOutlets } from './outlets.ts'
import type { Runtime } from './runtime.ts'
import { type Anchor, fileAnchor, webhookAnchor } from './security/audit/anchor.ts'
import { type KeepNeeds, keepAudit } from './security/audit/keep-audit.ts'
import type { AuditPort, Exchange } from './security/audit/occurrence.ts'

export function auditedBy({ config, audit }: Pick<Runtime, 'config' | 'audit'>): Audited {
  const extent = auditExtent(config)
  return extent === 'off' ? unaudited : auditing(audit, extent)
}

/** For those who authenticate, issue tokens, export. */
export function auditPort({ config, audit }: Pick<Runtime, 'config' | 'audit'>): AuditPort {
  if (auditExtent(config) === 'off') return { record: async () => {} }
  return { record: async (exchange, did, patients = []) => audit.take({ exchange, did, patients }) }
}

type Place = Pick<Exchange, 'tenant' | 'base'>
type From = Parameters<PrincipalOf>[2]

/** Whoever is turned away is recorded before he is told. */
export function auditedPrincipal(
  runtime: Pick<Runtime, 'config' | 'audit' | 'outside'>,
  principalOf: PrincipalOf,
): PrincipalOf {
  const { record } = auditPort(runtime)
  const { clock } = runtime.outside
  async function refused(place: Place, { id, address }: From, error: unknown): Promise<never> {
    if (error instanceof FhirError && error.status === 401) {
      await record(
        { ...place, request: id, address, at: clock() },
        { what: 'token-refused', outcome: '4', why: '401 login' },
      )
    }
    throw error
  }
  return (place, authorization, from) => {
    try {
      const principal = principalOf(place, authorization, from)
      return principal instanceof Promise ? principal.catch(error => refused(place, from, error)) : principal
    } catch (error) {
      return refused(place, from, error)
    }
  }
}

/** Seals and indexes until the signal. */
export async function keepingAudit(
  runtime: Pick<Runtime, 'config' | 'outside' | 'observe' | 'own' | 'beneath' | 'tenants' | 'load'>,
  base: (tenant: string) => string,
  signal: AbortSignal,
): Promise<void> {
  const { config, outside, observe, own, beneath, tenants, load } = runtime
  const anchor = anchorOf(config)
  await keepAudit({
    ...{ store: beneath, observe, signal, load, clock: outside.clock, elapsed: outside.elapsed },
    ...(anchor ? { anchor } : {}),
    owner: outside.newId(),
    tenants: tenants.open,
    indexIn: tenantIndex(own, base),
    sleep: ms => sleep(ms, undefined, { signal }).catch(() => {}),
  })
}

/** The same function as long as the definitions are the same. */
function tenantIndex(own: Runtime['own'], base: (tenant: string) => string): KeepNeeds['indexIn'] {
  const known = new WeakMap<object, Awaited<ReturnType<KeepNeeds['indexIn']>>>()
  return async tenant => {
    const holding = await own.of(tenant)
    const index = known.get(holding) ?? ((resource, id) => holding.index(resource, id, base(tenant)).entries)
    known.set(holding, index)
    return index
  }
}

const limits = { bytes: 65_536, ms: 10_000 }

function anchorOf(config: Config): Anchor | undefined {
  const place = config.KILN_AUDIT_ANCHOR
  if (place === '') return undefined
  if (isAbsolute(place)) return fileAnchor(place)
  const { egress } = openOutlets(config)
  return webhookAnchor(place, (url, json) => egress.post(url, json, limits))
}
