/** Who asks, by the access token of a request. https://www.rfc-editor.org/rfc/rfc6750 */
import { type FhirError, fail } from '../../fhir/issue.ts'
import type { Principal } from '../principal.ts'
import {
  type AccessClaims,
  accessTokenAlg,
  claimsIn,
  headerOf,
  type Place,
  principalOf,
  type Verify,
  verifier,
} from './access-token.ts'
import { issuerOf } from './issuer.ts'
import type { KeySet, Keys } from './keys.ts'
import type { Revoked } from './revoked.ts'
import { Distrust, type Trusted } from './trusted.ts'

export type Authenticate = {
  /** By the Authorization header. Throws a 401. A promise only where something must be looked up. */
  readonly principal: (place: Place, authorization: string | undefined) => Principal | Promise<Principal>
  /** `undefined`: it is none of ours, is over, or was revoked. */
  readonly claims: (place: Place, token: string) => Promise<AccessClaims | undefined>
}

export type AuthenticateNeeds = {
  readonly keys: Keys
  readonly revoked: Revoked
  /** Issuers elsewhere. */
  readonly trusted?: Trusted | undefined
  readonly clock: () => number
}

/** A token that was found to be good, by the header in which it comes: looking closely costs more than a whole read. */
type Pass = {
  readonly place: Place
  readonly claims: AccessClaims
  readonly principal: Principal
  /** Of the key that signed it; empty if that is none of ours. */
  readonly kid: string
  /** ms */
  readonly until: number
}

const many = 10_000 // tokens
/** ms until a token is looked at anew: its key may have been taken back. */
const lasting = 300_000

export function openAuthenticate({ keys, revoked, trusted, clock }: AuthenticateNeeds): Authenticate {
  const verifiers = new Map<string, Verify>()
  const passes = new Map<string, Pass>()

  async function find(place: Place, token: string): Promise<Verify | undefined> {
    const { alg, typ, kid } = headerOf(token)
    if (alg !== accessTokenAlg || typ !== 'at+jwt' || typeof kid !== 'string') return undefined
    const key = ofKid(await keys.of(place.tenant), kid) ?? ofKid(await keys.anew(place.tenant), kid)
    if (!key) return undefined
    const name = `${place.tenant} ${place.base} ${kid}`
    const known = verifiers.get(name)
    if (known) return known
    const verify = verifier(key, place, clock)
    verifiers.set(name, verify)
    return verify
  }

  async function claimsOf(place: Place, token: string): Promise<AccessClaims> {
    const issuer = trusted?.issuers.find(one => one === claimsIn(token)['iss'])
    const isElsewhere = issuer !== undefined && issuer !== issuerOf(place.base)
    if (trusted && isElsewhere) return trusted.claims(place, issuer, token).catch(cause => distrusted(place, cause))
    const claims = verified(await find(place, token), token)
    if (!claims) throw notGood(place)
    return claims
  }

  async function look(place: Place, token: string): Promise<Principal> {
    const claims = await claimsOf(place, token)
    const until = Math.min(claims.exp * 1000, clock() + lasting)
    const kid = claims.iss === issuerOf(place.base) ? kidOf(token) : ''
    const pass = { place, claims, kid, until, principal: principalOf(place, claims) }
    const name = `Bearer ${token}`
    passes.delete(name)
    passes.set(name, pass)
    const [oldest] = passes.keys()
    if (passes.size > many && oldest !== undefined) passes.delete(oldest)
    return letIn(place, pass)
  }

  function letIn(place: Place, { claims, kid, principal }: Pass): Principal | Promise<Principal> {
    const isRevoked = revoked.has(place.tenant, claims, kid)
    if (isRevoked === false) return principal
    if (isRevoked === true) throw notGood(place)
    return isRevoked.then(is => {
      if (is) throw notGood(place)
      return principal
    })
  }

  return {
    principal(place, authorization) {
      const pass = passes.get(authorization ?? '')
      if (pass && isAt(place, pass) && pass.until > clock()) return letIn(place, pass)
      return look(place, tokenIn(place, authorization))
    },
    async claims(place, token) {
      const claims = verified(await find(place, token), token)
      return claims && !(await revoked.has(place.tenant, claims, kidOf(token))) ? claims : undefined
    },
  }
}

function isAt({ tenant, base }: Place, { place }: Pass): boolean {
  return place.tenant === tenant && place.base === base
}

function kidOf(token: string): string {
  return String(headerOf(token).kid)
}

function ofKid(keys: KeySet, kid: string) {
  return keys.find(key => key.kid === kid && key.alg === accessTokenAlg)
}

function verified(verify: Verify | undefined, token: string): AccessClaims | undefined {
  try {
    return verify?.(token)
  } catch {
    return undefined
  }
}

/** https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
const form = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i

function tokenIn(place: Place, authorization: string | undefined): string {
  const [, token] = form.exec(authorization ?? '') ?? []
  if (token !== undefined) return token
  const advice = `expected Authorization: Bearer with an access token of ${issuerOf(place.base)}/oauth/token`
  throw refuse(place, authorization === undefined ? `nobody is signed in: ${advice}` : advice)
}

function notGood(place: Place): FhirError {
  return refuse(
    place,
    'the access token is not good here: it is over, was revoked, or was issued for another server',
    true,
  )
}

function distrusted(place: Place, cause: unknown): never {
  if (!(cause instanceof Distrust)) throw cause
  throw refuse(place, `the access token is not good here: ${cause.message}`, true)
}

/** https://www.rfc-editor.org/rfc/rfc6750#section-3 and https://www.rfc-editor.org/rfc/rfc9728#section-5.1 */
function refuse({ base }: Place, diagnostics: string, invalid = false): FhirError {
  const about = `resource_metadata="${resourceMetadataOf(base)}"`
  const challenge = `Bearer ${invalid ? 'error="invalid_token", ' : ''}${about}`
  return fail('login', diagnostics, undefined, { headers: { 'www-authenticate': challenge } })
}

/** https://www.rfc-editor.org/rfc/rfc9728#section-3.1: between host and path. */
export function resourceMetadataOf(base: string): string {
  const { origin, pathname } = new URL(base)
  return `${origin}/.well-known/oauth-protected-resource${pathname}`
}
