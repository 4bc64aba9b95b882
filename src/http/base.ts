/** The FHIR base that the client sees. https://hl7.org/fhir/R4/http.html#general */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { fail } from '../fhir/issue.ts'
import { within } from '../security/networks.ts'

/**
 * Links lead where this says, and issuers are named after it. So it never comes from a Host header, which anybody can
 * write: it is configured, or the address that is listened on, or what a trusted proxy says.
 */
export type BaseOf = (request: IncomingMessage, tenant: string) => string

export type BaseNeeds = {
  /** KILN_BASE_URL; empty: `origin()` and `/fhir`. */
  readonly configured: string
  readonly origin: () => string
  /** Addresses and networks. */
  readonly trusted: readonly string[]
}

export function baseFinder({ configured, origin, trusted }: BaseNeeds): BaseOf {
  const isProxy = within(trusted)
  const own = ownBase({ configured, origin })
  return ({ headers, socket }, tenant) => {
    if (trusted.length > 0 && isForwarded(headers) && isProxy(socket.remoteAddress ?? '')) {
      return forwarded(headers, origin()) + pathOf(tenant)
    }
    return own(tenant)
  }
}

/** Where nobody asks from outside. */
export function ownBase({ configured, origin }: Omit<BaseNeeds, 'trusted'>): (tenant: string) => string {
  return tenant => {
    if (configured === '') return origin() + pathOf(tenant)
    return tenant === 'default' ? configured : configured.replace(/\/fhir$/, '') + pathOf(tenant)
  }
}

/** Whether the client came by https, by the same rules; `own`: whether Kiln itself speaks it. */
export function secureFinder(
  { configured, trusted }: Omit<BaseNeeds, 'origin'>,
  own: boolean,
): (request: Pick<IncomingMessage, 'headers' | 'socket'>) => boolean {
  const usually = configured === '' ? own : configured.startsWith('https:')
  if (trusted.length === 0) return () => usually
  const isProxy = within(trusted)
  return ({ headers, socket }) => {
    if (!isForwarded(headers) || !isProxy(socket.remoteAddress ?? '')) return usually
    const proto = lastOf(headers, 'x-forwarded-proto')
    return proto === '' ? own : proto === 'https'
  }
}

/** Of the address that is listened on. All addresses together have no name; one of them is always this machine's own. */
export function nameOf(host: string): string {
  return /^(?:0\.0\.0\.0|\[?::\]?)$/.test(host) ? 'localhost' : host
}

export function originOf(host: string, port: number, isSecure: boolean): string {
  const name = nameOf(host)
  return `${isSecure ? 'https' : 'http'}://${name.includes(':') ? `[${name}]` : name}:${port}`
}

function pathOf(tenant: string): string {
  return tenant === 'default' ? '/fhir' : `/t/${tenant}/fhir`
}

function isForwarded(headers: IncomingHttpHeaders): boolean {
  return ['x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-prefix'].some(name => headers[name] !== undefined)
}

function forwarded(headers: IncomingHttpHeaders, origin: string): string {
  const own = new URL(origin)
  const proto = last(headers, 'x-forwarded-proto', /^https?$/) ?? own.protocol.slice(0, -1)
  const host = last(headers, 'x-forwarded-host', /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/) ?? own.host
  const prefix = last(headers, 'x-forwarded-prefix', /^(?:\/[\w.~-]+)*\/?$/) ?? ''
  return `${proto}://${host}${prefix.replace(/\/$/, '')}`
}

/** Each proxy appends to the list: the last value is that of the one we trust. */
function last(headers: IncomingHttpHeaders, name: string, form: RegExp): string | undefined {
  const value = lastOf(headers, name)
  if (value === '') return undefined
  if (!form.test(value)) throw fail('invalid', `the header ${name} that the proxy sent is malformed: '${value}'`)
  return value
}

function lastOf(headers: IncomingHttpHeaders, name: string): string {
  const value = String(headers[name] ?? '')
  return value.slice(value.lastIndexOf(',') + 1).trim()
}
