/** What the authorization server asks about those who sign in. */
import type { Store } from '../../store/port.ts'
import type { Place } from './access-token.ts'

export type Account = {
  readonly id: string
  /** As a local reference: `Practitioner/23`. */
  readonly fhirUser?: string
  readonly name?: string
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

const kind = 'signed-in'

/** Those who signed in, as they were then. */
export function signedIn(store: Pick<Store, 'note'>): Accounts {
  return {
    async find(tenant, id) {
      const note = await store.note({ tenant, kind, id })
      return note && JSON.parse(note.text)
    },
  }
}

export async function rememberSignedIn(
  store: Pick<Store, 'note' | 'keepNote'>,
  tenant: string,
  account: Account,
): Promise<void> {
  const before = await store.note({ tenant, kind, id: account.id })
  const text = JSON.stringify(account)
  if (before?.text === text) return
  const note = { tenant, kind, id: account.id, text, tags: [], revision: before?.revision ?? 0 }
  if ((await store.keepNote(note)) === undefined) return rememberSignedIn(store, tenant, account)
}
