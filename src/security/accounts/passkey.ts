/** Passkeys: what cannot be phished, because the browser signs for one site only. https://www.w3.org/TR/webauthn-3/ */
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import type { Account, AccountNeeds, Passkey } from './account.ts'
import { keepOnce, takeOnce } from './once.ts'

/** Where the browser is. */
export type Site = {
  readonly tenant: string
  /** `https://kiln.example.org` */
  readonly origin: string
}

/** Whose browser it is: a digest of its session. */
type Ceremony = { readonly site: Site; readonly session: string; readonly account: Account }

/** Loaded when somebody first uses one: it would cost every start a tenth of a second. */
const webauthn = () => import('@simplewebauthn/server')

const patience = 5 * 60_000 // ms that somebody may look for his key

/** Browsers know no passkeys for addresses. */
export function mayHavePasskeys({ origin }: Site): boolean {
  const { hostname, protocol } = new URL(origin)
  const isName = !/^[\d.]+$|:/.test(hostname.replace(/^\[|\]$/g, ''))
  return isName && (protocol === 'https:' || hostname === 'localhost')
}

/** For `navigator.credentials.create`, as JSON. */
export async function registrationOptions(needs: AccountNeeds, ceremony: Ceremony): Promise<string> {
  const { site, account } = ceremony
  const { generateRegistrationOptions } = await webauthn()
  const options = await generateRegistrationOptions({
    rpName: 'Kiln',
    rpID: new URL(site.origin).hostname,
    userName: account.login,
    userID: Uint8Array.from(Buffer.from(account.id)),
    userDisplayName: account.name,
    challenge: Uint8Array.from(needs.random(32)),
    timeout: patience,
    excludeCredentials: account.passkeys.map(({ id }) => ({ id })),
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
  })
  await keepChallenge(needs, ceremony, options.challenge)
  return JSON.stringify(options)
}

/** What the browser made; `undefined`: it is not good. */
export async function register(
  needs: AccountNeeds,
  ceremony: Ceremony,
  name: string,
  response: string,
): Promise<Passkey | undefined> {
  const { site } = ceremony
  const expectedChallenge = await takeChallenge(needs, ceremony)
  const given = parse<RegistrationResponseJSON>(response)
  if (expectedChallenge === undefined || !given) return undefined
  const rp = { expectedOrigin: site.origin, expectedRPID: new URL(site.origin).hostname }
  const { verifyRegistrationResponse } = await webauthn()
  const verify = verifyRegistrationResponse({
    ...{ ...rp, response: given, expectedChallenge, requireUserVerification: false },
  })
  const { registrationInfo } = await verify.catch(() => ({ registrationInfo: undefined }))
  if (!registrationInfo) return undefined
  const { id, publicKey, counter, transports = [] } = registrationInfo.credential
  return {
    id,
    name,
    publicKey: Buffer.from(publicKey).toString('base64url'),
    counter,
    transports,
    created: needs.clock(),
  }
}

/** For `navigator.credentials.get`, as JSON. */
export async function authenticationOptions(needs: AccountNeeds, ceremony: Ceremony): Promise<string> {
  const { site, account } = ceremony
  const { generateAuthenticationOptions } = await webauthn()
  const options = await generateAuthenticationOptions({
    rpID: new URL(site.origin).hostname,
    challenge: Uint8Array.from(needs.random(32)),
    timeout: patience,
    allowCredentials: account.passkeys.map(({ id, transports }) => ({ id, transports: [...transports] })),
    userVerification: 'preferred',
  })
  await keepChallenge(needs, ceremony, options.challenge)
  return JSON.stringify(options)
}

/** The key as it is from now on; `undefined`: none of the account's, or not good. */
export async function authenticate(
  needs: AccountNeeds,
  ceremony: Ceremony,
  response: string,
): Promise<Passkey | undefined> {
  const { site, account } = ceremony
  const expectedChallenge = await takeChallenge(needs, ceremony)
  const given = parse<AuthenticationResponseJSON>(response)
  const passkey = account.passkeys.find(({ id }) => id === given?.id)
  if (expectedChallenge === undefined || !given || !passkey) return undefined
  const { id, counter, publicKey } = passkey
  const { verifyAuthenticationResponse } = await webauthn()
  const verify = verifyAuthenticationResponse({
    ...{ response: given, expectedChallenge, requireUserVerification: false },
    ...{ expectedOrigin: site.origin, expectedRPID: new URL(site.origin).hostname },
    credential: { id, counter, publicKey: Uint8Array.from(Buffer.from(publicKey, 'base64url')) },
  })
  const { verified, authenticationInfo } = await verify.catch(() => ({
    verified: false,
    authenticationInfo: undefined,
  }))
  return verified && authenticationInfo ? { ...passkey, counter: authenticationInfo.newCounter } : undefined
}

function challengeOf({ site, session }: Ceremony) {
  return { tenant: site.tenant, kind: 'passkey-challenge', id: session }
}

function keepChallenge(needs: AccountNeeds, ceremony: Ceremony, challenge: string): Promise<void> {
  return keepOnce(needs, challengeOf(ceremony), challenge, patience)
}

function takeChallenge(needs: AccountNeeds, ceremony: Ceremony): Promise<string | undefined> {
  return takeOnce(needs, challengeOf(ceremony))
}

/** Its parts are looked at by the library, which throws where they are not what they should be. */
function parse<T>(text: string): T | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as T) : undefined
  } catch {
    return undefined
  }
}
