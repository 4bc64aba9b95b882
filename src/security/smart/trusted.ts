/** Access tokens of authorization servers elsewhere that settings name. https://www.rfc-editor.org/rfc/rfc9068#section-4 */
import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { type Algorithm, createVerifier } from 'fast-jwt'
import { FhirError } from '../../fhir/issue.ts'
import { type AccessClaims, claimsIn, headerOf, type Place } from './access-token.ts'
import type { Fetch } from './client-keys.ts'

export type Trusted = {
  /** As they are named: `https://login.example.org`. */
  readonly issuers: readonly string[]
  /** Of a token that says it comes from one of them. Throws `Distrust`. */
  readonly claims: (place: Place, issuer: string, token: string) => Promise<AccessClaims>
}

export type TrustedNeeds = {
  readonly issuers: readonly string[]
  /** By the gateway. Throws if there is no answer. */
  readonly fetch: Fetch
  readonly clock: () => number
}

/** Why a token of theirs is not good here: told to the client. */
export class Distrust extends Error {
  override readonly name = 'Distrust'
}

/** Signatures by a key that only they have. */
export const algorithms = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const),
] satisfies readonly Algorithm[]

/** An id_token has another audience; what is signed for other ends (`logout+jwt` …) says so. */
const types: readonly unknown[] = [undefined, 'at+jwt', 'application/at+jwt', 'jwt']

const skew = 60_000 // ms that their clock may be ahead of ours

export function openTrusted({ issuers, fetch, clock }: TrustedNeeds): Trusted {
  const keys = new Map(issuers.map(issuer => [issuer, openIssuerKeys(issuer, fetch, clock)]))
  return {
    issuers,
    async claims(place, issuer, token) {
      const { alg, typ, kid } = headerOf(token)
      const known = algorithms.find(one => one === alg)
      if (!known) throw new Distrust(`it is signed by '${alg}': expected one of ${algorithms.join(', ')}`)
      if (!types.includes(typeof typ === 'string' ? typ.toLowerCase() : typ)) {
        throw new Distrust(`it is a '${typ}': expected an access token, at+jwt`)
      }
      const jwk = await keys.get(issuer)?.find(known, kid)
      if (!jwk) throw new Distrust(`${issuer} has no key '${kid}' for ${known}`)
      verify(jwk, known, token)
      return translated(place, issuer, judged(place, issuer, claimsIn(token), clock()))
    },
  }
}

function verify(jwk: JsonWebKey, alg: Algorithm, token: string): void {
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'pem', type: 'spki' }).toString()
    createVerifier({ key, algorithms: [alg], ignoreExpiration: true, ignoreNotBefore: true })(token)
  } catch {
    throw new Distrust('its signature is wrong')
  }
}

type Payload = Readonly<Record<string, unknown>>

/** Issuer and signature are known to be right. */
function judged({ base }: Place, issuer: string, claims: Payload, now: number): Payload {
  const { aud, exp, iat, nbf, sub } = claims
  const audiences = [aud].flat()
  if (claims['iss'] !== issuer) throw new Distrust(`it is not of ${issuer}`)
  if (!audiences.some(one => typeof one === 'string' && one.replace(/\/$/, '') === base)) {
    throw new Distrust(`it is for ${JSON.stringify(aud)}: expected aud to be the FHIR base, ${base}`)
  }
  if (typeof exp !== 'number' || exp * 1000 <= now) throw new Distrust('it is over, or has no exp')
  if (typeof iat !== 'number' || iat * 1000 > now + skew) throw new Distrust('it has no iat, or one that is to come')
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf * 1000 <= now + skew))
    throw new Distrust('it is not good yet')
  if (typeof sub !== 'string' || sub === '') throw new Distrust('it has no sub')
  if (clientOf(claims) === undefined) throw new Distrust('it has no client_id')
  return claims
}

/** `azp` is what issuers say that are older than RFC 9068. */
function clientOf({ client_id: client, azp }: Payload): string | undefined {
  return textOf(client) ?? textOf(azp)
}

/** In our words. Their clients, accounts and tokens bear the name of the issuer, so that they are none of ours. */
function translated({ base }: Place, issuer: string, claims: Payload): AccessClaims {
  const { roles, jti } = claims
  const fhirUser = textOf(claims['fhirUser'])
  const named = (id: string): string => `${issuer} ${id}`
  const some = (name: string): object => {
    const text = textOf(claims[name])
    return text === undefined ? {} : { [name]: text }
  }
  return {
    iss: issuer,
    aud: String(claims['aud']),
    sub: named(String(claims['sub'])),
    client_id: named(clientOf(claims) ?? ''),
    iat: Number(claims['iat']),
    exp: Number(claims['exp']),
    jti: named(textOf(jti) ?? ''),
    scope: textOf(claims['scope']) ?? '',
    ...(fhirUser !== undefined && isOurs(base, fhirUser) ? { fhirUser } : {}),
    ...some('patient'),
    ...some('encounter'),
    ...(Array.isArray(roles) ? { roles: roles.filter(role => typeof role === 'string') } : {}),
  }
}

