/** A tenant is taken away for ever. Whoever is stopped while he does it goes on by beginning again. */
import type { Store } from '../../store/port.ts'
import { changeTenant, everybody, type Tenant } from './tenant.ts'

export type EraseNeeds = {
  /** Not the one that refuses what is not in force. */
  readonly store: Pick<Store, 'note' | 'notes' | 'keepNote' | 'dropNote' | 'erase'>
  readonly clock: () => number
  readonly sleep: (ms: number) => Promise<void>
  /** What is kept beside the store: files. */
  readonly beside: (tenant: string) => Promise<void>
  /** How many rows are gone. */
  readonly tell: (rows: number) => void
}

/** ms after which all processes know that the tenant is not in force, and what they had begun to write is written. */
const settling = 3_000

/** `otherwise`: as it is where nothing is kept of it. */
export async function eraseTenant(needs: EraseNeeds, name: string, otherwise: Tenant | undefined): Promise<void> {
  const { store, clock, sleep, beside } = needs
  const step = (is: Tenant['is']) =>
    changeTenant(store, name, otherwise, tenant => ({ ...tenant, is, since: clock(), quota: {} }))
  await step('erasing')
  await sleep(settling)
  let rows = 0
  const round = async (): Promise<void> => {
    await beside(name)
    for await (const more of store.erase(name)) {
      rows += more
      needs.tell(rows)
    }
  }
  await round()
  await sleep(settling) // jobs notice with their next word to the store that nobody wants them any more
  await round()
  await store.dropNote({ tenant: everybody, kind: 'usage', id: name })
  await step('erased')
}
