/** Drops what is over and nobody asks for any more: codes, sessions, used assertions, receipts, claims. */
import type { Store } from '../store/port.ts'
import { type HolderNeeds, openHolder } from './lease.ts'

export type SweepNeeds = HolderNeeds & {
  readonly store: Pick<Store, 'forget' | 'acquire' | 'renew' | 'release'>
  /** Those in force. */
  readonly tenants: () => Promise<readonly string[]>
  /** Ends early when the process does. */
  readonly sleep: (ms: number) => Promise<void>
  readonly observe: (event: SweepEvent) => void
  readonly signal: AbortSignal
}

/** It is tried again. */
export type SweepEvent = { readonly event: 'sweep.failed'; readonly error: unknown }

/** ms; receipts of requests with an Idempotency-Key are good that long, and no interaction that uses a claim lasts so long. */
const kept = 24 * 3_600_000
const pause = 10 * 60_000 // ms between two rounds

/** Goes on until the signal. What is over is not seen by anybody, so nothing waits for this; the store takes it in small portions. */
export async function keepSwept(needs: SweepNeeds): Promise<void> {
  const { signal, sleep, observe } = needs
  while (!signal.aborted) {
    const failed = (error: unknown): void => {
      if (!signal.aborted) observe({ event: 'sweep.failed', error })
    }
    try {
      for (const tenant of await needs.tenants()) await sweep(needs, tenant).catch(failed)
    } catch (error) {
      failed(error)
    }
    await sleep(pause)
  }
}

/** Of several processes one does it. */
async function sweep(needs: SweepNeeds, tenant: string): Promise<void> {
  const holder = openHolder(needs, tenant, 'sweep')
  if (needs.signal.aborted || !(await holder.fence())) return
  try {
    await needs.store.forget(tenant, needs.clock() - kept)
  } finally {
    await holder.release()
  }
}
