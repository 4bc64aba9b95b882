/** An access token: a JWT that says who may do what. https://www.rfc-editor.org/rfc/rfc9068 */
import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { createVerifier } from 'fast-jwt'
import type { Principal } from '../principal.ts'
import { issuerOf } from './issuer.ts'
import { type KeySet, type SigningKey, signerOf } from './keys.ts'

export type AccessClaims = {
  readonly iss: string
  readonly aud: string
  /** The account, or the client that acts for itself. */
  readonly sub: string
  readonly client_id: string
  readonly iat: number
  readonly exp: number
  readonly jti: string
  readonly scope: string
  /** Of an authorization by somebody: all that was issued by it is revoked together. */
  readonly grant?: string
  /** Of the session at the browser in which it was authorized, if it ends with that. */
  readonly sid?: string
  /** `https://…/fhir/Practitioner/23` */
  readonly fhirUser?: string
  readonly patient?: string
  readonly encounter?: string
  /** Of the account when it was issued: https://www.rfc-editor.org/rfc/rfc9068#section-2.2.3.1 */
  readonly roles?: readonly string[]
  /** Ids of access policies that were given to the client. */
  readonly policies?: readonly string[]
}

export const accessTokenAlg = 'ES256'

/** Where a tenant is, as its clients see it. */
export type Place = {
  readonly tenant: string
  /** The FHIR base: what access tokens are for. */
  readonly base: string
}

export type Minting = Omit<AccessClaims, 'iss' | 'aud'>

/** For those who need no authorization server: the command line and the first start. */
export function mint(keys: KeySet, { base }: Place, claims: Minting): string {
  const { kid, jwk } = signerOf(keys, accessTokenAlg)
  const header = { alg: accessTokenAlg, typ: 'at+jwt', kid }
  const body = { ...claims, iss: issuerOf(base), aud: base }
  const input = [header, body].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const key = createPrivateKey({ key: jwk, format: 'jwk' })
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

export type Verify = (token: string) => AccessClaims

/** Throws if it is not one of ours for this base, signed by this key, or is over. */
export function verifier({ jwk }: SigningKey, { base }: Place, clock: () => number): Verify {
  const key = createPublicKey(createPrivateKey({ key: jwk, format: 'jwk' })).export({ format: 'pem', type: 'spki' })
  const verify = createVerifier({
    key: key.toString(),
    algorithms: [accessTokenAlg],
    allowedIss: issuerOf(base),
    allowedAud: base,
    requiredClaims: ['iss', 'aud', 'sub', 'client_id', 'iat', 'exp', 'jti'],
    ignoreExpiration: true, // judged below, by our clock
  })
  return token => {
    const claims: AccessClaims = verify(token)
    const isGood = typeof claims.exp === 'number' && claims.exp * 1000 > clock()
    if (!isGood) throw new Error('the token is over')
    return claims
  }
}

/** Header of a JWT, if it is one. */
export function headerOf(token: string): { readonly alg?: unknown; readonly typ?: unknown; readonly kid?: unknown } {
  return partOf(token, 0)
}

/** What a JWT says, be it true or not. */
export function claimsIn(token: string): Readonly<Record<string, unknown>> {
  return partOf(token, 1)
}

function partOf(token: string, at: number): Readonly<Record<string, unknown>> {
  try {
    const part: unknown = JSON.parse(Buffer.from(token.split('.', 3)[at] ?? '', 'base64url').toString('utf8'))
    return typeof part === 'object' && part !== null ? { ...part } : {}
  } catch {
    return {}
  }
}

/** `undefined`: the client acts for itself. */
export function userOf({ sub, client_id: client, grant }: AccessClaims): string | undefined {
  return sub === client && grant === undefined ? undefined : sub
}

export function principalOf({ tenant, base }: Place, claims: AccessClaims): Principal {
  const { client_id: client, scope = '', fhirUser, patient, encounter, roles, policies } = claims
  const user = userOf(claims)
  return {
    id: JSON.stringify([client, user ?? null]),
    tenant,
    client,
    scope,
    purposes: [],
    ...(user === undefined ? {} : { user }),
    ...(fhirUser === undefined ? {} : { fhirUser: fhirUser.replace(`${base}/`, '') }),
    ...(patient === undefined ? {} : { patient }),
    ...(encounter === undefined ? {} : { encounter }),
    ...(roles === undefined ? {} : { roles }),
    ...(policies === undefined ? {} : { policies }),
  }
}
