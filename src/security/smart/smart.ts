/** The authorization server of all tenants, and who asks by its tokens. */
import type { Provider } from 'oidc-provider'
import type { Store } from '../../store/port.ts'
import { mint, type Place } from './access-token.ts'
import type { Accounts } from './account.ts'
import { type Authenticate, openAuthenticate } from './authenticate.ts'
import { findClient } from './client.ts'
import type { Fetch } from './client-keys.ts'
import type { SmartEvent } from './event.ts'
import { publicOwner } from './grant.ts'
import { type KeySet, type Keys, openKeys } from './keys.ts'
import { openPresented } from './presented.ts'
import type { Registration } from './provider.ts'
import { incoming } from './request.ts'
import { openRevoked, type Revoked } from './revoked.ts'
import { openServe, type Serve } from './serve.ts'
import type { Exchange } from './serving.ts'
import type { SignIn } from './sign-in.ts'
import type { SignOut } from './sign-out.ts'
import { openTrusted } from './trusted.ts'

export type Smart = {
  readonly authenticate: Authenticate
  readonly keys: Keys
  readonly revoked: Revoked
  readonly registration: Registration
  /** Issuers elsewhere whose access tokens are good here. */
  readonly trusted: readonly string[]
  readonly serve: Serve
  readonly signIn: () => Promise<SignIn>
  readonly signOut: () => Promise<SignOut>
  /** An initial access token, for the registration of an app: https://www.rfc-editor.org/rfc/rfc7591#section-1.2 */
  readonly invite: (tenant: string) => Promise<string>
  /** A key has leaked: other keys from now on, and what the present ones signed is good for nothing within a second. */
  readonly replaceKeys: (tenant: string) => Promise<KeySet>
  /** An access token for whoever runs this server. */
  readonly token: (place: Place, wish: TokenWish) => Promise<string>
}

export type TokenWish = {
  readonly client: string
  readonly scope: string
  /** At most. */
  readonly seconds: number
  /** An account, or a local reference: `Practitioner/23`. */
  readonly user?: string
  /** Id. */
  readonly patient?: string
}

export type SmartNeeds = {
  readonly store: Store
  readonly clock: () => number
  readonly random: (bytes: number) => Uint8Array
  readonly accounts: Accounts
  readonly fetch: Fetch
  /** All resource types. */
  readonly types: readonly string[]
  readonly registration: Registration
  /** Issuers elsewhere whose access tokens are good here. */
  readonly trusted: readonly string[]
  /** Of access tokens, in seconds. */
  readonly lifetime: number
  /** Seconds after which everybody signs in again. */
  readonly session: number
  readonly observe: (event: SmartEvent) => void
}

const day = 86_400 // seconds
/** ms; the largest lifetime that settings allow: it may have been longer before this start. */
export const longest = 3_600_000
const most = 1_000 // places; the base differs where proxies say so

export function openSmart(needs: SmartNeeds): Smart {
  const { store, clock, random, registration } = needs
  const keys = openKeys({ store, clock, random })
  const revoked = openRevoked({ store, clock, random, longest })
  const trusted = openTrusted({ issuers: needs.trusted, fetch: needs.fetch, clock })
  const authenticate = openAuthenticate({ keys, revoked, trusted, clock })
  const newToken = (): string => Buffer.from(random(32)).toString('base64url')
  const presented = openPresented(newToken)
  const providers = new Map<string, { readonly kids: string; readonly provider: Promise<Provider> }>()

  /** It knows the keys that were there when it was made. */
  async function provider(place: Place): Promise<Provider> {
    const set = await keys.of(place.tenant)
    const kids = set.map(({ kid, retired }) => `${kid}${retired === undefined ? '' : '-'}`).join(' ')
    const name = `${place.tenant} ${place.base}`
    const known = providers.get(name)
    if (known?.kids === kids) return known.provider
    if (providers.size >= most) providers.clear()
    const opening = open(place, set)
    providers.set(name, { kids, provider: opening })
    opening.catch(() => providers.delete(name))
    return opening
  }

  /** The library is loaded when somebody first asks: it would cost every start a tenth of a second. */
  async function open(place: Place, set: KeySet): Promise<Provider> {
    const { openProvider } = await import('./provider.ts')
    const cookieKeys = [Buffer.from(await store.secret(`cookies ${place.tenant}`)).toString('base64url')]
    return openProvider({ ...needs, newToken, revoked, presented, cookieKeys }, place, set)
  }

  async function pass({ place, request, response }: Exchange): Promise<void> {
    const handle = (await provider(place)).callback()
    await handle(incoming(place, request), response)
  }

  async function allowed({ tenant }: Place, id: string): Promise<string | undefined> {
    return (await findClient(store, tenant, id))?.metadata.allowed_scope
  }

  return {
    authenticate,
    keys,
    revoked,
    registration,
    trusted: needs.trusted,
    serve: openServe({
      ...{ pass, authenticate, presented, registration, allowed, accounts: needs.accounts, observe: needs.observe },
      publicOwner: ({ tenant }, token) => publicOwner(store, tenant, token),
    }),
    async signIn() {
      const { openSignIn } = await import('./sign-in.ts')
      return openSignIn({ store, clock, provider })
    },
    async signOut() {
      const { openSignOut } = await import('./sign-out.ts')
      return openSignOut({ store, revoked, provider })
    },
    async replaceKeys(tenant) {
      const { keys: fresh, gone } = await keys.replace(tenant)
      for (const kid of gone) await revoked.revoke(tenant, `key:${kid}`)
      return fresh
    },
    invite: tenant => invite({ ...needs, newToken }, tenant),
    token: async (place, wish) => issued({ ...needs, newToken }, await keys.of(place.tenant), place, wish),
  }
}

async function issued(
  { accounts, clock, lifetime, newToken }: SmartNeeds & { readonly newToken: () => string },
  keys: KeySet,
  place: Place,
  { client, scope, seconds, user, patient }: TokenWish,
): Promise<string> {
  const iat = Math.floor(clock() / 1000)
  const isReference = user?.includes('/') ?? true
  const account = isReference ? undefined : await accounts.find(place.tenant, user ?? '')
  const fhirUser = isReference ? user : account?.fhirUser
  const roles = account?.roles ?? []
  return mint(keys, place, {
    jti: newToken(),
    sub: user ?? client,
    client_id: client,
    scope,
    iat,
    exp: iat + Math.min(seconds, lifetime),
    ...(fhirUser ? { fhirUser: `${place.base}/${fhirUser}` } : {}),
    ...(patient === undefined ? {} : { patient }),
    ...(roles.length === 0 ? {} : { roles }),
  })
}

async function invite(
  { store, clock, newToken }: SmartNeeds & { readonly newToken: () => string },
  tenant: string,
): Promise<string> {
  const jti = newToken()
  const iat = Math.floor(clock() / 1000)
  const text = JSON.stringify({ kind: 'InitialAccessToken', jti, iat, exp: iat + day })
  const note = { tenant, kind: 'oauth-initial-access-token', id: jti, text, tags: [], revision: 0 }
  await store.keepNote({ ...note, expires: clock() + day * 1000 })
  return jti
}
