/** Codes of an authenticator app. https://www.rfc-editor.org/rfc/rfc6238 */
import { Secret, TOTP } from 'otpauth'
import type { Account, Totp } from './account.ts'
import type { Seal } from './seal.ts'

const period = 30 // seconds
const window = 1 // steps that clocks may differ

export type Enrolment = {
  /** In base32, as it is typed into an app. */
  readonly secret: string
  /** The same as a link that such apps open. */
  readonly uri: string
}

export function newEnrolment(account: Account, issuer: string, random: (bytes: number) => Uint8Array): Enrolment {
  return enrolmentOf(account, issuer, new Secret({ buffer: Uint8Array.from(random(20)).buffer }).base32)
}

export function enrolmentOf({ login }: Pick<Account, 'login'>, issuer: string, secret: string): Enrolment {
  const uri = new TOTP({ issuer, label: login, secret: Secret.fromBase32(secret), period }).toString()
  return { secret, uri }
}

/** The time step whose code this is, if it is a later one than `last`: a code is good once. */
export function stepOf(secret: string, code: string, now: number, last: number): number | undefined {
  const token = code.replace(/\s/g, '')
  if (!/^\d{6}$/.test(token)) return undefined
  const delta = new TOTP({ secret: Secret.fromBase32(secret), period }).validate({ token, timestamp: now, window })
  const step = Math.floor(now / 1000 / period) + (delta ?? 0)
  return delta === null || step <= last ? undefined : step
}

export function sealTotp(seal: Seal, { id }: Pick<Account, 'id'>, secret: string, last: number): Totp {
  return { sealed: seal.seal(secret, `totp ${id}`), last }
}

export function totpSecret(seal: Seal, { id }: Pick<Account, 'id'>, { sealed }: Totp): string {
  return seal.open(sealed, `totp ${id}`)
}
