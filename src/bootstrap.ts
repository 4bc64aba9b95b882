/** The first client of a store on which nobody could do anything yet. */
import { randomBytes } from 'node:crypto'
import { isLoopback } from './config.ts'
import type { Runtime } from './runtime.ts'
import { addClient, backendClient, listClients, newSecret } from './security/smart/client.ts'

export type First = { readonly id: string; readonly secret: string }

const everything = 'system/*.cruds'

/** `undefined`: there are clients, or nobody may know of one. Of several processes that start together, one makes it. */
export async function firstClient({ config, store, smart }: Runtime): Promise<First | undefined> {
  const { KILN_BOOTSTRAP_CLIENT: wanted, KILN_HOST: host } = config
  const isWanted = wanted !== ''
  if (!smart || !(isWanted || isLoopback(host))) return undefined
  if ((await listClients(store, 'default')).length > 0) return undefined
  const colon = wanted.indexOf(':')
  const first = isWanted
    ? { id: wanted.slice(0, colon), secret: wanted.slice(colon + 1) }
    : { id: 'admin', secret: newSecret(randomBytes) }
  const isMade = await addClient(store, 'default', backendClient(first.id, 'First client', first.secret, everything))
  return isMade && !isWanted ? first : undefined // what the operator chose is not printed
}
