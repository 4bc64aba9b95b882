/** oidc-provider as SMART wants it. https://hl7.org/fhir/smart-app-launch/app-launch.html */
import {
  type AccessToken,
  type ClientCredentials,
  type Configuration,
  errors,
  interactionPolicy,
  type KoaContextWithOIDC,
  type Client as OAuthClient,
  Provider,
} from 'oidc-provider'
import type { Store } from '../../store/port.ts'
import { accessTokenAlg, type Place } from './access-token.ts'
import { type Accounts, claimsOf } from './account.ts'
import { adapterFor } from './adapter.ts'
import { findClient, isSecretOf } from './client.ts'
import { type Fetch, openClientKeys } from './client-keys.ts'
import type { SmartEvent } from './event.ts'
import { issuerOf } from './issuer.ts'
import type { KeySet } from './keys.ts'
import { contextOf, type GrantContext, readLaunch, told } from './launch.ts'
import type { Presented } from './presented.ts'
import type { Revoked } from './revoked.ts'
import { isOfSystem, narrow, plainScopes, split, supported, usual } from './scopes.ts'
import { tellOf } from './telling.ts'

export type Registration = 'open' | 'token' | 'off'

export type ProviderNeeds = {
  readonly store: Store
  readonly clock: () => number
  readonly newToken: () => string
  readonly revoked: Revoked
  readonly presented: Presented
  readonly accounts: Accounts
  readonly fetch: Fetch
  /** All resource types. */
  readonly types: readonly string[]
  readonly registration: Registration
  /** Seconds. */
  readonly lifetime: number
  /** Seconds after which everybody signs in again. */
  readonly session: number
  readonly cookieKeys: readonly string[]
  readonly observe: (event: SmartEvent) => void
}

const minute = 60
const day = 24 * 60 * minute

export function openProvider(needs: ProviderNeeds, place: Place, keys: KeySet): Provider {
  const issuer = issuerOf(place.base)
  const contexts = contextsOf(needs, place)
  const clientKeys = openClientKeys(needs.fetch, needs.clock)
  const provider = new Provider(issuer, configuration({ ...needs, fetch: clientKeys.fetch }, place, keys, contexts))
  clientKeys.bind(provider)
  provider.proxy = true // what host and scheme are is said by `serve`, never by the client
  provider.Client.prototype.compareClientSecret = function (this: OAuthClient, secret: string): boolean {
    return isSecretOf(this.clientSecret?.split('.') ?? [], secret)
  }
  provider.use(async (ctx, next) => {
    ctx.set('Access-Control-Allow-Origin', '*')
    ctx.set('Access-Control-Expose-Headers', 'WWW-Authenticate, X-Request-Id, Retry-After')
    ctx.set('X-Content-Type-Options', 'nosniff')
    ctx.set('Referrer-Policy', 'no-referrer')
    await next()
    await finishAnswer(ctx as KoaContextWithOIDC, contexts)
  })
  tellOf(provider, place.tenant, needs.observe)
  return provider
}

type Contexts = (token: object, grant: string | undefined) => Promise<GrantContext>

/** Asked for twice: for the token itself, and for the answer that brings it. */
function contextsOf({ store }: ProviderNeeds, { tenant }: Place): Contexts {
  const known = new WeakMap<object, GrantContext>()
  return async (token, grant) => {
    const context = known.get(token) ?? (await contextOf(store, tenant, grant))
    known.set(token, context)
    return context
  }
}

/** The launch context goes beside the access token, and `scope` is told as the client called it. */
async function finishAnswer(ctx: KoaContextWithOIDC, contexts: Contexts): Promise<void> {
  const { body } = ctx
  if (typeof body !== 'object' || body === null || Buffer.isBuffer(body)) return
  if ('scopes_supported' in body) Object.assign(body, { scopes_supported: supported })
  if ('access_token' in body) {
    ctx.set('Pragma', 'no-cache') // "The authorization server's response SHALL include … Pragma: no-cache"
    const token = ctx.oidc.entities.AccessToken
    if (token) Object.assign(body, told(await contexts(token, token.grantId)))
  }
  if (ctx.path.startsWith('/oauth/register')) ctx.body = asRegistered({ ...body }, ctx.method === 'POST')
}

