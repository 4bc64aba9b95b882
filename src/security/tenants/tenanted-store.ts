/** The store as long as tenants are in force, and within their quotas. Whatever writes goes through both, requests and jobs. */
import type { Commit, Outcome, Store } from '../../store/port.ts'
import { auditType } from '../audit/audit-event.ts'
import { everybody, type Tenant } from './tenant.ts'
import { noTenant, type Tenants } from './tenants.ts'
import { type Allowance, openAllowance, openUsage } from './usage.ts'

export type TenantedNeeds = {
  readonly store: Store
  readonly tenants: Pick<Tenants, 'find'>
  readonly clock: () => number
}

/** Judged by what the store keeps, so it lies beneath encryption. The audit is the server's own, whatever tenants may. */
export function withinQuotas({ store, tenants, clock }: TenantedNeeds): Store {
  const usage = openUsage({ store, clock })
  /** Of those that have a quota. */
  const allowances = new Map<string, Allowance>()

  function allowance(tenant: string): Allowance {
    const known = allowances.get(tenant) ?? openAllowance({ store, usage: () => usage.of(tenant) })
    allowances.set(tenant, known)
    return known
  }

  function commit(it: Commit, tenant: Tenant | undefined): Promise<Outcome> {
    const { resources, bytes } = tenant?.quota ?? {}
    if (!tenant || (resources === undefined && bytes === undefined)) return store.commit(it)
    return allowance(it.tenant)(it, tenant.quota, () => store.commit(it))
  }

  return {
    ...store,
    commit(it) {
      if (it.writes.every(({ key }) => key.type === auditType)) return store.commit(it)
      const tenant = tenants.find(it.tenant)
      return tenant instanceof Promise ? tenant.then(found => commit(it, found)) : commit(it, tenant)
    },
  }
}

export function tenanted({ store, tenants }: Omit<TenantedNeeds, 'clock'>): Store {
  const commit = (it: Commit, tenant: Tenant | undefined): Promise<Outcome> => {
    return tenant ? store.commit(it) : Promise.reject(noTenant(it.tenant))
  }
  const isOpen = async (tenant: string): Promise<boolean> => {
    return tenant === everybody || (await tenants.find(tenant)) !== undefined
  }

  return {
    ...store,
    commit(it) {
      const tenant = tenants.find(it.tenant)
      return tenant instanceof Promise ? tenant.then(found => commit(it, found)) : commit(it, tenant)
    },
    async keepNote(note) {
      if (!(await isOpen(note.tenant))) throw noTenant(note.tenant)
      return store.keepNote(note)
    },
    async acquire(tenant, name, owner, ms) {
      return (await isOpen(tenant)) ? store.acquire(tenant, name, owner, ms) : undefined // its jobs wait
    },
  }
}
