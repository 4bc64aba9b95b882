/** A request for the authorization server, as oidc-provider takes them: its host is what the base says, never what the client wrote. */
import type { Socket } from 'node:net'
import type { Place } from './access-token.ts'
import { issuerOf } from './issuer.ts'

const { IncomingMessage } = process.getBuiltinModule('node:http') // see fhir/status.ts

export type OAuthRequest = {
  readonly method: string
  /** Below the issuer: `/oauth/token`. */
  readonly path: string
  /** Without the question mark. */
  readonly query: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
  readonly socket: Socket
  /** IP address of the client. */
  readonly address: string
}

export function incoming({ base }: Place, { method, path, query, headers, body, socket, address }: OAuthRequest) {
  const issuer = new URL(issuerOf(base))
  const url = query === '' ? path : `${path}?${query}`
  const own = {
    host: issuer.host,
    'x-forwarded-host': issuer.host,
    'x-forwarded-proto': issuer.protocol.slice(0, -1),
    'x-forwarded-for': address,
    ...(body.length > 0 ? { 'content-length': String(body.length) } : {}),
  }
  const { 'transfer-encoding': _, 'content-encoding': __, ...sent } = headers
  const message = new IncomingMessage(socket)
  const mount = issuer.pathname.replace(/\/$/, '')
  // Complete: else Node would take the end of what is read for a broken connection.
  Object.assign(message, { method, url, originalUrl: mount + url, httpVersion: '1.1', complete: true })
  message.headers = { ...sent, ...own }
  if (body.length > 0) message.push(body)
  message.push(null)
  return message
}

export function formOf({ headers, body }: OAuthRequest): URLSearchParams | undefined {
  const isForm = /^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(headers['content-type'] ?? '')
  return isForm ? new URLSearchParams(Buffer.from(body).toString('utf8')) : undefined
}

export function withBody(request: OAuthRequest, body: Uint8Array): OAuthRequest {
  return { ...request, body }
}

export function bearerOf({ headers }: OAuthRequest): string | undefined {
  return /^bearer +(\S+)$/i.exec(headers['authorization'] ?? '')?.[1]
}
