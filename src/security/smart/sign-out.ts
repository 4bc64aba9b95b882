/** An app sends somebody here to sign out. https://openid.net/specs/openid-connect-rpinitiated-1_0.html */
import { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Client, Provider } from 'oidc-provider'
import { fail } from '../../fhir/issue.ts'
import type { Store } from '../../store/port.ts'
import { claimsIn, type Place } from './access-token.ts'
import { revokeGrant } from './grant.ts'
import { incoming } from './request.ts'
import type { Revoked } from './revoked.ts'

/** As the app says it: anybody can write that. */
export type Wish = {
  /** An id_token that it was given. */
  readonly hint?: string
  readonly client?: string
  readonly to?: string
  readonly state?: string
}

export type Window = {
  readonly place: Place
  /** The Cookie header. */
  readonly cookie: string | undefined
}

export type Leaving = {
  readonly client?: { readonly id: string; readonly name?: string }
  /** Where the browser goes on: one of the addresses that the client has registered. */
  readonly to?: string
  /** By an id_token of ours: somebody signed in at the app indeed. */
  readonly isProven: boolean
  /** Who is signed in here, as far as the authorization server knows. */
  readonly account?: string
}

export type SignOut = {
  /** Throws a 400 where it is nothing that an app may ask. */
  readonly leaving: (window: Window, wish: Wish) => Promise<Leaving>
  /** What this browser's session gave apps is good no more, but for what they may keep offline; `client`: that app alone. */
  readonly end: (window: Window, client?: string) => Promise<void>
}

export type SignOutNeeds = {
  readonly store: Store
  readonly revoked: Pick<Revoked, 'revoke'>
  readonly provider: (place: Place) => Promise<Provider>
}

type Session = InstanceType<Provider['Session']>

export function openSignOut({ store, revoked, provider: providerOf }: SignOutNeeds): SignOut {
  return {
    async leaving(window, wish) {
      const provider = await providerOf(window.place)
      const client = await clientOf(provider, wish)
      const to = client === undefined ? undefined : destination(client, wish)
      const { accountId: account } = await sessionOf(provider, window)
      const name = client?.clientName
      return {
        ...(client === undefined ? {} : { client: { id: client.clientId, ...(name ? { name } : {}) } }),
        ...(to === undefined ? {} : { to }),
        isProven: wish.hint !== undefined,
        ...(account === undefined ? {} : { account }),
      }
    },
    async end(window, only) {
      const { tenant } = window.place
      const provider = await providerOf(window.place)
      const session = await sessionOf(provider, window)
      if (session.accountId === undefined) return
      for (const grant of grantsOf(session, only)) await revokeGrant({ tenant, store, revoked }, grant)
      if (only !== undefined) return
      await revoked.revoke(tenant, `session:${session.uid}`)
      await session.destroy()
    },
  }
}

/** "When both client_id and id_token_hint are present, the OP MUST verify that the Client Identifier matches". */
async function clientOf(provider: Provider, { hint, client: said }: Wish): Promise<Client | undefined> {
  if (hint === undefined) return said === undefined ? undefined : known(provider, said)
  const { aud } = claimsIn(hint)
  if (typeof aud !== 'string') throw refused('id_token_hint is no id_token')
  if (said !== undefined && said !== aud) throw refused('id_token_hint was given to another client than client_id')
  const client = await known(provider, aud)
  await provider.IdToken.validate(hint, client).catch(() => {
    throw refused('id_token_hint is no id_token of this server')
  })
  return client
}

async function known(provider: Provider, id: string): Promise<Client> {
  const client = await provider.Client.find(id)
  if (!client) throw refused('the app is not known')
  return client
}

/** "The OP MUST NOT perform post-logout redirection if the value does not exactly match." */
function destination(client: Client, { to, state }: Wish): string | undefined {
  if (to === undefined) return undefined
  if (!client.postLogoutRedirectUriAllowed(to)) {
    throw refused('post_logout_redirect_uri is none of those that the app has registered')
  }
  if (state === undefined) return to
  const url = new URL(to)
  url.searchParams.set('state', state)
  return url.href
}

function refused(text: string): Error {
  return fail('value', text, undefined, { status: 400 })
}

/** An empty one where nobody is signed in. */
async function sessionOf(provider: Provider, { place, cookie }: Window): Promise<Session> {
  const from = { socket: new Socket(), address: '', body: new Uint8Array() }
  const request = incoming(place, { method: 'GET', path: '/oauth/logout', query: '', headers: { cookie }, ...from })
  return provider.Session.get(provider.createContext(request, new ServerResponse(request)))
}

/** The last one of each app; tokens of those before it name the session. */
function grantsOf({ authorizations = {} }: Session, only: string | undefined): readonly string[] {
  const some = Object.entries(authorizations).filter(([client]) => only === undefined || client === only)
  return some.flatMap(([, { grantId, persistsLogout }]) => (grantId && !persistsLogout ? [grantId] : []))
}
