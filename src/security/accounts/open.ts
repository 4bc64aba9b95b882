/** Accounts of all tenants, with what they need beside the store. */
import type { Store } from '../../store/port.ts'
import { openBackOff } from './back-off.ts'
import type { AccountEvent } from './event.ts'
import type { Mailer } from './mailer.ts'
import { openSeal } from './seal.ts'
import { openSessions, type SessionLimits } from './session.ts'
import type { SignInNeeds } from './sign-in.ts'

export type AccountsNeeds = {
  readonly store: Store
  readonly clock: () => number
  readonly random: (bytes: number) => Uint8Array
  readonly limits: SessionLimits
  /** `undefined`: no mail is sent. */
  readonly mailer: Mailer | undefined
  readonly observe: (event: AccountEvent) => void
}

export async function openAccounts(needs: AccountsNeeds): Promise<SignInNeeds> {
  const { store, clock, random, limits, mailer, observe } = needs
  const own = { store, clock, random }
  return {
    ...own,
    seal: openSeal(await store.secret('accounts'), random),
    backOff: openBackOff(own),
    sessions: openSessions(own, limits),
    ...(mailer ? { mailer } : {}),
    observe,
  }
}
