/** What accounts and the authorization server report, as the audit has it. */
import type { AccountEvent } from '../accounts/event.ts'
import type { SmartEvent } from '../smart/event.ts'
import { type Exchange, type Occurrence, type Result, type SecurityEvent, success } from './occurrence.ts'

type Told = AccountEvent | Extract<SmartEvent, { readonly tenant: string }>

/** What somebody tried, and was not let do. */
const refused: Result = { outcome: '4' }

const kinds: Readonly<Record<Told['event'], readonly [SecurityEvent['what'], Result]>> = {
  'account.signed-in': ['sign-in', success],
  'account.refused': ['sign-in', refused],
  'account.held-off': ['sign-in', refused],
  'account.signed-out': ['sign-out', success],
  'account.changed': ['account-changed', success],
  'account.launched': ['launched', success],
  'oauth.authorized': ['consent-given', success],
  'oauth.client-changed': ['client-changed', success],
  'oauth.token-issued': ['token-issued', success],
  'oauth.token-refused': ['token-refused', refused],
  'oauth.token-revoked': ['token-revoked', success],
}

/** `undefined`: that is nothing for the audit. `base`: that of the tenant. */
export function toldBy(
  event: { readonly event: string },
  at: number,
  base: (tenant: string) => string,
): Occurrence | undefined {
  if (!isTold(event)) return undefined
  const { tenant, account, address, detail } = event
  const [what, result] = kinds[event.event]
  const exchange: Exchange = {
    ...{ tenant, base: base(tenant), at, address },
    principal: { client: clientOf(event), user: account },
  }
  return { exchange, did: { what, ...result, why: why(event.event, detail) }, patients: [] }
}

function isTold(event: { readonly event: string }): event is Told {
  return event.event in kinds
}

/** People sign in at our own pages. Who asks for tokens may be one that we do not know. */
function clientOf(event: Told): string | undefined {
  if ('client' in event) return event.client
  return event.event.startsWith('account.') ? 'kiln' : undefined
}

/** Held off is refused as well. */
function why(event: Told['event'], detail: string): string {
  return event === 'account.held-off' ? `held off: ${detail}` : detail
}
