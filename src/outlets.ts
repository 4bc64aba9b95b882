/** What leaves this server, as the settings permit: the gateway, and who goes through it. */
import type { Config } from './config.ts'
import { registrySource } from './conformance/package/registry.ts'
import { anyOf, type PackageSource } from './conformance/package/source.ts'
import { type Egress, openEgress, systemLookup } from './egress.ts'

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
