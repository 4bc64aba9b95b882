/**
 * What tenants have stored that all requests go by, reads too: definitions of all kinds, and rights. A request sees one state of it
 * from beginning to end. What this process writes counts from the next request on. So does what others write where the store can
 * tell at once whether there is something new; where it would have to be waited for, it counts within a second.
 */
import type { Store } from '../store/port.ts'

export type Lately<T> = {
  /** A promise only where it must be looked up. */
  readonly of: (tenant: string) => T | Promise<T>
  /** Some of it may have been written. */
  readonly touched: (tenant: string) => void
}

export type LatelyNeeds = {
  readonly clock: () => number
  readonly store: Pick<Store, 'latest'>
  /** What it is made of. */
  readonly types: readonly string[]
}

const lasting = 1_000 // ms that what is known may be old

/** `open`: for each tenant, what looks it up. */
export function lately<T>({ clock, store, types }: LatelyNeeds, open: (tenant: string) => () => Promise<T>): Lately<T> {
  const tenants = new Map<string, Tenant<T>>()

  function tenantOf(name: string): Tenant<T> {
    const tenant = tenants.get(name) ?? { name, read: open(name) }
    tenants.set(name, tenant)
    return tenant
  }

  /** What was being looked up already may have been begun too early. What is begun from now on sees all that has to be seen. */
  async function lookUp(tenant: Tenant<T>): Promise<T> {
    await tenant.asking
    const { known } = tenant
    return known && isFresh(tenant.name, known) ? known.held : (tenant.asking ?? look(tenant))
  }

  function look(tenant: Tenant<T>): Promise<T> {
    const at = clock()
    const asking = read(tenant).then(({ held, latest }) => {
      if (tenant.asking === asking) tenant.known = { held, at, latest }
      return held
    })
    tenant.asking = asking
    const done = (): void => {
      if (tenant.asking === asking) delete tenant.asking
    }
    asking.then(done, done)
    return asking
  }

  /** `latest` first: what is written while it is read makes it old. */
  async function read({ name, read }: Tenant<T>): Promise<Omit<Known<T>, 'at'>> {
    const place = store.latest(name, types)
    const isPrompt = typeof place === 'number'
    if (!isPrompt) await place
    return { held: await read(), latest: isPrompt ? place : undefined }
  }

  function isFresh(name: string, { at, latest }: Known<T>): boolean {
    return latest === undefined ? Math.abs(clock() - at) < lasting : latest === store.latest(name, types)
  }

  return {
    of(name) {
      const tenant = tenantOf(name)
      const { known } = tenant
      return known && isFresh(name, known) ? known.held : lookUp(tenant)
    },
    touched(name) {
      const tenant = tenantOf(name)
      delete tenant.known
      delete tenant.asking // it may have been asked before the write
    },
  }
}

type Known<T> = {
  readonly held: T
  readonly at: number
  /** Where the store told it at once. */
  readonly latest: number | undefined
}

type Tenant<T> = {
  readonly name: string
  readonly read: () => Promise<T>
  known?: Known<T>
  asking?: Promise<T>
}