/** Its secret is told once: what is kept is but the digest. */
function asRegistered(body: Record<string, unknown>, isNew: boolean): object {
  const { allowed_scope: scope, client_secret: secret, ...told } = body
  return {
    ...told,
    ...(scope === undefined ? {} : { scope }),
    ...(secret === undefined || !isNew ? {} : { client_secret: secret }),
  }
}

function configuration(needs: ProviderNeeds, place: Place, keys: KeySet, contexts: Contexts): Configuration {
  const { store, clock, presented, revoked, cookieKeys, newToken } = needs
  const { tenant, base } = place
  const signing = keys.map(({ kid, alg, jwk }) => ({ ...jwk, kid, alg, use: 'sig' }))
  const isSecure = base.startsWith('https:')
  const cookie = { httpOnly: true, signed: true, sameSite: 'lax', secure: isSecure } as const
  return {
    adapter: adapterFor({ tenant, store, clock, presented, revoked }),
    jwks: { keys: signing } as NonNullable<Configuration['jwks']>,
    cookies: {
      keys: [...cookieKeys],
      names: cookieNames(tenant, isSecure),
      long: cookie,
      short: cookie,
    },
    ...algorithms,
    scopes: [...plainScopes],
    claims: { openid: ['sub'], profile: ['name', 'fhirUser'], fhirUser: ['fhirUser'] },
    responseTypes: ['code'],
    pkce: { required: () => true },
    clientDefaults: { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] },
    extraClientMetadata: { properties: ['allowed_scope'], validator: checkMetadata },
    extraParams: { aud: audience(place), launch: launching(needs, place) },
    allowOmittingSingleRegisteredRedirectUri: false,
    clientBasedCORS: () => true,
    routes: {
      authorization: '/oauth/authorize',
      token: '/oauth/token',
      introspection: '/oauth/introspect',
      revocation: '/oauth/revoke',
      registration: '/oauth/register',
      jwks: '/oauth/jwks',
      userinfo: '/oauth/userinfo',
      end_session: '/oauth/logout',
    },
    discovery: { userinfo_endpoint: `${issuerOf(base)}/oauth/userinfo` },
    interactions: { policy: policy(), url: (_ctx, { uid }) => `${issuerOf(base)}/oauth/interaction/${uid}` },
    ttl: lifetimes(needs),
    rotateRefreshToken: true,
    issueRefreshToken: async (_ctx, client, { scopes }) =>
      client.grantTypeAllowed('refresh_token') && (scopes.has('offline_access') || scopes.has('online_access')),
    expiresWithSession: async (_ctx, { scopes }) => !scopes.has('offline_access'),
    loadExistingGrant: async ({ oidc }) => {
      const grant = oidc.result?.consent?.grantId // every launch has a context of its own: what was granted before is not taken
      return grant === undefined ? undefined : oidc.provider.Grant.find(grant)
    },
    findAccount: async (_ctx, id) => {
      const account = await needs.accounts.find(tenant, id)
      return account && { accountId: id, claims: () => claimsOf(place, account) }
    },
    extraTokenClaims: (_ctx, token) => extraClaims(needs, place, token, contexts),
    assertJwtClientAuthClaimsAndHeader: (_ctx, { exp }, { jku }, { jwksUri }) => {
      checkLifetime(clock, exp)
      checkKeys(jku, jwksUri)
    },
    fetch: url => needs.fetch(String(url)),
    renderError: (ctx, { error, error_description: description }) => {
      ctx.type = 'text/plain; charset=utf-8'
      ctx.body = `${error}${description === undefined ? '' : `: ${description}`}\n`
    },
    features: features(needs, place, newToken),
  }
}

