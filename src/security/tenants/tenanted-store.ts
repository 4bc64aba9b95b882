/** The store as long as tenants are in force, and within their quotas. Whatever writes goes through here, requests and jobs. */
import type { Commit, Outcome, Store } from '../../store/port.ts'
import { everybody, type Tenant } from './tenant.ts'
import { noTenant, type Tenants } from './tenants.ts'
import { type Allowance, openAllowance, openUsage } from './usage.ts'

export type TenantedNeeds = {
  readonly store: Store
  readonly tenants: Pick<Tenants, 'find'>
  readonly clock: () => number
}

export function tenanted({ store, tenants, clock }: TenantedNeeds): Store {
  const usage = openUsage({ store, clock })
  /** Of those that have a quota. */
  const allowances = new Map<string, Allowance>()

  function allowance(tenant: string): Allowance {
    const known = allowances.get(tenant) ?? openAllowance({ store, usage: () => usage.of(tenant) })
    allowances.set(tenant, known)
    return known
  }

  function commit(it: Commit, tenant: Tenant | undefined): Promise<Outcome> {
    if (!tenant) return Promise.reject(noTenant(it.tenant))
    const { resources, bytes } = tenant.quota
    if (resources === undefined && bytes === undefined) return store.commit(it)
    return allowance(it.tenant)(it, tenant.quota, () => store.commit(it))
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
