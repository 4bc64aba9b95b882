/** What was revoked before its time: https://www.rfc-editor.org/rfc/rfc7009. All processes know it within half a second. */
import type { Note, Store } from '../../store/port.ts'
import type { AccessClaims } from './access-token.ts'
import { recent } from './recent.ts'

/** One token, all of a grant, of a client, of an account, or of a session somebody had at a browser; or all that a key signed, also later. */
export type Revocable = `${'token' | 'grant' | 'client' | 'user' | 'session' | 'key'}:${string}`

export type Revoked = {
  /** Of tokens that were issued until now. */
  readonly revoke: (tenant: string, what: Revocable) => Promise<void>
  /** `kid`: of the key of ours that signed it. A promise only where it must be looked up. */
  readonly has: (tenant: string, claims: AccessClaims, kid: string) => boolean | Promise<boolean>
}

export type RevokedNeeds = {
  readonly store: Pick<Store, 'notes' | 'keepNote'>
  readonly clock: () => number
  readonly random: (bytes: number) => Uint8Array
  /** ms that no access token outlives. */
  readonly longest: number
}

const lasting = 500 // ms
/** ms that the clocks of processes may differ, and that a note may take to be there. */
const skew = 60_000
const page = 1_000

/** When it was revoked, in seconds, as tokens tell when they were issued. */
type Known = { readonly revoked: Map<string, number>; readonly at: number }

export function openRevoked({ store, clock, random, longest }: RevokedNeeds): Revoked {
  const known = recent<Known>(clock, lasting, look)

  /** Ids begin with their time: only what is new is read. */
  async function look(tenant: string, before: Known | undefined): Promise<Known> {
    const at = clock()
    const since = before === undefined || before.at > at ? at - longest : before.at - skew
    const revoked = new Map([...(before?.revoked ?? [])].filter(([, when]) => when * 1000 > at - longest - skew))
    let after = idAt(since)
    for (;;) {
      const notes: readonly Note[] = await store.notes({ tenant, kind, after, limit: page })
      for (const { text, id } of notes) revoked.set(text, Math.max(revoked.get(text) ?? 0, secondsOf(id)))
      const last = notes.at(-1)
      if (last === undefined || notes.length < page) return { revoked, at }
      after = last.id
    }
  }

  return {
    async revoke(tenant, what) {
      const now = clock()
      const id = idAt(now) + Buffer.from(random(9)).toString('base64url')
      await store.keepNote({ tenant, kind, id, text: what, tags: [], expires: now + longest + skew, revision: 0 })
      known.forget(tenant)
    },
    has(tenant, claims, kid) {
      const held = known.of(tenant)
      return held instanceof Promise ? held.then(one => isRevoked(one, claims, kid)) : isRevoked(held, claims, kid)
    },
  }
}

const kind = 'revoked'

function idAt(ms: number): string {
  return `${String(Math.max(0, Math.floor(ms))).padStart(16, '0')}.`
}

function secondsOf(id: string): number {
  return Math.floor(Number(id.slice(0, 16)) / 1000)
}

function isRevoked({ revoked }: Known, { jti, grant, client_id, sub, sid, iat }: AccessClaims, kid: string): boolean {
  if (revoked.size === 0) return false
  if (revoked.has(`key:${kid}`)) return true // whoever has the key writes what time he likes
  const names = [`token:${jti}`, `grant:${grant}`, `client:${client_id}`, `user:${sub}`, `session:${sid}`]
  return names.some(name => (revoked.get(name) ?? -1) >= iat)
}
