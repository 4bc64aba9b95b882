/** People sign in at an identity provider elsewhere, whom settings name. https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth */
import * as oauth from 'oauth4webapi'
import { fail } from '../../fhir/issue.ts'
import type { Store } from '../../store/port.ts'
import { digestOf, keepOnce, takeOnce } from '../accounts/once.ts'

/** Somebody as they know him. */
export type Identity = {
  readonly issuer: string
  /** Of the issuer, never given to anybody else. */
  readonly sub: string
  readonly name?: string
  /** Only one that the issuer has verified. */
  readonly email?: string
}

export type Beginning = {
  readonly tenant: string
  /** The token of the browser: nobody else may go on with it. */
  readonly browser: string
  /** Where the browser goes on when all is done. */
  readonly at: string
  /** Where the provider sends it back to. */
  readonly redirect: string
  /** Proven now, not by a session that is there. */
  readonly anew: boolean
}

export type Returning = Pick<Beginning, 'tenant' | 'browser' | 'redirect'> & { readonly answer: URLSearchParams }

export type Returned =
  | { readonly is: 'known'; readonly identity: Identity; readonly at: string }
  /** By somebody at the provider, or because what it says is not right. */
  | { readonly is: 'refused'; readonly at: string; readonly why: string }

export type IdentityProvider = {
  /** As people know it. */
  readonly name: string
  /** Where the browser is sent. */
  readonly begin: (beginning: Beginning) => Promise<string>
  /** Throws a 400 where nothing was begun in this browser. */
  readonly finish: (returning: Returning) => Promise<Returned>
}

export type ProviderSettings = {
  readonly issuer: string
  readonly client: string
  readonly secret: string
  readonly name: string
}

export type ProviderNeeds = {
  readonly store: Pick<Store, 'note' | 'keepNote' | 'dropNote'>
  readonly clock: () => number
  /** By the gateway. */
  readonly fetch: Exchange
}

export type Exchange = (
  url: string,
  sent: { readonly method: string; readonly headers: Readonly<Record<string, string>>; readonly body?: string },
) => Promise<Response>

type Begun = Pick<Beginning, 'at' | 'anew'> & {
  readonly verifier: string
  readonly nonce: string
  /** Digest of its token. */
  readonly browser: string
}

const kind = 'external-sign-in'
const lasting = 15 * 60_000 // ms to sign in there
const known = 3_600_000 // ms that what it says about itself is kept
const recently = 300 // seconds since somebody was asked who he is, where that was wanted

export function openIdentityProvider(settings: ProviderSettings, needs: ProviderNeeds): IdentityProvider {
  const { issuer, client: client_id, secret, name } = settings
  const { store, clock } = needs
  const client: oauth.Client = { client_id }
  const options = optionsFor(issuer, needs.fetch)
  let met: { readonly server: oauth.AuthorizationServer; readonly until: number } | undefined

  async function discovered(): Promise<oauth.AuthorizationServer> {
    if (met && met.until > clock()) return met.server
    const url = new URL(issuer)
    const server = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, options))
    met = { server, until: clock() + known }
    return server
  }

  async function identified(begun: Begun, { redirect, answer }: Returning, state: string): Promise<Identity> {
    const server = await discovered()
    const parameters = oauth.validateAuthResponse(server, client, answer, state)
    const auth = authBy(server, secret)
    const { verifier, nonce } = begun
    const code = [server, client, auth, parameters, redirect, verifier, options] as const
    const response = await oauth.authorizationCodeGrantRequest(...code)
    const expected = { expectedNonce: nonce, requireIdToken: true, ...(begun.anew ? { maxAge: recently } : {}) }
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, expected)
    await oauth.validateApplicationLevelSignature(server, response, options)
    const claims = oauth.getValidatedIdTokenClaims(tokens)
    if (!claims) throw new Error('an id_token is required')
    return identityIn(issuer, { ...(await told(server, tokens.access_token, claims)), ...claims })
  }

  /** What the id_token leaves out: https://openid.net/specs/openid-connect-core-1_0.html#ScopeClaims */
  async function told(server: oauth.AuthorizationServer, token: string, { sub, email }: oauth.IDToken) {
    if (email !== undefined || !server.userinfo_endpoint) return {}
    const response = await oauth.userInfoRequest(server, client, token, options)
    return oauth.processUserInfoResponse(server, client, sub, response)
  }

  return {
    name,
    async begin({ tenant, browser, at, redirect, anew }) {
      const server = await discovered()
      if (!server.authorization_endpoint) throw fail('value', `${issuer} tells no authorization_endpoint`)
      const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()]
      const verifier = oauth.generateRandomCodeVerifier()
      const begun: Begun = { at, anew, verifier, nonce, browser: digestOf(browser) }
      await keepOnce(needs, { tenant, kind, id: digestOf(state) }, JSON.stringify(begun), lasting)
      const url = new URL(server.authorization_endpoint)
      const challenge = await oauth.calculatePKCECodeChallenge(verifier)
      const asked = {
        ...{ response_type: 'code', client_id, redirect_uri: redirect, scope: 'openid profile email', state, nonce },
        ...{ code_challenge: challenge, code_challenge_method: 'S256' },
        ...(anew ? { prompt: 'login', max_age: String(recently) } : {}),
      }
      for (const [parameter, value] of Object.entries(asked)) url.searchParams.set(parameter, value)
      return url.href
    },
    async finish(returning) {
      const { tenant, browser, answer } = returning
      const state = answer.get('state') ?? ''
      const text = await takeOnce({ store }, { tenant, kind, id: digestOf(state) })
      const begun: Begun | undefined = text === undefined ? undefined : JSON.parse(text)
      if (begun?.browser !== digestOf(browser)) throw fail('expired', foreign, undefined, { status: 400 })
      try {
        return { is: 'known', identity: await identified(begun, returning, state), at: begun.at }
      } catch (cause) {
        if (!isProtocol(cause)) throw cause
        return { is: 'refused', why: cause.message, at: begun.at }
      }
    },
  }
}

const foreign = 'this sign-in is over, was used before, or began in another browser: sign in anew'

function optionsFor(issuer: string, exchange: Exchange) {
  const customFetch = (url: string, { method, headers, body }: oauth.CustomFetchOptions<string, unknown>) =>
    exchange(url, { method, headers, ...(body == null ? {} : { body: String(body) }) })
  return { [oauth.customFetch]: customFetch, [oauth.allowInsecureRequests]: issuer.startsWith('http:') } as const
}

function authBy({ token_endpoint_auth_methods_supported: ways }: oauth.AuthorizationServer, secret: string) {
  const isPosted = ways?.includes('client_secret_post') && !ways.includes('client_secret_basic')
  return isPosted ? oauth.ClientSecretPost(secret) : oauth.ClientSecretBasic(secret)
}

/** What the provider did or said, in contrast to an answer that did not come, or a bug of ours. */
function isProtocol(cause: unknown): cause is Error {
  const kinds = [oauth.OperationProcessingError, oauth.ResponseBodyError, oauth.AuthorizationResponseError]
  return [...kinds, oauth.WWWAuthenticateChallengeError].some(one => cause instanceof one)
}

function identityIn(issuer: string, claims: oauth.IDToken): Identity {
  const { sub, name, email, email_verified: isVerified } = claims
  return {
    ...{ issuer, sub },
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof email === 'string' && isVerified === true ? { email } : {}),
  }
}
