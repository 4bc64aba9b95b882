/** Who may sign in. Kept as notes, so that no FHIR request can read them; whoever changes one saw what he changes. */
import { fail } from '../../fhir/issue.ts'
import type { Note, Store } from '../../store/port.ts'

export type Account = {
  /** `sub` of tokens: never given to anybody else, though the login may be. */
  readonly id: string
  /** As it is typed at sign-in, folded. */
  readonly login: string
  /** Of the person, as it is shown. */
  readonly name: string
  readonly email?: Email
  /** In PHC form, by `hashPassword`; absent: nobody can sign in by one. */
  readonly password?: string
  readonly roles: readonly string[]
  /** Local references to Practitioner, PractitionerRole, Patient, RelatedPerson or Person; the first is `fhirUser`. */
  readonly links: readonly string[]
  /** By an administrator; back-off after failures is another thing. */
  readonly locked: boolean
  readonly totp?: Totp
  readonly passkeys: readonly Passkey[]
  /** Codes are sent to the verified address. */
  readonly emailCodes: boolean
  /** Digests of those that were not used yet. */
  readonly recovery: readonly string[]
  /** ms */
  readonly created: number
}

export type Email = { readonly address: string; readonly verified: boolean }

/** https://www.rfc-editor.org/rfc/rfc6238 `sealed`: the secret, encrypted; `last`: the time step of the last code that was used. */
export type Totp = { readonly sealed: string; readonly last: number }

/** https://www.w3.org/TR/webauthn-3/ */
export type Passkey = {
  readonly id: string
  /** As its owner calls it. */
  readonly name: string
  /** COSE, base64url */
  readonly publicKey: string
  /** Of its uses, where the key counts them. */
  readonly counter: number
  readonly transports: readonly string[]
  /** ms */
  readonly created: number
}

export type AccountStore = Pick<Store, 'note' | 'notes' | 'keepNote' | 'dropNote' | 'dropNotes'>

export type AccountNeeds = {
  readonly store: AccountStore
  readonly clock: () => number
  readonly random: (bytes: number) => Uint8Array
}

export type NewAccount = {
  readonly login: string
  readonly name?: string
  readonly email?: Email
  readonly password?: string
  readonly roles?: readonly string[]
  readonly links?: readonly string[]
}

const kind = 'account'

/** The same for all ways to write it. */
export function foldLogin(text: string): string {
  return text.normalize('NFKC').trim().toLowerCase()
}

const loginForm = /^[\p{L}\p{N}][\p{L}\p{N}._@+-]{0,63}$/u
const emailForm = /^[^\s@<>()[\]\\,;:"\p{C}]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,188}[a-z0-9])?$/iu
const linkForm = /^(?:Practitioner|PractitionerRole|Patient|RelatedPerson|Person)\/[A-Za-z0-9.-]{1,64}$/
const roleForm = /^[a-z][a-z0-9-]{0,63}$/

/** Throws what is wrong with it. */
export function checkedAccount({ login, email, roles = [], links = [] }: NewAccount): void {
  if (!loginForm.test(foldLogin(login))) {
    throw fail('value', `'${login}' is no login: expected up to 64 letters, digits or any of . _ @ + -`)
  }
  if (email && !isEmail(email.address)) throw fail('value', `'${email.address}' is no e-mail address`)
  checkRoles(roles)
  for (const link of links) {
    if (!linkForm.test(link)) throw fail('value', `'${link}' is no link: expected such as Practitioner/23`)
  }
}

export function checkRoles(roles: readonly string[]): void {
  for (const role of roles) {
    if (!roleForm.test(role)) throw fail('value', `'${role}' is no role: expected a-z, 0-9 and -`)
  }
}

export function isEmail(text: string): boolean {
  return emailForm.test(text)
}

/** Throws if there is one of this login. */
export async function addAccount(
  { store, clock, random }: AccountNeeds,
  tenant: string,
  wanted: NewAccount,
): Promise<Account> {
  checkedAccount(wanted)
  const { roles = [], links = [], name = wanted.login.trim(), ...given } = wanted
  const account: Account = {
    ...{ ...given, name, roles, links, locked: false, passkeys: [], emailCodes: false, recovery: [] },
    login: foldLogin(wanted.login),
    id: Buffer.from(random(16)).toString('base64url'),
    created: clock(),
  }
  const kept = await store.keepNote(noteOf(tenant, account, 0))
  if (kept === undefined) throw fail('duplicate', `there is an account '${account.login}' already`)
  return account
}

export async function findLogin(
  store: Pick<Store, 'note'>,
  tenant: string,
  login: string,
): Promise<Account | undefined> {
  const note = await store.note({ tenant, kind, id: foldLogin(login) })
  return note && accountOf(note)
}

export async function findAccount(
  store: Pick<Store, 'notes'>,
  tenant: string,
  id: string,
): Promise<Account | undefined> {
  const [note] = await store.notes({ tenant, kind, tag: `account:${id}`, limit: 1 })
  return note && accountOf(note)
}

/** Several people may share an address that is theirs. Only where it was verified. */
export async function findEmail(
  store: Pick<Store, 'notes'>,
  tenant: string,
  address: string,
): Promise<readonly Account[]> {
  const notes = await store.notes({ tenant, kind, tag: emailTag(address), limit: 10 })
  return notes.map(accountOf).filter(({ email }) => email?.verified)
}

export async function listAccounts(store: Pick<Store, 'notes'>, tenant: string): Promise<readonly Account[]> {
  const all: Account[] = []
  for (let after = ''; ; ) {
    const notes = await store.notes({ tenant, kind, after, limit: page })
    all.push(...notes.map(accountOf))
    const last = notes.at(-1)
    if (last === undefined || notes.length < page) return all
    after = last.id
  }
}

const page = 500

/** What becomes of it; `undefined`: it stays as it is. */
export type Change = (account: Account) => Account | undefined

/** Gives what it is then; `undefined`: there is none, or it was to stay. May call `change` again if somebody was faster. */
export async function changeAccount(
  store: Pick<Store, 'note' | 'keepNote'>,
  tenant: string,
  login: string,
  change: Change,
): Promise<Account | undefined> {
  const note = await store.note({ tenant, kind, id: foldLogin(login) })
  const changed = note && change(accountOf(note))
  if (!note || !changed) return undefined
  const revision = await store.keepNote(noteOf(tenant, changed, note.revision))
  return revision === undefined ? changeAccount(store, tenant, login, change) : changed
}

function accountOf(note: Note): Account {
  return JSON.parse(note.text)
}

function noteOf(tenant: string, account: Account, revision: number): Note {
  const { id, login, email } = account
  const tags = [`account:${id}`, ...(email ? [emailTag(email.address)] : [])]
  return { tenant, kind, id: login, text: JSON.stringify(account), tags, revision }
}

function emailTag(address: string): string {
  return `email:${address.trim().toLowerCase()}`
}

/** Who that is, as a local reference. */
export function fhirUserOf({ links }: Pick<Account, 'links'>): string | undefined {
  return links[0]
}
