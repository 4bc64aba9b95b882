/**
 * What tenants have stored that requests go by: definitions of all kinds. A request sees one state of it from beginning to end.
 * What this process writes counts from the next request on, what others write within a second.
 */

export type Lately<T> = {
  /** A promise only where it must be looked up. */
  readonly of: (tenant: string) => T | Promise<T>
  /** Some of it may have been written. */
  readonly touched: (tenant: string) => void
}

const lasting = 1_000 // ms that what is known may be old

/** `open`: for each tenant, what looks it up. */
export function lately<T>(clock: () => number, open: (tenant: string) => () => Promise<T>): Lately<T> {
  const tenants = new Map<string, Tenant<T>>()

  function tenantOf(name: string): Tenant<T> {
    const tenant = tenants.get(name) ?? { read: open(name) }
    tenants.set(name, tenant)
    return tenant
  }

  /** Whoever asks while it is looked up waits for the same answer. */
  function look(tenant: Tenant<T>): Promise<T> {
    const at = clock()
    const asking = tenant.read().then(held => {
      if (tenant.asking === asking) tenant.known = { held, at }
      return held
    })
    tenant.asking = asking
    const done = (): void => {
      if (tenant.asking === asking) delete tenant.asking
    }
    asking.then(done, done)
    return asking
  }

  return {
    of(name) {
      const tenant = tenantOf(name)
      const { known, asking } = tenant
      if (known !== undefined && Math.abs(clock() - known.at) < lasting) return known.held
      return asking ?? look(tenant)
    },
    touched(name) {
      const tenant = tenantOf(name)
      delete tenant.known
      delete tenant.asking // it may have been asked before the write
    },
  }
}

type Tenant<T> = {
  readonly read: () => Promise<T>
  known?: { readonly held: T; readonly at: number }
  asking?: Promise<T>
}
