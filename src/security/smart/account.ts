/** What the authorization server asks about those who sign in. */
import type { Place } from './access-token.ts'

export type Account = {
  readonly id: string
  /** As a local reference: `Practitioner/23`. */
  readonly fhirUser?: string
  readonly name?: string
  /** As access policies name them. */
  readonly roles?: readonly string[]
}

export type Accounts = {
  /** `undefined`: there is none, or it may not be used any more: then its refresh tokens are good for nothing. */
  readonly find: (tenant: string, id: string) => Promise<Account | undefined>
}

/** As id_token and userinfo tell it, where the scopes allow it. */
export function claimsOf({ base }: Place, { id, name, fhirUser }: Account) {
  return {
    sub: id,
    ...(name === undefined ? {} : { name }),
    ...(fhirUser === undefined ? {} : { fhirUser: `${base}/${fhirUser}` }),
  }
}
