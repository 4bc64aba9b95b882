/** The RESTful API over HTTP: one wildcard route, bytes in, bytes out. https://hl7.org/fhir/R4/http.html */
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type FhirError, fail, toOutcome } from '../fhir/issue.ts'
import { printJson } from '../fhir/json.ts'
import type { Incoming } from '../interactions/dispatch.ts'
import type { Answer, Interaction, Method, Payload } from '../interactions/interaction.ts'
import { bug, unavailable } from '../interactions/refusal.ts'
import type { Principal } from '../security/principal.ts'
import { noTenant } from '../security/tenants/tenants.ts'
import type { AddressOf } from './address.ts'
import type { BaseOf } from './base.ts'
import { acceptBodies } from './body.ts'
import { preflights } from './cross-origin.ts'
import type { Enter } from './entrance.ts'
import type { HttpEvent } from './event.ts'
import type { CommonHeaders } from './headers.ts'
import { methods, notAMethod, refusalOf } from './refusal.ts'
import { sender } from './reply.ts'
import { plainWish, type ToXml, type Wish, type Wisher, wisher } from './representation.ts'

/** `found` is told what is going to answer, before it does. */
export type Dispatch = (incoming: Incoming, found: (interaction: Interaction) => void) => Promise<Answer>

/** Who asks, by the Authorization header; throws a 401. A promise only where something must be looked up. */
export type PrincipalOf = (
  place: { readonly tenant: string; readonly base: string },
  authorization: string | undefined,
  request: Pick<Incoming, 'id' | 'address'>,
) => Principal | Promise<Principal>

export type FhirNeeds = {
  readonly dispatch: Dispatch
  /** Absent: nobody has to say who he is. */
  readonly principalOf?: PrincipalOf
  readonly baseOf: BaseOf
  readonly addressOf: AddressOf
  readonly enter: Enter
  /** Bytes. */
  readonly bodyLimit: number
  readonly toXml: ToXml
  readonly headers: CommonHeaders
  readonly overloaded: () => boolean
  /** Milliseconds that only ever rise. */
  readonly elapsed: () => number
  readonly observe: (event: HttpEvent) => void
}

type Request = FastifyRequest<{ Body: Payload | undefined }>

export type Edge = {
  /** Only who has an access token comes in. */
  readonly isGuarded: boolean
  /** Fails only where not even the refusal could be sent. */
  answer(request: Request, reply: FastifyReply): Promise<void>
  /** For what is refused before there is an exchange. */
  refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void>
}

/** https://www.rfc-editor.org/rfc/rfc9112#section-3.2: "A server MUST respond with a 400" */
function mustNameHost({ headers, httpVersion }: IncomingMessage): void {
  if (headers.host === undefined && httpVersion === '1.1') throw hostless
}

const hostless = fail('structure', 'the request has no Host header, which HTTP/1.1 demands')

const urls = ['/fhir', '/fhir/*', '/t/:tenant/fhir', '/t/:tenant/fhir/*']
const open = ['/fhir/metadata', '/t/:tenant/fhir/metadata']

export function fhirScope(edge: Edge, bodyLimit: number): (scope: FastifyInstance) => Promise<void> {
  return async scope => {
    acceptBodies(scope, bodyLimit)
    scope.setErrorHandler(edge.refuse)
    const gather = gathering()
    preflights(edge.isGuarded ? urls : open, methods)(scope)
    for (const url of urls) {
      // Not async: Fastify would wait for a promise only to learn that the answer is out already.
      const handler = (request: Request, reply: FastifyReply): void => {
        gather(() => {
          edge.answer(request, reply).catch(() => reply.raw.destroy()) // better no answer than an end of the process
        })
      }
      scope.route<{ Body: Payload | undefined }>({ method: [...methods], url, handler, exposeHeadRoute: false })
    }
  }
}

/**
 * Requests that came in one turn of the loop are answered together, when all of them were read: so they look at one state of the
 * store, and their answers leave together.
 */
function gathering(): (answer: () => void) => void {
  let waiting: (() => void)[] = []
  function begin(): void {
    const together = waiting
    waiting = []
    for (const answer of together) answer()
  }
  return answer => {
    if (waiting.push(answer) === 1) setImmediate(begin)
  }
}

