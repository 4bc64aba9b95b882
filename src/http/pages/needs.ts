/** What the pages need of the world. */
import type { AccountEvent } from '../../security/accounts/event.ts'
import type { SignInNeeds } from '../../security/accounts/sign-in.ts'
import type { IdentityProvider } from '../../security/external/identity-provider.ts'
import type { Admitting } from '../../security/external/linked.ts'
import type { Apps, Authorization, Launches } from './authorization.ts'
import type { Chart } from './chart.ts'

export type PageNeeds = SignInNeeds & {
  readonly authorization: Authorization
  readonly apps: Apps
  readonly launches: Launches
  readonly chart: Chart
  /** Where else people can sign in. */
  readonly external?: External
  /** Roles whose members need a second factor. */
  readonly forcedRoles: readonly string[]
  readonly observe: (event: AccountEvent | PageEvent) => void
}

export type External = { readonly provider: IdentityProvider; readonly admitting: Admitting }

/** A letter that was not sent, or a bug of ours. */
export type PageEvent = { readonly event: 'page.failed'; readonly error: unknown }
