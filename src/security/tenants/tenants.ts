/** Which tenants there are: those of the settings, and what the store keeps. All processes know of a change within a second. */
import { fail } from '../../fhir/issue.ts'
import type { Store } from '../../store/port.ts'
import { recent } from '../smart/recent.ts'
import { everybody, listTenants, type Tenant } from './tenant.ts'

export type Tenants = {
  /** `undefined`: there is none, or none that is in force, which is told to nobody. A promise only where it must be looked up. */
  readonly find: (name: string) => Tenant | undefined | Promise<Tenant | undefined>
  /** As `find`, but what was known last. */
  readonly known: (name: string) => Tenant | undefined
  /** All that are in force. */
  readonly open: () => Promise<readonly string[]>
  /** All of which anything may be there. */
  readonly kept: () => Promise<readonly string[]>
  /** Also those that are not in force, or erased. */
  readonly all: () => Promise<readonly Tenant[]>
}

export type TenantsNeeds = {
  readonly store: Pick<Store, 'notes'>
  readonly clock: () => number
  /** Those of the settings. What the store keeps of one counts before that. */
  readonly fixed: readonly Pick<Tenant, 'name' | 'integrity'>[]
}

const lasting = 500 // ms

/** Resolves when they are known. */
export async function openTenants({ store, clock, fixed }: TenantsNeeds): Promise<Tenants> {
  const strict = new Set(fixed.filter(({ integrity }) => integrity).map(({ name }) => name))
  const given = fixed.map((one): Tenant => ({ ...one, is: 'open', since: 0, quota: {} }))
  let last: ReadonlyMap<string, Tenant> = new Map()
  const { of } = recent(clock, lasting, async () => {
    const kept = (await listTenants(store)).map(tenant => ({
      ...tenant,
      integrity: tenant.integrity || strict.has(tenant.name),
    }))
    last = new Map([...given, ...kept].map(tenant => [tenant.name, tenant]))
    return last
  })
  const named = async (counts: (is: Tenant['is']) => boolean): Promise<readonly string[]> => {
    const all = [...(await of(everybody)).values()]
    return all.filter(({ is }) => counts(is)).map(({ name }) => name)
  }
  await of(everybody)
  return {
    find(name) {
      const held = of(everybody)
      return held instanceof Promise ? held.then(all => inForce(all, name)) : inForce(held, name)
    },
    known: name => inForce(last, name),
    open: () => named(is => is === 'open'),
    kept: () => named(is => is !== 'erased'),
    all: async () => [...(await of(everybody)).values()],
  }
}

function inForce(all: ReadonlyMap<string, Tenant>, name: string): Tenant | undefined {
  const tenant = all.get(name)
  return tenant?.is === 'open' ? tenant : undefined
}

/** For commands that are about one. */
export async function mustBeTenant({ find }: Pick<Tenants, 'find'>, name: string): Promise<void> {
  if (await find(name)) return
  throw fail(
    'value',
    `'${name}' is no tenant that is in force: expected 'default' or one that 'kiln tenant list' tells`,
  )
}

/** The same words for one that is locked and one that never was. */
export function noTenant(name: string): Error {
  return fail('not-found', `there is no tenant '${name}'`)
}
