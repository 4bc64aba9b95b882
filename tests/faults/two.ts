/** Two servers on the same store, and a client of each. */
import type { Test } from 'tap'
import type { Breaking } from './broken-store.ts'
import { type Client, openClient } from './client.ts'
import { openKiln } from './kiln.ts'
import type { Place } from './places.ts'
import { product, startProcess } from './process.ts'

export type Two = readonly [Client, Client]

export async function inTwoProcesses(t: Test, { store }: Place): Promise<Two> {
  const open = async (): Promise<Client> => {
    const process = await startProcess(t, product, store)
    if (!process) throw new Error('nobody killed it')
    const client = openClient(process.origin)
    t.teardown(client.close)
    return client
  }
  return [await open(), await open()]
}

/** For stores that only a test can break. */
export async function inThisProcess(t: Test, place: Place, wrap?: Breaking): Promise<Two> {
  const options = wrap ? { wrap } : {}
  const kilns = [await openKiln(place, options), await openKiln(place, options)] as const
  t.teardown(async () => {
    for (const kiln of kilns) await kiln.close()
  })
  return [kilns[0].client, kilns[1].client]
}
