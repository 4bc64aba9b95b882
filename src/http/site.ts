/**
 * Pages of other sites, in a browser that can reach this server, must not use it. By DNS rebinding they ask under a name of their
 * own, which Host tells; cross-site they send what needs no preflight, which Origin tells.
 * https://www.rfc-editor.org/rfc/rfc9110#section-7.2, https://fetch.spec.whatwg.org/#origin-header
 */
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { type FhirError, fail } from '../fhir/issue.ts'

export type SiteNeeds = {
  /** KILN_BASE_URL, or empty. */
  readonly configured: string
  /** By which name of ours it listens. */
  readonly host: string
  /** Nothing is given without a token, which a page must have been given itself; no cookie counts. */
  readonly guarded: boolean
  /** A proxy that is trusted says by which name it was asked; the Host that it sends is its own business. */
  readonly proxied: boolean
}

/** The refusal that a request deserves, if it does. */
export type SiteCheck = (request: Pick<IncomingMessage, 'headers' | 'method'>) => FhirError | undefined

export function siteCheck({ configured, host, guarded, proxied }: SiteNeeds): SiteCheck {
  const ours = new Set(['localhost', '[::1]', host, `[${host}]`])
  if (configured !== '') ours.add(new URL(configured).hostname)
  const isOurs = (name: string): boolean => ours.has(name) || /^127(?:\.\d{1,3}){3}$|\.localhost$/.test(name)
  /** Those that came before: clients use one or two. */
  const known = new Set<string>()

  function isKnown(name: string): boolean {
    if (known.has(name)) return true
    if (!isOurs(hostname(name)) && !isAddress(hostname(name))) return false
    if (known.size < most) known.add(name)
    return true
  }

  return ({ headers: { host: asked, origin }, method = '' }) => {
    if (asked?.includes(',')) return several
    if (asked !== undefined && !proxied && !isKnown(asked)) return misdirected(asked)
    if (guarded || safe.has(method) || origin === undefined) return undefined
    return isOurs(URL.parse(origin)?.hostname ?? '') ? undefined : foreign(origin)
  }
}

/** What is asked by its address cannot be meant otherwise: only names are bound anew. Probes of orchestrators ask so. */
function isAddress(host: string): boolean {
  return isIP(host.replace(/^\[|\]$/g, '')) !== 0
}

const most = 100 // spellings that are remembered
const safe: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Without port, in lower case; IPv6 addresses keep their brackets. */
function hostname(host: string): string {
  return URL.parse(`http://${host}`)?.hostname ?? ''
}

/** https://www.rfc-editor.org/rfc/rfc9112#section-3.2: "A server MUST respond with a 400" */
const several = fail('structure', 'the request has more than one Host header')

/** https://www.rfc-editor.org/rfc/rfc9110#status.421 */
function misdirected(host: string): FhirError {
  const text = `this server does not answer by the name '${host}': expected localhost, or the host of KILN_BASE_URL`
  return fail('not-found', text, undefined, { status: 421 })
}

function foreign(origin: string): FhirError {
  return fail('forbidden', `pages of '${origin}' may not change anything here`)
}
