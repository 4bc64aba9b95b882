/** The pages over HTTP: cookies, the headers of a strict browser policy, and forms that are ours. https://www.w3.org/TR/CSP3/ */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { FhirError } from '../../fhir/issue.ts'
import { newToken } from '../../security/accounts/once.ts'
import type { AddressOf } from '../address.ts'
import type { BaseOf } from '../base.ts'
import type { Enter } from '../entrance.ts'
import { type CommonHeaders, stamp } from '../headers.ts'
import { ownAccount } from './account.ts'
import { authorize } from './authorize.ts'
import { arrive } from './external.ts'
import { launch } from './launch.ts'
import { layout } from './layout.ts'
import { confirmAddress, forgotten, renew } from './letters.ts'
import type { PageNeeds } from './needs.ts'
import { errorPage } from './notice-page.ts'
import { signOut } from './sign-out.ts'
import { type Answer, isPage, type Page, type Visit } from './visit.ts'

export type PagesNeeds = PageNeeds & {
  readonly baseOf: BaseOf
  readonly enter: Enter
  /** Whether there is such a tenant, as far as is known. */
  readonly isOpen: (tenant: string) => boolean
  /** Of the client, behind the proxies that are trusted. */
  readonly addressOf: AddressOf
  readonly headers: CommonHeaders
  /** Counts what was sent from an address; throws a 429. */
  readonly count: ((address: string) => void) | undefined
  /** That forms are bound to browsers by. */
  readonly formKey: Uint8Array
}

const bodyLimit = 64 * 1024 // bytes: a passkey with its certificates is smaller

type Request = FastifyRequest<{ Body: Buffer | undefined }>

type Show = (needs: PageNeeds, visit: Visit, part: string) => Promise<Answer>

type Route = {
  readonly path: RegExp
  readonly show: Show
  /** Apps lead here, also by a form, which then only asks. */
  readonly isAsked?: true
}

/** The path of a page, and the last segment behind it: what its form does, or which part of it is looked at. */
const routes: readonly Route[] = [
  { path: /^(?<at>\/oauth\/interaction\/(?<part>[\w-]{1,64}))(?:\/(?<last>[a-z-]+))?$/, show: authorize },
  { path: /^(?<at>\/oauth\/logout)(?:\/(?<last>end))?$/, show: signOut, isAsked: true },
  { path: /^(?<at>\/account)\/(?<last>reset)$/, show: forgotten },
  { path: /^(?<at>\/account)\/(?<last>new-password)$/, show: renew },
  { path: /^(?<at>\/account)\/(?<last>verify)$/, show: confirmAddress },
  { path: /^(?<at>\/account\/callback)$/, show: arrive },
  { path: /^(?<at>\/account\/launch)(?:\/(?<last>[a-z-]+))?$/, show: launch },
  { path: /^(?<at>\/account)(?:\/(?<last>[a-z-]+))?$/, show: ownAccount },
]

const urls = [
  ...['/account', '/account/*', '/oauth/interaction/:uid', '/oauth/interaction/:uid/*'],
  ...['/oauth/logout', '/oauth/logout/end'],
]

export function pagesScope(needs: PagesNeeds): (scope: FastifyInstance) => Promise<void> {
  const files = [
    { url: '/account/pages.css', type: 'text/css', text: read('pages.css') + read('controls.css') },
    { url: '/account/passkeys.js', type: 'text/javascript', text: read('passkeys.js') },
  ]
  return async scope => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body))
    scope.addHook('onRequest', stamp(needs.headers))
    scope.setErrorHandler((error, request, reply) => explain(needs, error, request as Request, reply))
    for (const tenant of ['', '/t/:tenant']) {
      for (const { url, type, text } of files) {
        scope.get(`${tenant}${url}`, (_request, reply) => sendFile(reply, type, text))
      }
      for (const url of urls) {
        scope.route<{ Body: Buffer | undefined }>({
          method: ['GET', 'POST'],
          url: `${tenant}${url}`,
          handler: (request, reply) => serve(needs, request, reply),
        })
      }
    }
  }
}

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8')
}

function sendFile(reply: FastifyReply, type: string, text: string): FastifyReply {
  const headers = { 'cache-control': 'public, max-age=3600', 'x-content-type-options': 'nosniff' }
  return reply.headers(headers).type(`${type}; charset=utf-8`).send(text)
}

async function serve(needs: PagesNeeds, request: Request, reply: FastifyReply): Promise<FastifyReply> {
  const where = await entered(needs, request)
  const route = routes.find(({ path }) => path.test(where.path))
  if (!route || !where.known)
    return send(reply, where, errorPage(404, 'Nothing is here', 'The address is wrong, or the page is gone.'))
  const { at = '', part = '', last = '' } = route.path.exec(where.path)?.groups ?? {}
  const visit = visitOf(needs, request, where, at, last)
  if (request.method === 'POST') needs.count?.(visit.from.address)
  if (request.method === 'POST' && route.isAsked && last === '') {
    return send(reply, where, { to: `${visit.at}?${visit.form}` })
  }
  if (request.method === 'POST' && !isOurs(request, visit)) {
    return send(
      reply,
      where,
      errorPage(
        403,
        'Please try again',
        `This form is too old, or does not come from ${visit.origin}. Go back, load the page anew and send it again.`,
      ),
    )
  }
  const answer = await route.show(needs, visit, part)
  return send(reply, where, answer, visit.from.token)
}