/** An account that was locked or erased since somebody signed in is none: he is asked who he is, as if nobody were. */
function policy(): ReturnType<typeof interactionPolicy.base> {
  const prompts = interactionPolicy.base()
  const isGone = ({ oidc: { session, account } }: KoaContextWithOIDC): boolean =>
    session?.accountId !== undefined && account === undefined
  const why = 'the account may not be used any more'
  prompts.get('login')?.checks.add(new interactionPolicy.Check('no_account', why, 'login_required', isGone))
  return prompts
}

/** `__Host-` wants the whole host; the short ones are bound to their path, which protects them from other tenants. */
function cookieNames(tenant: string, isSecure: boolean) {
  const [host, secure] = isSecure ? ['__Host-', '__Secure-'] : ['', '']
  return {
    session: `${host}kiln-${tenant}`,
    interaction: `${secure}kiln-${tenant}-interaction`,
    resume: `${secure}kiln-${tenant}-resume`,
  }
}

const algorithms: Pick<Configuration, 'enabledJWA' | 'clientAuthMethods' | 'clockTolerance'> = {
  enabledJWA: {
    // https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html#signature-algorithms
    clientAuthSigningAlgValues: ['RS384', 'ES384'],
    idTokenSigningAlgValues: ['RS256', 'ES384'],
  },
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
  clockTolerance: 5,
}

function lifetimes({ lifetime, session }: ProviderNeeds): NonNullable<Configuration['ttl']> {
  return {
    AccessToken: () => lifetime,
    ClientCredentials: () => Math.min(lifetime, 5 * minute), // "SHOULD be short-lived": no longer than the assertion
    AuthorizationCode: () => minute,
    IdToken: () => 60 * minute,
    Interaction: () => 30 * minute,
    Session: () => session,
    Grant: () => 90 * day,
    RefreshToken: () => 90 * day,
  }
}

function features(needs: ProviderNeeds, place: Place, newToken: () => string): Configuration['features'] {
  const { registration, types } = needs
  return {
    devInteractions: { enabled: false },
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    rpInitiatedLogout: { enabled: true }, // for discovery and registration: the pages answer
    userinfo: { enabled: false }, // it takes no JWTs; `serve` answers
    clientCredentials: { enabled: true },
    introspection: {
      enabled: true,
      allowedPolicy: async (_ctx, client, token) =>
        client.tokenEndpointAuthMethod !== 'none' || client.clientId === token.clientId,
    },
    revocation: {
      enabled: true,
      allowedPolicy: async (_ctx, client, token) => client.clientId === token.clientId,
    },
    registration: {
      enabled: registration !== 'off',
      initialAccessToken: registration === 'token',
      issueRegistrationAccessToken: true,
      idFactory: () => newToken(),
      secretFactory: async () => newToken(),
    },
    registrationManagement: { enabled: registration !== 'off', rotateRegistrationAccessToken: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: async () => place.base,
      useGrantedResource: async () => true,
      getResourceServerInfo: async (ctx, resource, client) => {
        if (resource.replace(/\/$/, '') !== place.base) throw new errors.InvalidTarget()
        return {
          audience: place.base,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: accessTokenAlg } },
          scope: grantable(ctx, client, types).join(' '),
        }
      },
    },
  }
}

/** What the client may have of what it asks for now, or was granted before. */
function grantable(ctx: KoaContextWithOIDC, client: OAuthClient, types: readonly string[]): readonly string[] {
  const { params, route, entities } = ctx.oidc
  const alone = params?.['grant_type'] === 'client_credentials'
  const given = client as OAuthClient & { readonly allowed_scope?: string }
  const allowed = split(given.allowed_scope ?? (alone ? '' : usual)).filter(text => isOfSystem(text) === alone)
  const source = entities.AuthorizationCode ?? entities.RefreshToken
  if (source) return narrow(split(source.scope), allowed, types)
  const asked = scopesOf(ctx)
  const granted = narrow(asked, allowed, types)
  if (alone) mustBeScopes(asked, granted)
  if (params && (alone || route === 'authorization')) params['scope'] = granted.join(' ') || undefined
  return granted
}

