/** What accounts, the authorization server, the edge and the commands report, as the audit has it. */
import type { AccountEvent } from '../accounts/event.ts'
import type { SmartEvent } from '../smart/event.ts'
import type { TenantEvent } from '../tenants/event.ts'
import type { EdgeEvent } from './edge-event.ts'
import { type Exchange, type Occurrence, type Result, type SecurityEvent, success } from './occurrence.ts'

type Named = AccountEvent | Extract<SmartEvent, { readonly tenant: string }>
type Told = Named | EdgeEvent | TenantEvent

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
  'oauth.keys-changed': ['keys-changed', success],
  'http.throttled': ['throttled', refused],
  'http.token-in-url': ['token-in-url', refused],
  'tenant.changed': ['tenant-changed', success],
  'tenant.erased': ['tenant-erased', success],
}

/** `undefined`: that is nothing for the audit. `base`: that of the tenant. */
export function toldBy(
  event: { readonly event: string },
  at: number,
  base: (tenant: string) => string,
): Occurrence | undefined {
  if (!isTold(event)) return undefined
  const [what, result] = kinds[event.event]
  const { tenant, principal, why, ...rest } = tellingOf(event)
  const exchange: Exchange = { ...rest, tenant, base: base(tenant), at, principal }
  return { exchange, did: { what, ...result, why }, patients: [] }
}

/** Of no tenant in particular: of the site. */
const site = 'default'

type Telling = Omit<Exchange, 'base' | 'at'> & { readonly why: string }

function tellingOf(event: Told): Telling {
  switch (event.event) {
    case 'http.throttled': {
      const { tenant = site, client, account, address, count } = event
      return { tenant, address, principal: { client, user: account }, why: `429 throttled, ${count} times in a minute` }
    }
    case 'http.token-in-url': {
      const { tenant, request, address } = event
      return { tenant, request, address, why: '400 invalid' }
    }
    case 'tenant.changed':
    case 'tenant.erased':
      return { tenant: site, principal: { client: 'kiln-cli' }, why: `${event.name}: ${event.detail}` }
    default: {
      const { tenant, account, address } = event
      return { tenant, address, principal: { client: clientOf(event), user: account }, why: why(event) }
    }
  }
}

function isTold(event: { readonly event: string }): event is Told {
  return event.event in kinds
}

/** People sign in at our own pages. Who asks for tokens may be one that we do not know. */
function clientOf(event: Named): string | undefined {
  if ('client' in event) return event.client
  return event.event.startsWith('account.') ? 'kiln' : undefined
}

/** Held off is refused as well. */
function why({ event, detail }: Named): string {
  return event === 'account.held-off' ? `held off: ${detail}` : detail
}
