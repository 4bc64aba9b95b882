/** Which account is whose, of those who sign in elsewhere. https://openid.net/specs/openid-connect-core-1_0.html#ClaimStability */
import { fail } from '../../fhir/issue.ts'
import type { Note } from '../../store/port.ts'
import { type Account, type AccountNeeds, addAccount, findAccount, findEmail, isEmail } from '../accounts/account.ts'
import { digestOf } from '../accounts/once.ts'
import type { Identity } from './identity-provider.ts'

/** Those who were linked by hand; who has an account of the same address as well; whoever comes. */
export type Admitting = 'linked' | 'email' | 'everybody'

type Named = Pick<Identity, 'issuer' | 'sub'>

const kind = 'external-identity'

function keyOf(tenant: string, { issuer, sub }: Named) {
  return { tenant, kind, id: digestOf(JSON.stringify([issuer, sub])) }
}

/** Throws if it is another's already. */
export async function link(
  { store }: Pick<AccountNeeds, 'store'>,
  tenant: string,
  { issuer, sub }: Named,
  { id }: Pick<Account, 'id'>,
): Promise<void> {
  const key = keyOf(tenant, { issuer, sub })
  const text = JSON.stringify({ issuer, sub, account: id })
  const kept = await store.keepNote({ ...key, text, tags: [`account:${id}`], revision: 0 })
  if (kept !== undefined || accountIn(await store.note(key)) === id) return
  throw fail('duplicate', `'${sub}' of ${issuer} is linked to another account`)
}

/** `false`: it was not linked. */
export async function unlink({ store }: Pick<AccountNeeds, 'store'>, tenant: string, identity: Named) {
  return store.dropNote(keyOf(tenant, identity))
}

/** `undefined`: there is none, and none is made. */
export async function accountFor(
  needs: AccountNeeds,
  tenant: string,
  identity: Identity,
  admitting: Admitting,
): Promise<Account | undefined> {
  const id = accountIn(await needs.store.note(keyOf(tenant, identity)))
  if (id !== undefined) return findAccount(needs.store, tenant, id)
  if (admitting === 'linked') return undefined
  const account = (await sameAddress(needs, tenant, identity)) ?? (await newcomer(needs, tenant, identity, admitting))
  if (account) await link(needs, tenant, identity, account)
  return account
}

/** An address that several people share is nobody's. */
async function sameAddress({ store }: AccountNeeds, tenant: string, { email }: Identity): Promise<Account | undefined> {
  const [first, ...others] = email === undefined ? [] : await findEmail(store, tenant, email)
  return others.length === 0 ? first : undefined
}

/** Without any role: what he may do is for an administrator to say. */
async function newcomer(needs: AccountNeeds, tenant: string, { name, email }: Identity, admitting: Admitting) {
  if (admitting !== 'everybody') return undefined
  const address = email !== undefined && isEmail(email) ? email : undefined
  const isShared = address !== undefined && (await findEmail(needs.store, tenant, address)).length > 0
  const login = `u${Buffer.from(needs.random(9)).toString('hex')}`
  return addAccount(needs, tenant, {
    login,
    ...(name === undefined ? {} : { name }),
    ...(address === undefined || isShared ? {} : { email: { address, verified: true } }),
  })
}

function accountIn(note: Note | undefined): string | undefined {
  return note && (JSON.parse(note.text) as { readonly account: string }).account
}
