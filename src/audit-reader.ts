/** The third reader of what is reported, beside the log and the metrics: what happened to accounts and tokens goes to the audit. */
import type { Config } from './config.ts'
import { originOf, ownBase } from './http/base.ts'
import type { Observe } from './observe.ts'
import { type Extent, extentOf } from './security/audit/config.ts'
import type { AuditLog } from './security/audit/log.ts'
import { toldBy } from './security/audit/told.ts'

export function auditExtent({ KILN_AUDIT, KILN_AUTH }: Pick<Config, 'KILN_AUDIT' | 'KILN_AUTH'>): Extent {
  return extentOf(KILN_AUDIT, KILN_AUTH !== 'none')
}

/** Of each tenant, as settings tell it: no request is at hand. */
export function configuredBase(config: Config): (tenant: string) => string {
  const { KILN_BASE_URL: configured, KILN_HOST: host, KILN_PORT: port, KILN_TLS_CERT: certificate } = config
  return ownBase({ configured, origin: () => originOf(host, port, certificate !== '') })
}

export function auditReader(config: Config, audit: AuditLog, clock: () => number): Observe {
  if (auditExtent(config) === 'off') return () => {}
  const base = configuredBase(config)
  return event => {
    const occurrence = toldBy(event, clock(), base)
    if (occurrence) audit.tell(occurrence)
  }
}
