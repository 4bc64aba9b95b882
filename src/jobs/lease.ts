/** The right to do a job alone, kept for as long as it takes: if the process dies, another may go on soon. */
import type { Fence, Lease, Store } from '../store/port.ts'

export type Holder = {
  /** To be asked for before each step. `undefined`: another process has it. */
  fence(): Promise<Fence | undefined>
  release(): Promise<void>
}

export type HolderNeeds = {
  readonly store: Pick<Store, 'acquire' | 'renew' | 'release'>
  readonly clock: () => number
  /** Of this process alone. */
  readonly owner: string
}

const term = 5_000 // ms; so long a job rests after the process that did it was killed

export function openHolder({ store, clock, owner }: HolderNeeds, tenant: string, name: string): Holder {
  let lease: Lease | undefined
  return {
    async fence() {
      if (lease && lease.expires - clock() > term / 2) return lease
      const renewed = lease && (await store.renew(tenant, lease, term))
      lease = renewed ?? (await store.acquire(tenant, name, owner, term))
      return lease
    },
    async release() {
      if (lease && lease.expires > clock()) await store.release(tenant, lease)
      lease = undefined
    },
  }
}
