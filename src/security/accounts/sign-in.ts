/** Proving who one is. A wrong name and a wrong password are answered alike, and take alike. */

import { type Account, type AccountNeeds, changeAccount, findEmail, findLogin, foldLogin } from './account.ts'
import { type Factor, provenBy } from './assurance.ts'
import { type BackOff, byAccount, byAddress, byName, type Counter } from './back-off.ts'
import type { AccountEvent } from './event.ts'
import { codeLetter } from './letter.ts'
import type { Mailer } from './mailer.ts'
import { keepOnce } from './once.ts'
import { authenticate, type Site } from './passkey.ts'
import { isPassword } from './password.ts'
import { useRecoveryCode } from './recovery.ts'
import type { Seal } from './seal.ts'
import type { Sessions, SignedIn, Started } from './session.ts'
import { stepOf, totpSecret } from './totp.ts'

export type SignInNeeds = AccountNeeds & {
  readonly seal: Seal
  readonly backOff: BackOff
  readonly sessions: Sessions
  /** Absent: no mail is sent. */
  readonly mailer?: Mailer
  readonly observe: (event: AccountEvent) => void
}

/** Where somebody comes from. */
export type From = {
  readonly tenant: string
  readonly address: string
  /** What the browser calls itself. */
  readonly device: string
  /** The page. */
  readonly where: string
  /** The token that it has. */
  readonly token?: string
}

export type Outcome =
  | ({ readonly is: 'in' } & Started)
  /** For whatever reason. */
  | { readonly is: 'refused' }
  /** ms */
  | { readonly is: 'held-off'; readonly wait: number }

/** `name`: a login, or an address that was verified and is of one account alone. */
export async function passwordStep(needs: SignInNeeds, from: From, name: string, password: string): Promise<Outcome> {
  const { tenant, address, device, where: provenAt, token } = from
  const account = await accountNamed(needs, tenant, name)
  const counter = account ? byAccount(account.id) : byName(foldLogin(name))
  return guess(needs, from, account, counter, async () => {
    const right = await isPassword(account?.password, password)
    if (!right || !account || account.locked) return undefined
    const proven = { account: account.id, acr: 'aal1', amr: ['pwd'], provenAt, device, address } as const
    return needs.sessions.start(tenant, proven, token)
  })
}

async function accountNamed({ store }: AccountNeeds, tenant: string, name: string): Promise<Account | undefined> {
  const account = await findLogin(store, tenant, name)
  if (account || !name.includes('@')) return account
  const [first, ...others] = await findEmail(store, tenant, name)
  return others.length === 0 ? first : undefined
}

/** Counted first, judged then; what was right counts no more. */
async function guess(
  needs: SignInNeeds,
  { tenant, address }: From,
  account: Account | undefined,
  counter: Counter,
  judge: () => Promise<Started | undefined>,
): Promise<Outcome> {
  const { backOff, observe } = needs
  const others = [byAddress(address)]
  const about = { tenant, address, ...(account ? { account: account.id } : {}) }
  const wait = await backOff.attempt(tenant, [counter, ...others])
  if (wait > 0) {
    observe({ event: 'account.held-off', ...about, detail: counter.name.split(' ', 1)[0] ?? '' })
    return { is: 'held-off', wait }
  }
  const started = await judge()
  if (!started) {
    observe({ event: 'account.refused', ...about, detail: counter.name.split(' ', 1)[0] ?? '' })
    return { is: 'refused' }
  }
  await backOff.succeed(tenant, counter, others)
  observe({ event: 'account.signed-in', ...about, detail: started.session.amr.join(' ') })
  return { is: 'in', ...started }
}

/** `response`: a code, or what the browser made of a passkey. */
export type Proof = { readonly factor: Factor; readonly response: string; readonly site: Site }

export async function secondStep(needs: SignInNeeds, from: From, who: SignedIn, proof: Proof): Promise<Outcome> {
  const { account, session } = who
  return guess(needs, from, account, bySecond(account), async () => {
    if (!(await isProven(needs, who, proof))) return undefined
    return needs.sessions.raise(from.tenant, session, { ...provenBy(proof.factor, session.amr), provenAt: from.where })
  })
}

function bySecond({ id }: Account): Counter {
  return { name: `second ${id}`, free: 5, first: 30_000 }
}

/** What is good once is used up by the same change that finds it good. */
async function isProven(needs: SignInNeeds, who: SignedIn, { factor, response, site }: Proof): Promise<boolean> {
  const { store, seal, clock } = needs
  const { tenant } = site
  const { login } = who.account
  switch (factor) {
    case 'totp': {
      const changed = await changeAccount(store, tenant, login, account => {
        if (!account.totp) return undefined
        const last = stepOf(totpSecret(seal, account, account.totp), response, clock(), account.totp.last)
        return last === undefined ? undefined : { ...account, totp: { ...account.totp, last } }
      })
      return changed !== undefined
    }
    case 'recovery': {
      const changed = await changeAccount(store, tenant, login, account => useRecoveryCode(account, seal, response))
      return changed !== undefined
    }
    case 'email':
      return isSentCode(needs, tenant, who, response)
    case 'passkey': {
      const used = await authenticate(needs, { site, session: who.session.id, account: who.account }, response)
      if (!used) return false
      const changed = await changeAccount(store, tenant, login, account => {
        const before = account.passkeys.find(({ id }) => id === used.id)
        if (!before || (used.counter > 0 && used.counter <= before.counter)) return undefined // somebody has copied it
        return { ...account, passkeys: account.passkeys.map(one => (one.id === used.id ? used : one)) }
      })
      return changed !== undefined
    }
  }
}

const codeLasting = 10 * 60_000 // ms

function codeOf(tenant: string, { session }: Pick<SignedIn, 'session'>) {
  return { tenant, kind: 'email-code', id: session.id }
}

/** Good for the browser that asked for it. `wait`: ms until another may be sent. */
export async function sendCode(
  needs: SignInNeeds,
  tenant: string,
  who: SignedIn,
): Promise<{ readonly sent: boolean; readonly wait: number }> {
  const { mailer, random, seal, backOff } = needs
  const { email, emailCodes, id, name } = who.account
  if (!mailer || !emailCodes || !email?.verified) return { sent: false, wait: 0 }
  const wait = await backOff.attempt(tenant, [{ name: `code ${id}`, free: 5, first: 60_000 }])
  if (wait > 0) return { sent: false, wait }
  const code = String(Buffer.from(random(6)).readUIntBE(0, 6) % 1_000_000).padStart(6, '0')
  await keepOnce(needs, codeOf(tenant, who), seal.digest(code, `code ${id}`), codeLasting)
  await mailer(codeLetter({ address: email.address, name }, code))
  return { sent: true, wait: 0 }
}

async function isSentCode({ store, seal }: SignInNeeds, tenant: string, who: SignedIn, code: string): Promise<boolean> {
  const key = codeOf(tenant, who)
  const note = await store.note(key)
  if (note?.text !== seal.digest(code.replace(/\s/g, ''), `code ${who.account.id}`)) return false
  return store.dropNote(key, note.revision)
}
