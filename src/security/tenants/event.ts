/** What the operator did to a tenant: for the log, and the audit of the site, which is that of `default`. */
export type TenantEvent = {
  readonly event: 'tenant.changed' | 'tenant.erased'
  readonly name: string
  /** `added`, `locked` … */
  readonly detail: string
}
