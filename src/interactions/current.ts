/**
 * Definitions that a tenant has stored, by which what it writes and asks is judged: whatever any process was told to be stored
 * counts from the next request on. https://hl7.org/fhir/R4/conformance-module.html
 */
import type { Store } from '../store/port.ts'

export type Current<T> = {
  /** A promise only where it must be looked up. Whoever keeps the answer has one state from beginning to end. */
  readonly of: (tenant: string) => T | Promise<T>
}

export type CurrentNeeds = {
  readonly store: Pick<Store, 'sequence' | 'latest'>
  /** What it is made of. */
  readonly types: readonly string[]
  /** Another text when that has changed which is no resource. */
  readonly beside?: (tenant: string) => string | undefined
}

type Held<T> = { readonly it: T; readonly until: number; readonly beside: string | undefined }

type Tenant<T> = {
  readonly name: string
  readonly read: (until: number) => Promise<T>
  held?: Held<T>
  looking?: Promise<Held<T>>
}

/** `open`: for each tenant, what reads the state at a place of its sequence. */
export function current<T>(
  { store, types, beside = () => undefined }: CurrentNeeds,
  open: (tenant: string) => (until: number) => Promise<T>,
): Current<T> {
  const tenants = new Map<string, Tenant<T>>()

  function tenantOf(name: string): Tenant<T> {
    const tenant = tenants.get(name) ?? { name, read: open(name) }
    tenants.set(name, tenant)
    return tenant
  }

  async function read(tenant: Tenant<T>): Promise<Held<T>> {
    const now = beside(tenant.name)
    const until = await store.sequence(tenant.name)
    tenant.held = { it: await tenant.read(until), until, beside: now }
    return tenant.held
  }

  function look(tenant: Tenant<T>): Promise<Held<T>> {
    const looking = read(tenant)
    tenant.looking = looking
    const done = (): void => {
      if (tenant.looking === looking) delete tenant.looking
    }
    looking.then(done, done)
    return looking
  }

  function holds(tenant: Tenant<T>, latest: number): Held<T> | undefined {
    const { held, name } = tenant
    return held && latest <= held.until && held.beside === beside(name) ? held : undefined
  }

  /** What was being looked up already may have been begun too early. What is begun from now on sees all that has to be seen. */
  async function lookUp(tenant: Tenant<T>, latest: number): Promise<T> {
    await tenant.looking
    const { it } = holds(tenant, latest) ?? (await (tenant.looking ?? look(tenant)))
    return it
  }

  function at(tenant: Tenant<T>, latest: number): T | Promise<T> {
    const held = holds(tenant, latest)
    return held ? held.it : lookUp(tenant, latest)
  }

  return {
    of(name) {
      const tenant = tenantOf(name)
      const latest = store.latest(name, types)
      return latest instanceof Promise ? latest.then(place => at(tenant, place)) : at(tenant, latest)
    },
  }
}

/** For one request: asked when it is first needed, and once. */
export function once<T>(ask: () => T | Promise<T>): () => T | Promise<T> {
  let known: { readonly it: T | Promise<T> } | undefined
  return () => {
    if (known) return known.it
    const it = ask()
    known = { it }
    if (it instanceof Promise) {
      it.then(
        found => {
          known = { it: found }
        },
        () => {
          known = undefined
        },
      )
    }
    return it
  }
}
