/** Who comes in by a tenant's door: every scope asks here first. */
import type { Turned } from '../security/audit/edge-event.ts'
import type { Tenant } from '../security/tenants/tenant.ts'
import { noTenant, type Tenants } from '../security/tenants/tenants.ts'
import { rateOf, type Throttle, throttle } from './rate-limit.ts'

/** Counts a request; throws a 404 where there is no such tenant, a 429 where it is asked too often. */
export type Enter = (tenant: string) => void | Promise<void>

export type EntranceNeeds = {
  readonly tenants: Pick<Tenants, 'find'>
  /** Milliseconds that only ever rise. */
  readonly elapsed: () => number
  /** Is told whose tenant was asked too often. */
  readonly turned: (who: Turned) => void
}

type Counted = { readonly rate: string; readonly count: Throttle | undefined }

export function openEntrance({ tenants, elapsed, turned }: EntranceNeeds): Enter {
  /** Of those that have a limit: not more than there are tenants. */
  const counters = new Map<string, Counted>()

  function counter(name: string, rate: string): Throttle | undefined {
    const known = counters.get(name)
    if (known?.rate === rate) return known.count
    const limit = rateOf(rate)
    const refused = (tenant: string): void => turned({ tenant })
    const count = limit && throttle({ rate: limit, whose: 'this tenant', elapsed, refused, keys: 1 })
    counters.set(name, { rate, count })
    return count
  }

  function enter(name: string, tenant: Tenant | undefined): void {
    if (!tenant) throw noTenant(name)
    const { rate } = tenant.quota
    if (rate !== undefined) counter(name, rate)?.(name)
  }

  return name => {
    const found = tenants.find(name)
    return found instanceof Promise ? found.then(tenant => enter(name, tenant)) : enter(name, found)
  }
}
