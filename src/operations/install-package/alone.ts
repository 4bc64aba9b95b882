/** One process at a time changes the packages of a tenant: a lease, and its fence in every commit. */
import { setTimeout as sleep } from 'node:timers/promises'
import { fail } from '../../fhir/issue.ts'
import type { Context } from '../../interactions/interaction.ts'
import { refusal } from '../../interactions/refusal.ts'
import type { Lease, Store, Version, Write } from '../../store/port.ts'

/** Where packages are changed, by whom, and how long one waits for another who does so. */
export type Place = {
  readonly tenant: string
  /** The FHIR base as the tenant's clients see it. */
  readonly base: string
  /** ms; a process that was killed holds its lease for `term`. */
  readonly patience: number
}

export type Alone = {
  /** Throws what the store refuses. `integrity`: whether links are judged, where the tenant wants it. */
  commit(writes: readonly Write[], integrity?: boolean): Promise<readonly (Version | undefined)[]>
}

const name = 'packages'
const term = 10_000 // ms; renewed before a commit when half of it is over
const interval = 200 // ms between two tries

export async function alone<T>(ctx: Context, place: Place, act: (alone: Alone) => Promise<T>): Promise<T> {
  const { store } = ctx
  const { tenant } = place
  let lease = await acquire(store, ctx.newId(), place)

  async function commit(writes: readonly Write[], integrity = true): Promise<readonly (Version | undefined)[]> {
    // If it is lost, the fence says so.
    if (lease.expires - ctx.clock() < term / 2) lease = (await store.renew(tenant, lease, term)) ?? lease
    const fence = { name, token: lease.token }
    const it = { tenant, writes, fence, integrity: integrity && ctx.integrity(tenant) }
    const outcome = await store.commit(it)
    if (!outcome.ok) throw refusal(it, outcome, at => `${writes[at]?.key.type}/${writes[at]?.key.id}`)
    return outcome.versions
  }

  try {
    return await act({ commit })
  } finally {
    await store.release(tenant, lease)
  }
}

async function acquire(store: Store, owner: string, { tenant, patience }: Place): Promise<Lease> {
  for (let waited = 0; ; waited += interval) {
    const lease = await store.acquire(tenant, name, owner, term)
    if (lease) return lease
    if (waited >= patience) throw busy()
    await sleep(interval)
  }
}

function busy(): Error {
  return fail('conflict', 'another package is being installed or removed; please try again', undefined, {
    headers: { 'retry-after': '5' },
  })
}
