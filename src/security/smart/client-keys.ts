/**
 * "The FHIR authorization server SHALL NOT cache a JWKS for longer than the client's cache-control header indicates", whereas the
 * library keeps it for a minute at least, and asks anew only when a signature does not fit. https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html#response
 */
import type { Client, Provider } from 'oidc-provider'

/** The answer of a URL that a client or an issuer gave, by the gateway. */
export type Fetch = (url: string) => Promise<Response>

export type ClientKeys = {
  readonly fetch: Fetch
  /** What it fetched is good no longer than it said. */
  readonly bind: (provider: Provider) => void
}

export function openClientKeys(fetch: Fetch, clock: () => number): ClientKeys {
  const until = new Map<string, number>() // seconds, by URL

  /** Keys that are too old are good for nothing, though the library would use them as long as they fit. */
  async function renewed(client: Client | undefined): Promise<Client | undefined> {
    const { jwksUri = '', asymmetricKeyStore: kept } = (client ?? {}) as Kept
    if (kept?.freshUntil === undefined) return client
    if (Math.min(kept.freshUntil, until.get(jwksUri) ?? kept.freshUntil) > clock() / 1000) return client
    kept.freshUntil = 0
    await kept.refresh().catch(() => kept.clear())
    return client
  }

  return {
    async fetch(url) {
      const response = await fetch(url)
      const seconds = Number(/\bmax-age=(\d+)/.exec(response.headers.get('cache-control') ?? '')?.[1] ?? 0)
      until.set(url, Math.floor(clock() / 1000) + seconds)
      return response
    },
    bind({ Client }) {
      const find = Client.find.bind(Client)
      Client.find = async id => renewed(await find(id))
    },
  }
}

type Kept = {
  readonly jwksUri?: string
  readonly asymmetricKeyStore?: { freshUntil?: number; refresh(): Promise<void>; clear(): void }
}
