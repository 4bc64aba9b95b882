/** What leaves this server, as the settings permit: the gateway, and who goes through it. */
import type { Config } from './config.ts'
import { registrySource } from './conformance/package/registry.ts'
import { anyOf, type PackageSource } from './conformance/package/source.ts'
import { type Egress, openEgress, systemLookup } from './egress.ts'
import type { Exchange } from './security/external/identity-provider.ts'
import type { Fetch } from './security/smart/client-keys.ts'

export type Outlets = {
  readonly egress: Egress
  /** Where packages may be had by name. What a source has fetched it keeps, so each installation gets one of its own. */
  readonly packages: () => PackageSource
}

type Settings = Pick<Config, 'KILN_EGRESS_ALLOW' | 'KILN_PACKAGE_REGISTRY'>

export function openOutlets({ KILN_EGRESS_ALLOW: allow, KILN_PACKAGE_REGISTRY }: Settings): Outlets {
  const registry = URL.parse(KILN_PACKAGE_REGISTRY)
  const egress = openEgress({ lookup: systemLookup, allow, credentials: registry ? loginOf(registry) : new Map() })
  if (registry === null) return { egress, packages: () => anyOf([]) }
  const base = `${registry.origin}${registry.pathname}`.replace(/\/$/, '')
  return { egress, packages: () => registrySource(base, egress.get) }
}

/** https://www.rfc-editor.org/rfc/rfc7617 */
function loginOf({ origin, username, password }: URL): ReadonlyMap<string, string> {
  if (username === '') return new Map()
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return new Map([[origin, `Basic ${Buffer.from(login).toString('base64')}`]])
}

/** Of a client: https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html#registering-a-client-communicating-public-keys */
const keysLimits = { bytes: 256 * 1024, ms: 5_000 }

export function keysBy({ ask }: Egress): Fetch {
  return async url => {
    const found = await ask(url, keysLimits)
    if (!found) return new Response(undefined, { status: 404 })
    return new Response(Buffer.from(found.bytes), { headers: { 'cache-control': freshness(found.headers) } })
  }
}

export function exchangeBy({ send }: Egress): Exchange {
  return async (url, sent) => {
    const { status, bytes, headers } = await send(url, sent, keysLimits)
    const told = Object.entries(headers).filter((pair): pair is [string, string] => typeof pair[1] === 'string')
    return new Response(bytes.length === 0 ? null : Buffer.from(bytes), { status, headers: told })
  }
}

/** No longer than an hour: a key that a client takes back must be good for nothing soon. */
function freshness(headers: Readonly<Record<string, string | undefined>>): string {
  const seconds = Number(/\bmax-age=(\d+)/.exec(headers['cache-control'] ?? '')?.[1] ?? 0)
  return `max-age=${Math.min(seconds, 3_600)}`
}