export function edgeOf(needs: FhirNeeds): Edge {
  const { elapsed, observe, principalOf } = needs
  const wishOf = wisher()
  const isGuarded = principalOf !== undefined
  // Where nobody needs a token, a page of another origin could read what the user of this machine may.
  const crosses = (url: string): boolean => isGuarded || /^(?:\/t\/[^/]+)?\/fhir\/metadata(?:\?|$)/.test(url)
  const send = sender(needs.toXml, crosses, needs.headers)

  async function answer(request: Request, reply: FastifyReply): Promise<void> {
    const started = elapsed()
    const { raw, id, body } = request
    let interaction = 'none'
    let wish = plainWish
    try {
      mustNameHost(raw)
      const { tenant, path, query } = placeOf(raw.url ?? '')
      const entering = needs.enter(tenant)
      if (entering) await entering // to wait for nothing costs as much as to find the interaction
      const method = raw.method as Method
      wish = wishIn(wishOf, raw, path, query, body)
      if (needs.overloaded()) throw unavailable('the server has more to do than it can')
      const headers = raw.headers as Incoming['headers']
      const [base, address] = [needs.baseOf(raw, tenant), needs.addressOf(raw)]
      const asked = { tenant, base, method, path, query, headers, id, address }
      const incoming = principalOf ? { ...asked, principal: await asker({ principalOf, observe }, asked) } : asked
      const given = await needs.dispatch(body ? { ...incoming, body } : incoming, ({ code }) => {
        interaction = code
      })
      const sending = send(given, wish, request, reply)
      if (sending) await sending
    } catch (error) {
      await explain(error, wish, interaction, request, reply)
    }
    observe({ event: 'http.answered', request: id, interaction, status: reply.statusCode, ms: elapsed() - started })
  }

  async function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { accept } = request.raw.headers
    await explain(error, lenient(wishOf, accept, queryOf(request.raw.url ?? '')), 'none', request, reply)
    observe({
      event: 'http.answered',
      request: request.id,
      interaction: 'none',
      status: reply.statusCode,
      ms: undefined,
    })
  }

  /** The answer that an error deserves; a bug is reported and answered without any detail. */
  async function explain(
    error: unknown,
    wish: Wish,
    interaction: string,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const refusal = refusalOf(error, needs.bodyLimit) ?? bug
    if (refusal === bug) observe({ event: 'http.failed', request: request.id, interaction, error })
    if (reply.raw.headersSent) {
      reply.raw.destroy()
      return
    }
    const { status, headers } = refusal
    const json = printJson(toOutcome(refusal.issues))
    const given: Answer = { status, headers, body: { is: 'json', json } }
    try {
      await send(given, wish, request, reply)
    } catch {
      await send(given, plainWish, request, reply) // what the client sent is quoted, and may be what XML cannot say
    }
  }

  return { isGuarded, answer, refuse }
}

function wishIn(
  wishOf: Wisher,
  { headers: { accept } }: IncomingMessage,
  path: string,
  query: string,
  body: Payload | undefined,
): Wish {
  return isBinary(path) ? lenient(wishOf, accept, query) : wishOf(accept, withForm(query, body))
}

/** As far as the wish can be fulfilled; otherwise JSON. */
function lenient(wishOf: Wisher, accept: string | undefined, query: string): Wish {
  try {
    return wishOf(accept, query)
  } catch {
    return plainWish
  }
}

/** Only the server's own description is for everybody. */
function asker(
  { principalOf, observe }: Required<Pick<FhirNeeds, 'principalOf' | 'observe'>>,
  asked: Omit<Incoming, 'body'>,
): Principal | Promise<Principal> {
  const { tenant, base, method, path, query, headers, id = '', address = '' } = asked
  if (query !== '' && /(?:^|&)access_token=/.test(query)) {
    observe({ event: 'http.token-in-url', tenant, request: id, address })
    throw inUrl
  }
  if ((method === 'GET' || method === 'HEAD') && /^metadata\/?$/.test(path)) return { ...nobody, tenant }
  return principalOf({ tenant, base }, headers['authorization'], asked)
}

const nobody = { id: '', client: '', scope: '', purposes: [] }

/** https://www.rfc-editor.org/rfc/rfc9700#section-4.3.2: URLs are logged and handed on. */
const inUrl = fail('invalid', 'an access token in the URL is not taken: send it as Authorization: Bearer')

type Place = { readonly tenant: string; readonly path: string; readonly query: string }

const prefix = '/fhir/'

/** The tenant and what is below its base, as the client wrote it: FHIR has a URL grammar of its own. */
function placeOf(url: string): Place {
  const query = queryOf(url)
  const whole = query === '' ? url.replace('?', '') : url.slice(0, -query.length - 1)
  if (whole.startsWith(prefix)) return { tenant: 'default', path: whole.slice(prefix.length), query }
  if (whole === '/fhir') return { tenant: 'default', path: '', query }
  const [, tenant = '', path = ''] = /^\/t\/([^/]+)\/fhir(?:\/(.*))?$/.exec(whole) ?? []
  if (tenant === '') throw nothingAt(url)
  if (tenant === 'default') throw noTenant(tenant) // it has one base, and no other
  return { tenant, path, query }
}

function queryOf(url: string): string {
  const mark = url.indexOf('?')
  return mark < 0 ? '' : url.slice(mark + 1)
}

/** Of a search by form the form counts as part of the query: `_format` may stand there, too. */
function withForm(query: string, body: Payload | undefined): string {
  if (body?.is !== 'bytes' || body.type !== 'application/x-www-form-urlencoded') return query
  const form = Buffer.from(body.bytes.buffer, body.bytes.byteOffset, body.bytes.length).toString('latin1')
  return query === '' ? form : `${query}&${form}`
}

/** A Binary is never unacceptable, neither read nor written: what is no FHIR format asks for the content. */
function isBinary(path: string): boolean {
  return path.startsWith('Binary') && /^Binary(?:\/[^/_][^/]*(?:\/_history\/[^/]+)?)?\/?$/.test(path)
}

/** What no route takes: another path, or another method on ours. */
export function unrouted({ raw }: FastifyRequest): FhirError {
  const url = raw.url ?? ''
  if (!/^(?:\/t\/[^/?]+)?\/fhir(?:[/?]|$)/.test(url)) return nothingAt(url)
  return fail('not-supported', `the method ${raw.method} is not part of the RESTful API`, undefined, notAMethod)
}

function nothingAt(url: string): FhirError {
  return fail('not-found', `there is nothing at '${url.split('?', 1)[0]}': the base of the FHIR API is /fhir`)
}
