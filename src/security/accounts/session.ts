/** Who is signed in at a browser. Ends when nobody does anything, and at last in any case. https://pages.nist.gov/800-63-4/sp800-63b.html#sec5 */
import type { Note } from '../../store/port.ts'
import { type Account, type AccountNeeds, findAccount } from './account.ts'
import type { Acr, Amr } from './assurance.ts'
import { digestOf, newToken } from './once.ts'

export type Session = {
  /** A digest of the token in the cookie: it may be shown. */
  readonly id: string
  /** Of the account. */
  readonly account: string
  /** ms */
  readonly started: number
  readonly seen: number
  /** When it was last proven who it is, ms. */
  readonly proven: number
  /** The page at which: an app may want it proven at its own. */
  readonly provenAt: string
  readonly acr: Acr
  readonly amr: readonly Amr[]
  /** What the browser calls itself, and where it was. */
  readonly device: string
  readonly address: string
}

export type Started = { readonly token: string; readonly session: Session }

export type Sessions = {
  /** `before`: the session that the browser had, which ends. */
  readonly start: (
    tenant: string,
    proven: Pick<Session, 'account' | 'acr' | 'amr' | 'provenAt' | 'device' | 'address'>,
    before?: string,
  ) => Promise<Started>
  /** A session of which more is proven gets another token: who knew the old one is not raised with it. */
  readonly raise: (
    tenant: string,
    session: Session,
    proven: Pick<Session, 'acr' | 'amr' | 'provenAt'>,
  ) => Promise<Started>
  /** With its account, if both may still be used; it counts as seen. */
  readonly find: (tenant: string, token: string) => Promise<SignedIn | undefined>
  readonly list: (tenant: string, account: string) => Promise<readonly Session[]>
  /** `false`: the account has no such session. */
  readonly end: (tenant: string, account: string, id: string) => Promise<boolean>
  readonly endAll: (tenant: string, account: string) => Promise<void>
}

export type SignedIn = { readonly session: Session; readonly account: Account }

/** ms */
export type SessionLimits = { readonly idle: number; readonly longest: number }

const kind = 'account-session'
const minute = 60_000 // ms: being seen is written no more often
const most = 100 // sessions that are listed

export function openSessions({ store, clock, random }: AccountNeeds, { idle, longest }: SessionLimits): Sessions {
  function noteOf(tenant: string, session: Session, revision: number): Note {
    const { id, account, started, seen } = session
    const expires = Math.min(seen + idle, started + longest)
    return { tenant, kind, id, text: JSON.stringify(session), tags: [`account:${account}`], expires, revision }
  }

  async function keep(tenant: string, session: Omit<Session, 'id'>): Promise<Started> {
    const token = newToken(random)
    const kept = { id: digestOf(token), ...session }
    await store.keepNote(noteOf(tenant, kept, 0))
    return { token, session: kept }
  }

  async function touch(tenant: string, session: Session, revision: number): Promise<Session> {
    const now = clock()
    if (now - session.seen < minute) return session
    const seen = { ...session, seen: now }
    await store.keepNote(noteOf(tenant, seen, revision)) // who was faster has seen it as well
    return seen
  }

  return {
    async start(tenant, proven, before) {
      if (before !== undefined) await store.dropNote({ tenant, kind, id: digestOf(before) })
      const now = clock()
      return keep(tenant, { ...proven, started: now, seen: now, proven: now })
    },
    async raise(tenant, session, proven) {
      await store.dropNote({ tenant, kind, id: session.id })
      const { id: _, ...rest } = session
      return keep(tenant, { ...rest, ...proven, seen: clock(), proven: clock() })
    },
    async find(tenant, token) {
      const note = await store.note({ tenant, kind, id: digestOf(token) })
      if (!note) return undefined
      const session: Session = JSON.parse(note.text)
      const account = await findAccount(store, tenant, session.account)
      if (!account || account.locked) return undefined
      return { session: await touch(tenant, session, note.revision), account }
    },
    async list(tenant, account) {
      const notes = await store.notes({ tenant, kind, tag: `account:${account}`, limit: most })
      const sessions = notes.map(({ text }) => JSON.parse(text) as Session)
      return sessions.sort((a, b) => b.seen - a.seen)
    },
    async end(tenant, account, id) {
      const note = await store.note({ tenant, kind, id })
      if (!note?.tags.includes(`account:${account}`)) return false
      return store.dropNote(note)
    },
    endAll: (tenant, account) => store.dropNotes(tenant, kind, `account:${account}`),
  }
}
