/** Which brands a tenant has, and how they are served. https://hl7.org/fhir/smart-app-launch/brands.html#conformance-overview */
import { hash } from 'node:crypto'
import { parseJson, printJson } from '../fhir/json.ts'
import { isObject, type JsonObject } from '../fhir/resource.ts'
import type { Incoming } from '../interactions/dispatch.ts'
import type { Answer } from '../interactions/interaction.ts'
import type { Place } from '../security/smart/access-token.ts'
import { type Brands, brandProfile, brandsOf, endpointProfile, type Stored } from '../security/smart/brands.ts'
import { recent } from '../security/smart/recent.ts'

export type FindBrands = (place: Place) => Promise<Brands | undefined>

const lasting = 5_000 // ms; whoever asks has no token, and each time would be two searches
const most = 1_000 // of each type

export function brandsBy(ask: (incoming: Incoming) => Promise<Answer>, clock: () => number): FindBrands {
  async function marked(tenant: string, type: string, profile: string): Promise<readonly JsonObject[]> {
    const query = new URLSearchParams({ _profile: profile, _count: String(most) }).toString()
    const base = 'https://localhost/fhir' // nothing of what is taken from the answer depends on it
    const { body } = await ask({ tenant, base, method: 'GET', path: type, query, headers: {} })
    const found = body?.is === 'json' ? parseJson(body.json) : undefined
    const entries = isObject(found) && Array.isArray(found['entry']) ? found['entry'] : []
    return entries.flatMap(entry => (isObject(entry) && isObject(entry['resource']) ? [entry['resource']] : []))
  }

  const stored = recent<Stored>(clock, lasting, async tenant => ({
    organizations: await marked(tenant, 'Organization', brandProfile),
    endpoints: await marked(tenant, 'Endpoint', endpointProfile),
  }))

  return async ({ tenant, base }) => brandsOf(base, await stored.of(tenant))
}

/** Where they are. */
export function brandsUrl(base: string): string {
  return `${base}/.well-known/user-access-brands`
}

/** "Publishers SHOULD include a weak ETag header in all HTTP responses." */
export function printed({ bundle }: Brands): { readonly text: string; readonly etag: string } {
  const text = printJson(bundle)
  return { text, etag: `W/"${hash('sha256', text, 'base64url').slice(0, 22)}"` }
}
