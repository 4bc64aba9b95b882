/** Accounts on a real store, whose clock and letters a test holds in its hand. */
import { randomBytes } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'
import t, { type Test } from 'tap'
import { type Account, addAccount, type NewAccount } from '../../../src/security/accounts/account.ts'
import type { AccountEvent } from '../../../src/security/accounts/event.ts'
import type { Letter } from '../../../src/security/accounts/mailer.ts'
import { openAccounts } from '../../../src/security/accounts/open.ts'
import { hashPassword } from '../../../src/security/accounts/password.ts'
import type { From, SignInNeeds } from '../../../src/security/accounts/sign-in.ts'
import type { Store } from '../../../src/store/port.ts'
import { mongoUrl } from '../../mongo-engine/engine.ts'
import { openPlace as openMongoPlace } from '../../store/mongo/place.ts'
import type { Place } from '../../store/place.ts'
import { openPlace as openSqlitePlace } from '../../store/sqlite/place.ts'

export const password = 'seven quiet herons'
export const idle = 30 * 60_000
export const longest = 12 * 60 * 60_000

export type People = {
  readonly needs: SignInNeeds
  readonly store: Store
  readonly tenant: string
  /** ms; a test may set it. */
  now: number
  readonly letters: Letter[]
  readonly events: AccountEvent[]
  add(login: string, over?: Partial<NewAccount>): Promise<Account>
  from(over?: Partial<From>): From
}

let tenants = 0

export async function openPeople(place: Place): Promise<People> {
  const letters: Letter[] = []
  const events: AccountEvent[] = []
  const tenant = `people-${++tenants}`
  const needs = await openAccounts({
    store: place.store,
    clock: () => place.now,
    random: randomBytes,
    limits: { idle, longest },
    mailer: async letter => void letters.push(letter),
    observe: event => void events.push(event),
  })
  return {
    needs,
    store: place.store,
    tenant,
    get now() {
      return place.now
    },
    set now(ms) {
      place.now = ms
    },
    letters,
    events,
    async add(login, over = {}) {
      return addAccount(needs, tenant, { login, password: await hashPassword(password, randomBytes), ...over })
    },
    from: (over = {}) => ({ tenant, address: '192.0.2.1', device: 'Firefox', where: '/account', ...over }),
  }
}

/** Runs the same tests on SQLite and, where there is one, on a MongoDB-compatible engine. */
export async function onBoth(run: (t: Test, open: () => Promise<People>) => Promise<void>): Promise<void> {
  await t.test('on SQLite', async t => {
    const place = await openSqlitePlace(t)
    await run(t, () => openPeople(place))
  })
  const url = await mongoUrl()
  if (url === undefined) return
  await t.test('on MongoDB', async t => {
    const place = await openMongoPlace(t, url)
    await run(t, () => openPeople(place))
  })
}

/** What an authenticator app shows. */
export function codeAt(secret: string, now: number): string {
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: now })
}
