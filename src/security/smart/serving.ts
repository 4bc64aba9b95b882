/** One request at the authorization server, and what it takes to answer it. */
import type { ServerResponse } from 'node:http'
import type { Place } from './access-token.ts'
import type { Accounts } from './account.ts'
import type { Authenticate } from './authenticate.ts'
import type { SmartEvent } from './event.ts'
import type { Presented } from './presented.ts'
import type { Registration } from './provider.ts'
import type { OAuthRequest } from './request.ts'

export type Exchange = { readonly place: Place; readonly request: OAuthRequest; readonly response: ServerResponse }

export type Serving = {
  /** oidc-provider answers. */
  readonly pass: (exchange: Exchange) => Promise<void>
  readonly authenticate: Authenticate
  readonly presented: Presented
  readonly accounts: Accounts
  readonly observe: (event: SmartEvent) => void
  readonly registration: Registration
  /** All that a client may be granted, as it was registered. */
  readonly allowed: (place: Place, client: string) => Promise<string | undefined>
  /** The client of a refresh token, if that has no secret. */
  readonly publicOwner: (place: Place, refreshToken: string) => Promise<string | undefined>
}

/** Recorded before it is told. */
export function refuse(
  { observe }: Pick<Serving, 'observe'>,
  { place: { tenant }, request: { address, path }, response }: Exchange,
  error: 'invalid_token' | 'insufficient_scope',
): void {
  observe({ event: 'oauth.token-refused', tenant, address, detail: `${path.slice('/oauth/'.length)}: ${error}` })
  challenge(response, error)
}

export type Way = (serving: Serving, exchange: Exchange) => Promise<void>

export function answer(response: ServerResponse, status: number, body: object): void {
  const headers = {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
    Pragma: 'no-cache',
    'X-Content-Type-Options': 'nosniff',
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Expose-Headers': 'WWW-Authenticate',
  }
  response.writeHead(status, headers).end(JSON.stringify(body))
}

/** https://www.rfc-editor.org/rfc/rfc6750#section-3.1 */
function challenge(response: ServerResponse, error: 'invalid_token' | 'insufficient_scope'): void {
  response.setHeader('WWW-Authenticate', `Bearer error="${error}"`)
  answer(response, error === 'invalid_token' ? 401 : 403, { error })
}