type Where = {
  readonly tenant: string
  readonly base: string
  readonly root: string
  /** Below the root. */
  readonly path: string
  readonly query: string
  readonly known: boolean
}

/** Looks for the tenant anew. */
async function entered(needs: PagesNeeds, request: FastifyRequest): Promise<Where> {
  const { tenant } = placeOf(needs, request)
  try {
    await needs.enter(tenant)
  } catch (error) {
    if (!(error instanceof FhirError && error.status === 404)) throw error
  }
  return placeOf(needs, request)
}

function placeOf({ baseOf, isOpen }: Pick<PagesNeeds, 'baseOf' | 'isOpen'>, { raw }: FastifyRequest): Where {
  const [whole = '', query = ''] = (raw.url ?? '').split('?', 2)
  const [, tenant = 'default', path = whole] = /^\/t\/([^/]+)(\/.*)$/.exec(whole) ?? []
  const known = tenant === 'default' ? whole === path : isOpen(tenant)
  const base = baseOf(raw, known ? tenant : 'default')
  return { tenant, base, root: new URL(base).pathname.replace(/\/fhir$/, ''), path, query, known }
}

function visitOf(needs: PagesNeeds, request: Request, where: Where, at: string, last: string): Visit {
  const { tenant, base, root, query } = where
  const { headers, method, body } = request
  const posted = method === 'POST'
  const isForm = /^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(headers['content-type'] ?? '')
  const token = cookieOf(headers.cookie, cookieName(where)) ?? newToken(needs.random)
  return {
    ...{ tenant, base, root, cookie: headers.cookie, origin: new URL(base).origin, at: `${root}${at}` },
    action: posted ? last : '',
    view: posted ? '' : last,
    query: new URLSearchParams(posted ? '' : query),
    form: new URLSearchParams(posted && isForm ? (body?.toString('utf8') ?? '') : ''),
    from: {
      ...{ tenant, token, address: needs.addressOf(request.raw), where: `${root}${at}` },
      device: (headers['user-agent'] ?? '').slice(0, 300),
    },
    csrf: createHmac('sha256', needs.formKey).update(`${tenant}\n${token}`).digest('base64url'),
  }
}

/** https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#name-the-__host-prefix; it needs TLS, which loopback has not. */
function cookieName({ tenant, base }: Pick<Where, 'tenant' | 'base'>): string {
  return `${base.startsWith('https:') ? '__Host-' : ''}kiln-account-${tenant}`
}

function cookieOf(header: string | undefined, name: string): string | undefined {
  const values = (header ?? '').split(';').map(pair => pair.trim().split('='))
  const [, value] = values.find(([found]) => found === name) ?? []
  return value !== undefined && /^[\w-]{43}$/.test(value) ? value : undefined
}

/** Sent by a page of ours, in the browser that it was made for. */
function isOurs({ headers }: Request, { origin, form, csrf }: Visit): boolean {
  if (headers.origin === undefined ? headers['sec-fetch-site'] !== 'same-origin' : headers.origin !== origin)
    return false
  const given = Buffer.from(form.get('csrf') ?? '')
  const expected = Buffer.from(csrf)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function send(reply: FastifyReply, where: Where, answer: Answer, before?: string): FastifyReply {
  const token = answer.token ?? before
  const secure = where.base.startsWith('https:')
  if (token !== undefined) {
    const gone = token === '' ? '; Max-Age=0' : ''
    const cookie = `${cookieName(where)}=${token}; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}${gone}`
    reply.header('set-cookie', cookie)
  }
  reply.headers(strict)
  if (!isPage(answer)) return reply.code(303).header('location', answer.to).send()
  if (answer.retryAfter !== undefined) reply.header('retry-after', String(answer.retryAfter))
  const policy = answer.passkeys ? `${contentPolicy}; script-src 'self'` : contentPolicy
  return reply
    .code(answer.status)
    .header('content-security-policy', policy)
    .type('text/html; charset=utf-8')
    .send(layout(where, answer))
}

/** Nothing but what is named; so it is for scripts, frames, images, fonts and connections. */
const contentPolicy = [
  "default-src 'none'",
  "style-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

/** `same-origin`, not less: without a referrer browsers send a form of ours with `Origin: null`. */
const strict = {
  'cache-control': 'no-store',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
}

function explain(needs: PagesNeeds, error: unknown, request: Request, reply: FastifyReply): FastifyReply {
  const where = placeOf(needs, request)
  return send(reply, where, refusalPage(needs, error))
}

/** What was foreseen is said; a bug is reported, and nothing of it goes out. */
function refusalPage({ observe }: PagesNeeds, error: unknown): Page {
  if (error instanceof FhirError && error.status < 500) {
    const [{ diagnostics = '' } = {}] = error.issues
    return errorPage(
      error.status,
      'This cannot be done',
      `${diagnostics.slice(0, 1).toUpperCase()}${diagnostics.slice(1)}.`,
    )
  }
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  if (status < 500) return errorPage(status, 'This cannot be done', 'What your browser sent could not be understood.')
  observe({ event: 'page.failed', error })
  return errorPage(500, 'Something went wrong', 'It is our fault. Please try again in a moment.')
}
