/** The authorization server over HTTP, and what is told to whoever has no token yet: errors are those of RFC 6749, as JSON. */
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { foreseen } from '../interactions/refusal.ts'
import type { Place } from '../security/smart/access-token.ts'
import { resourceMetadata, smartConfiguration, smartStyle } from '../security/smart/discovery.ts'
import type { Registration } from '../security/smart/provider.ts'
import type { Serve } from '../security/smart/serve.ts'
import { noTenant } from '../security/tenants/tenants.ts'
import type { AddressOf } from './address.ts'
import type { BaseOf } from './base.ts'
import { brandsUrl, type FindBrands, printed } from './brands.ts'
import { exposed, preflights } from './cross-origin.ts'
import type { Enter } from './entrance.ts'
import type { HttpEvent } from './event.ts'
import { type CommonHeaders, stamp } from './headers.ts'

export type OAuthNeeds = {
  readonly serve: Serve
  readonly baseOf: BaseOf
  readonly addressOf: AddressOf
  readonly enter: Enter
  readonly registration: Registration
  /** Issuers elsewhere whose access tokens are good here. */
  readonly trusted: readonly string[]
  /** Those whom people know to be behind this server. */
  readonly brands: FindBrands
  readonly headers: CommonHeaders
  /** Counts what costs much, or lets secrets be guessed; throws a 429. */
  readonly count: (request: IncomingMessage) => void
  /** Milliseconds that only ever rise. */
  readonly elapsed: () => number
  readonly observe: (event: HttpEvent) => void
}

const bodyLimit = 64 * 1024 // bytes; the largest are registrations with keys

type Request = FastifyRequest<{ Body: Buffer | undefined; Params: { readonly tenant?: string } }>

type Answer = (place: Place, request: Request, reply: FastifyReply) => unknown

/** Below the issuer. */
const metadata = '/.well-known/oauth-authorization-server'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'] as const

export function oauthScope(needs: OAuthNeeds): (scope: FastifyInstance) => Promise<void> {
  const { registration, trusted, brands } = needs
  const passed = pass(needs)
  const smart = async (place: Place): Promise<object> => {
    const { identifier } = (await brands(place)) ?? {}
    const told = identifier && { url: brandsUrl(place.base), identifier }
    return smartConfiguration(place.base, { registration, brands: told })
  }
  return async scope => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body))
    scope.setErrorHandler(refuser(needs))
    scope.addHook('onRequest', stamp(needs.headers))
    const get = (url: string, answer: Answer): void => {
      scope.get(url, handled(needs, answer))
    }
    for (const tenant of ['', '/t/:tenant']) {
      get(`${tenant}/fhir/.well-known/smart-configuration`, tell(smart))
      get(`${tenant}/fhir/.well-known/user-access-brands`, branded(brands))
      get(
        `/.well-known/oauth-protected-resource${tenant}/fhir`,
        tell(({ base }) => resourceMetadata(base, trusted)),
      )
      get(
        `${tenant}/oauth/smart-style.json`,
        tell(() => smartStyle),
      )
      get(`${tenant}/.well-known/openid-configuration`, passed)
      // The path of the issuer stands behind: https://www.rfc-editor.org/rfc/rfc8414#section-3.1
      get(
        `${metadata}${tenant}`,
        pass(needs, () => metadata),
      )
      scope.route({ method: [...methods], url: `${tenant}/oauth/*`, handler: handled(needs, passed) })
    }
    const urls = ['/oauth/*', '/t/:tenant/oauth/*', '/.well-known/*', '/t/:tenant/.well-known/*']
    preflights(urls, methods)(scope)
  }
}

function handled({ baseOf, enter, count, elapsed, observe }: OAuthNeeds, answer: Answer) {
  return async (request: Request, reply: FastifyReply): Promise<FastifyReply> => {
    const started = elapsed()
    const { id, raw } = request
    const { tenant: named } = request.params
    const tenant = named ?? 'default'
    reply.raw.setHeader('X-Request-Id', id)
    if (raw.method === 'POST') count(raw)
    if (named !== undefined && !isWritten(named, raw.url)) throw noTenant(named)
    await enter(tenant)
    await answer({ tenant, base: baseOf(raw, tenant) }, request, reply)
    const { statusCode: status } = reply.raw
    observe({ event: 'http.answered', request: id, interaction: 'oauth', status, ms: elapsed() - started })
    return reply
  }
}

/** Names are taken as they stand: each tenant has one base, and `default` has that at the root. */
function isWritten(tenant: string, url = ''): boolean {
  return tenant !== 'default' && `${url.split('?', 1)[0]}/`.includes(`/t/${tenant}/`)
}

/** For pages of every origin; settings change with a start, so a minute is not too long. */
const forEverybody = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': exposed,
  'cache-control': 'public, max-age=60',
  'x-content-type-options': 'nosniff',
}

/** `application/json` whatever Accept says. */
function tell(what: (place: Place) => object | Promise<object>): Answer {
  return async (place, _request, reply) => {
    const body = JSON.stringify(await what(place))
    reply.headers(forEverybody).type('application/json; charset=utf-8').send(body)
  }
}

function branded(brands: FindBrands): Answer {
  return async (place, { headers }, reply) => {
    const found = await brands(place)
    if (!found) return reply.code(404).headers(forEverybody).send({ error: 'not_found' })
    const { text, etag } = printed(found)
    reply.headers({ ...forEverybody, etag })
    const isKnown = (headers['if-none-match'] ?? '').split(',').some(one => one.trim() === etag)
    return isKnown ? reply.code(304).send() : reply.type('application/fhir+json; charset=utf-8').send(text)
  }
}

function pass(needs: OAuthNeeds, pathOf = belowIssuer): Answer {
  const refuse = refuser(needs)
  return async (place, request, reply) => {
    const { raw, body } = request
    const { method = 'GET', url = '', socket } = raw
    const mark = url.indexOf('?')
    const query = mark < 0 ? '' : url.slice(mark + 1)
    const headers = raw.headers as Readonly<Record<string, string | undefined>>
    reply.hijack()
    const path = pathOf(mark < 0 ? url : url.slice(0, mark))
    const sent = { method, path, query, headers, body: body ?? new Uint8Array(), socket, address: needs.addressOf(raw) }
    await needs.serve(place, sent, reply.raw).catch(error => refuse(error, request, reply))
  }
}

function belowIssuer(path: string): string {
  return path.replace(/^\/t\/[^/]+/, '')
}

/** What the library answers itself never comes here. */
function refuser({ observe }: OAuthNeeds) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const { status, text, more, why } = refusalOf(error)
    if (status === 500) observe({ event: 'http.failed', request: request.id, interaction: 'oauth', error })
    if (reply.raw.headersSent) {
      reply.raw.destroy()
      return
    }
    const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...more }
    reply.hijack()
    reply.raw.writeHead(status, headers).end(JSON.stringify({ error: text, error_description: why }))
  }
}

type OAuthRefusal = { readonly status: number; readonly text: string; readonly more?: object; readonly why?: string }

function refusalOf(error: unknown): OAuthRefusal {
  const known = foreseen(error)
  if (known !== undefined) {
    const { status, headers: more, message: why } = known
    return { status, text: status === 503 ? 'temporarily_unavailable' : 'invalid_request', more, why }
  }
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  return status < 500 ? { status, text: 'invalid_request' } : { status: 500, text: 'server_error' }
}