/** As they are asked for. */
function scopesOf({ oidc: { params } }: KoaContextWithOIDC): readonly string[] {
  const scope = params?.['scope']
  return split(typeof scope === 'string' ? scope : '')
}

/** Where nobody is asked what to leave out, a scope that cannot be had is a mistake. */
function mustBeScopes(asked: readonly string[], granted: readonly string[]): void {
  if (asked.length === 0) throw new errors.InvalidScope('scope is missing: expected such as system/Patient.rs', '')
  const strange = asked.filter(text => !isOfSystem(text))
  if (strange.length > 0) throw new errors.InvalidScope('expected scopes like system/Patient.rs', strange.join(' '))
  if (granted.length === 0) throw new errors.InvalidScope('this client may have none of it', asked.join(' '))
}

/** An app that is told a wrong FHIR base must not get a token for the right one. A slash at the end is no difference. */
function audience({ base }: Place) {
  return (ctx: KoaContextWithOIDC, aud: string | undefined): void => {
    if (aud?.replace(/\/$/, '') === base) return
    if (aud !== undefined) throw new errors.InvalidRequest(`aud is not the FHIR base of this server, ${base}`)
    const isAboutFhir = scopesOf(ctx).some(text => text.includes('/') || text === 'launch')
    if (isAboutFhir) throw new errors.InvalidRequest(`aud is missing: expected the FHIR base, ${base}`)
  }
}

/** The launch itself is used up when somebody has agreed. */
function launching({ store }: ProviderNeeds, { tenant }: Place) {
  return async (ctx: KoaContextWithOIDC, launch: string | undefined): Promise<void> => {
    if (!scopesOf(ctx).includes('launch')) return
    if (launch === undefined) throw new errors.InvalidRequest('launch is missing, though the scope launch is asked for')
    if (!(await readLaunch(store, tenant, launch))) {
      throw new errors.InvalidRequest('launch is not known: it was used before, or is over')
    }
  }
}

function checkMetadata(_ctx: unknown, name: string, value: unknown): void {
  if (value === undefined || typeof value === 'string') return
  throw new errors.InvalidClientMetadata(`${name === 'allowed_scope' ? 'scope' : name} must be a string`)
}

/** "The exp SHALL be no more than five minutes in the future." */
function checkLifetime(clock: () => number, exp: unknown): void {
  if (typeof exp === 'number' && exp <= clock() / 1000 + 5 * minute + (algorithms.clockTolerance ?? 0)) return
  throw new errors.InvalidClientAuth('the client assertion expires later than in 5 minutes')
}

/** "If the jku header is present, verify that … it matches the JWKS URL value supplied at registration time." */
function checkKeys(jku: unknown, registered: string | undefined): void {
  if (jku === undefined || (jku === registered && registered !== undefined)) return
  throw new errors.InvalidClientAuth('jku is not the JWKS URL that the client was registered with')
}

/** Roles are those of now: an app that goes on for months by refreshing learns of a change with its next token. */
async function extraClaims(
  { accounts, store }: ProviderNeeds,
  { tenant, base }: Place,
  token: AccessToken | ClientCredentials,
  contexts: Contexts,
): Promise<Record<string, unknown>> {
  const client = await findClient(store, tenant, token.clientId ?? '')
  const { policies = [], roles: own = [] } = client?.rights ?? {}
  const limits = policies.length === 0 ? {} : { policies }
  if (!('grantId' in token)) return { ...limits, ...(own.length === 0 ? {} : { roles: own }) }
  const { patient, encounter, fhirUser } = await contexts(token, token.grantId)
  const { roles = [] } = (await accounts.find(tenant, token.accountId)) ?? {}
  return {
    grant: token.grantId,
    ...(token.expiresWithSession ? { sid: token.sessionUid } : {}),
    ...limits,
    ...(patient === undefined ? {} : { patient }),
    ...(encounter === undefined ? {} : { encounter }),
    ...(fhirUser === undefined ? {} : { fhirUser: `${base}/${fhirUser}` }),
    ...(roles.length === 0 ? {} : { roles }),
  }
}
