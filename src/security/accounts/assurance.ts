/** How sure we are who somebody is. https://openid.net/specs/openid-connect-core-1_0.html#acrSemantics */
import type { Account } from './account.ts'

/** Rising: a password; a second factor as well; one that cannot be phished (https://openid.net/specs/openid-connect-eap-acr-values-1_0.html). */
export const acrValues = ['aal1', 'aal2', 'phr'] as const

export type Acr = (typeof acrValues)[number]

/** https://www.rfc-editor.org/rfc/rfc8176#section-2; `fed`: another identity provider vouches. */
export type Amr = 'fed' | 'pwd' | 'otp' | 'mfa' | 'hwk' | 'kba'

export type Factor = 'passkey' | 'totp' | 'email' | 'recovery'

export function isAtLeast(acr: Acr, wanted: Acr): boolean {
  return acrValues.indexOf(acr) >= acrValues.indexOf(wanted)
}

/** What the account can be asked for, best first. Recovery codes are for those who have lost the others. */
export function factorsOf({ passkeys, totp, emailCodes, email, recovery }: Account): readonly Factor[] {
  const own: Factor[] = []
  if (passkeys.length > 0) own.push('passkey')
  if (totp) own.push('totp')
  if (emailCodes && email?.verified) own.push('email')
  return own.length > 0 && recovery.length > 0 ? [...own, 'recovery'] : own
}

/** `wanted`: the first of `acr_values` that we know. It is a wish: who has no passkey cannot be asked for one. */
export function neededFor(account: Account, wanted: Acr, forcedRoles: readonly string[]): Acr {
  if (wanted === 'phr' && account.passkeys.length > 0) return 'phr'
  if (wanted !== 'aal1' || factorsOf(account).length > 0) return 'aal2'
  return account.roles.some(role => forcedRoles.includes(role)) ? 'aal2' : 'aal1'
}

export function wantedBy(acrs: readonly string[]): Acr {
  return acrValues.find(acr => acr === acrs.find(one => isAcr(one))) ?? 'aal1'
}

function isAcr(text: string): text is Acr {
  return acrValues.some(acr => acr === text)
}

const proofs: Readonly<Record<Factor, { readonly acr: Acr; readonly amr: Amr }>> = {
  passkey: { acr: 'phr', amr: 'hwk' },
  totp: { acr: 'aal2', amr: 'otp' },
  email: { acr: 'aal2', amr: 'otp' },
  recovery: { acr: 'aal2', amr: 'kba' },
}

export function provenBy(factor: Factor, before: readonly Amr[]): { readonly acr: Acr; readonly amr: readonly Amr[] } {
  const { acr, amr } = proofs[factor]
  return { acr, amr: [...new Set<Amr>([...before, amr, 'mfa'])] }
}
