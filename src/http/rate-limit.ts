/** How fast one address, client or user may ask. https://www.rfc-editor.org/rfc/rfc6585#section-4 */
import { fail } from '../fhir/issue.ts'
import type { Turned } from '../security/audit/edge-event.ts'
import { neighbourhood } from '../security/networks.ts'
import type { Principal } from '../security/principal.ts'
import { usualRates } from './config.ts'

export type Rate = { readonly perSecond: number; readonly burst: number }

/** Counts one request; throws a 429 if it is one too many. */
export type Throttle = (key: string) => void

export type ThrottleNeeds = {
  readonly rate: Rate
  /** Who is counted, for the message: `this address`. */
  readonly whose: string
  /** Milliseconds that only ever rise. */
  readonly elapsed: () => number
  /** Is told of each that is turned away. */
  readonly refused?: (key: string) => void
  /** Keys that are remembered at least, and half of those that are at most. */
  readonly keys?: number
}

const usualKeys = 20_000 // some 4 MB at most

/**
 * A bucket of `burst` tokens, `perSecond` of which come back. All that is kept of it is when it will be full again (GCRA); one
 * that is full, or forgotten for newer ones, is as good as one that was never there.
 */
export function throttle({ rate, whose, elapsed, refused, keys = usualKeys }: ThrottleNeeds): Throttle {
  const each = 1000 / rate.perSecond
  const depth = each * (rate.burst - 1 + 1e-6) // sums of fractions may be a bit too large
  const fullAgain = lately(keys)
  return key => {
    const now = elapsed()
    const at = Math.max(fullAgain.get(key) ?? now, now)
    if (at - now > depth) {
      refused?.(key)
      throw tooMany(whose, rate, Math.ceil((at - now - depth) / 1000))
    }
    fullAgain.set(key, at + each)
  }
}

function tooMany(whose: string, { perSecond, burst }: Rate, seconds: number): Error {
  const text = `too many requests from ${whose}: ${perSecond} a second are served, ${burst} at once; try again in ${seconds} s`
  return fail('throttled', text, undefined, { headers: { 'retry-after': String(seconds) } })
}

/** Numbers by their keys: two generations of `keys`, the older of which is forgotten when the younger is full. */
function lately(keys: number): Pick<Map<string, number>, 'get'> & { set(key: string, value: number): void } {
  let young = new Map<string, number>()
  let old = new Map<string, number>()
  return {
    get: key => young.get(key) ?? old.get(key),
    set(key, value) {
      young.set(key, value)
      if (young.size < keys) return
      old = young
      young = new Map()
    },
  }
}

/** `undefined`: there is no limit. */
export type Throttles = {
  /** Of everything. */
  readonly address: Throttle | undefined
  readonly client: Throttle | undefined
  readonly user: Throttle | undefined
  /** Of what costs much, or lets secrets be guessed: by address. */
  readonly token: Throttle | undefined
  readonly signIn: Throttle | undefined
}

/** Both the app and the person who uses it are counted. */
export function countAsker(throttles: Throttles, { tenant, client, user }: Principal): void {
  if (client !== '') throttles.client?.(`${tenant} ${client}`) // who reads `metadata` has none
  if (user !== undefined) throttles.user?.(`${tenant} ${user}`)
}

/** What says who asks, and refuses those who asked too often. */
export function counted<A extends readonly unknown[]>(
  throttles: Throttles,
  principalOf: (...asked: A) => Principal | Promise<Principal>,
): (...asked: A) => Principal | Promise<Principal> {
  const count = (principal: Principal): Principal => {
    countAsker(throttles, principal)
    return principal
  }
  return (...asked) => {
    const principal = principalOf(...asked)
    return principal instanceof Promise ? principal.then(count) : count(principal)
  }
}

export type RateSettings = Readonly<Record<keyof typeof usualRates, string>>

export type ThrottlesNeeds = {
  readonly settings: RateSettings
  /** Milliseconds that only ever rise. */
  readonly elapsed: () => number
  /** Strangers can connect. This machine's own user would only stand in his own way. */
  readonly isExposed: boolean
  readonly refused: (who: Turned) => void
}

export function throttlesFor({ settings, elapsed, isExposed, refused }: ThrottlesNeeds): Throttles {
  const made = (name: keyof RateSettings, whose: string, who: (key: string) => Turned): Throttle | undefined => {
    const rate = rateOf(settings[name] || (isExposed ? usualRates[name] : '0'))
    return rate && throttle({ rate, whose, elapsed, refused: key => refused(who(key)) })
  }
  const byAddress = (name: keyof RateSettings): Throttle | undefined => {
    const count = made(name, 'this address', address => ({ address }))
    return count && (address => count(neighbourhood(address)))
  }
  return {
    address: byAddress('KILN_RATE_ADDRESS'),
    client: made('KILN_RATE_CLIENT', 'this client', key => inTenant(key, 'client')),
    user: made('KILN_RATE_USER', 'this user', key => inTenant(key, 'account')),
    token: byAddress('KILN_RATE_TOKEN'),
    signIn: byAddress('KILN_RATE_SIGN_IN'),
  }
}

/** Names of tenants have no spaces. */
function inTenant(key: string, what: 'client' | 'account'): Turned {
  const at = key.indexOf(' ')
  return { tenant: key.slice(0, at), [what]: key.slice(at + 1) }
}

/** `100:500`; `0`: no limit. */
export function rateOf(text: string): Rate | undefined {
  const [perSecond, burst] = text.split(':').map(Number)
  return perSecond && burst ? { perSecond, burst } : undefined
}