/** Who somebody is at another server does not say who he is here. */
function isOurs(base: string, fhirUser: string): boolean {
  return /^[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}$/.test(fhirUser.replace(`${base}/`, ''))
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

type IssuerKeys = { readonly find: (alg: Algorithm, kid: unknown) => Promise<JsonWebKey | undefined> }

type Held = { readonly keys: readonly JsonWebKey[]; readonly until: number }

const again = 10_000 // ms between two questions: anybody can make up a token with a key that nobody knows

/** https://openid.net/specs/openid-connect-discovery-1_0.html, kept as long as the issuer permits. */
function openIssuerKeys(issuer: string, fetch: Fetch, clock: () => number): IssuerKeys {
  let held: Held | undefined
  let asked = Number.NEGATIVE_INFINITY
  let why = ''
  let asking: Promise<void> | undefined

  async function ask(): Promise<void> {
    asked = clock()
    try {
      const { jwks_uri: uri } = await metadata(issuer, fetch)
      const answer = await fetch(uri)
      if (!answer.ok) throw new Distrust('it has no keys at its jwks_uri')
      const { keys } = (await answer.json()) as { keys?: unknown }
      if (!Array.isArray(keys)) throw new Distrust('what it has at its jwks_uri is no JSON Web Key Set')
      held = { keys: keys.filter(isKey), until: clock() + freshness(answer) * 1000 }
      why = ''
    } catch (cause) {
      why = reasonOf(cause)
    }
  }

  /** Whoever comes while it is asked waits for the same answer. */
  async function refresh(): Promise<void> {
    if (asking === undefined && Math.abs(clock() - asked) < again) return
    asking ??= ask().finally(() => {
      asking = undefined
    })
    await asking
  }

  return {
    async find(alg, kid) {
      if (!held || held.until <= clock()) await refresh()
      const known = choose(current(held, clock()), alg, kid)
      if (known) return known
      await refresh()
      const found = current(held, clock())
      if (!found) throw new Distrust(`the keys of ${issuer} cannot be had: ${why}`)
      return choose(found, alg, kid)
    },
  }
}

function current(held: Held | undefined, now: number): readonly JsonWebKey[] | undefined {
  return held && held.until > now ? held.keys : undefined
}

/** Where an issuer has but one key it may leave out `kid`. */
function choose(keys: readonly JsonWebKey[] | undefined, alg: Algorithm, kid: unknown): JsonWebKey | undefined {
  const fitting = keys?.filter(key => (key['alg'] ?? alg) === alg && (key['use'] ?? 'sig') === 'sig') ?? []
  return kid === undefined && fitting.length === 1 ? fitting[0] : fitting.find(key => key['kid'] === kid)
}

/** A secret key would let everybody sign who knows it. */
function isKey(value: unknown): value is JsonWebKey {
  return typeof value === 'object' && value !== null && 'kty' in value && value.kty !== 'oct'
}

async function metadata(issuer: string, fetch: Fetch): Promise<{ readonly jwks_uri: string }> {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const places = [`${origin}${path}/.well-known/openid-configuration`]
  for (const url of [...places, `${origin}/.well-known/oauth-authorization-server${path}`]) {
    const answer = await fetch(url)
    if (!answer.ok) continue
    const said = (await answer.json()) as { readonly issuer?: unknown; readonly jwks_uri?: unknown }
    // "The issuer value returned MUST be identical": else one issuer could speak for another.
    if (said.issuer !== issuer) throw new Distrust(`it calls itself '${said.issuer}'`)
    if (typeof said.jwks_uri !== 'string') throw new Distrust('it tells no jwks_uri')
    return { jwks_uri: said.jwks_uri }
  }
  throw new Distrust('it tells nothing about itself at /.well-known/openid-configuration')
}

/** Seconds: at least a minute, at most an hour, for a key that is taken back must be good for nothing soon. */
function freshness({ headers }: Response): number {
  const seconds = Number(/\bmax-age=(\d+)/.exec(headers.get('cache-control') ?? '')?.[1] ?? 0)
  return Math.min(Math.max(seconds, 60), 3_600)
}

function reasonOf(cause: unknown): string {
  if (cause instanceof FhirError) return cause.issues[0]?.diagnostics ?? cause.message
  if (cause instanceof Distrust) return cause.message
  return 'what it answers is no JSON'
}
