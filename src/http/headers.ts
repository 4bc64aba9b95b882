/**
 * Headers that every answer carries, against what browsers do with answers that nobody meant for them. Constants: they cost
 * nothing but their bytes. https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers
 */
import type { IncomingMessage } from 'node:http'
import type { onRequestHookHandler } from 'fastify'

/** Names and values in turn, as `writeHead` takes them. */
export type Lines = readonly string[]

/** To requests, and to what should have become one. */
export type CommonHeaders = (request: Asked) => Lines

export type Asked = Pick<IncomingMessage, 'headers' | 'socket'>

const common: Lines = [
  // Patients' data lies in no cache, not even the browser's own on a shared computer. Who keeps a copy knowingly, asks by ETag.
  ...['Cache-Control', 'private, no-store'],
  ...['X-Content-Type-Options', 'nosniff'],
  // Browsers show `+xml` with the scripts in it, and Binary holds whole pages: they run nothing, load nothing, are nobody's frame.
  ...['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'; sandbox"],
  ...['Cross-Origin-Resource-Policy', 'same-origin'], // as an image or a script; CORS decides about the rest
  ...['Referrer-Policy', 'no-referrer'],
]

export type HeaderNeeds = {
  /** Whether the client came by https. */
  readonly isSecure: (request: Asked) => boolean
  /** Seconds for which browsers shall ask by https only; 0 takes it back. */
  readonly maxAge: number
}

/** https://www.rfc-editor.org/rfc/rfc6797#section-7.2: never over plain HTTP. Other names below this one are not ours to bind. */
export function commonHeaders({ isSecure, maxAge }: HeaderNeeds): CommonHeaders {
  const secure = [...common, 'Strict-Transport-Security', `max-age=${maxAge}`]
  return request => (isSecure(request) ? secure : common)
}

/** For scopes that answer by Fastify's reply: what they set themselves replaces these. */
export function stamp(headers: CommonHeaders): onRequestHookHandler {
  return ({ raw: request }, { raw }, done) => {
    const lines = headers(request)
    for (let at = 0; at < lines.length; at += 2) raw.setHeader(lines[at] ?? '', lines[at + 1] ?? '')
    done()
  }
}
