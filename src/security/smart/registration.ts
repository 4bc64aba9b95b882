/** Apps that register themselves. https://www.rfc-editor.org/rfc/rfc7591 */
import { parseScope } from '../access/scope.ts'
import type { AccessClaims } from './access-token.ts'
import { payloadOf } from './presented.ts'
import { bearerOf, type OAuthRequest, withBody } from './request.ts'
import { isOfSystem, split } from './scopes.ts'
import type { Way } from './serving.ts'

/** An administrator's access token is as good as an initial one: https://www.rfc-editor.org/rfc/rfc7591#section-3 */
export const register: Way = async ({ authenticate, presented, registration, pass }, exchange) => {
  const { place, request } = exchange
  const token = bearerOf(request)
  const claims = token === undefined ? undefined : await authenticate.claims(place, token)
  const isVouched = claims !== undefined && isAdmin(claims)
  const isKnown = isVouched || registration === 'token' // the library looks at initial access tokens itself
  const registering = rewritten(request, isKnown ? scope => scope : withoutSystem)
  if (!isVouched) return pass({ ...exchange, request: registering })
  const handle = presented.show({ ...payloadOf(claims), kind: 'InitialAccessToken' })
  try {
    const headers = { ...registering.headers, authorization: `Bearer ${handle}` }
    await pass({ ...exchange, request: { ...registering, headers } })
  } finally {
    presented.hide(handle)
  }
}

/** What a client may have is not changed by itself. */
export const change: Way = async ({ allowed, pass }, exchange) => {
  const { place, request } = exchange
  const scope = await allowed(place, request.path.slice('/oauth/register/'.length))
  await pass({ ...exchange, request: rewritten(request, () => scope) })
}

/** Whoever registers without being known acts for people alone, who are asked. */
function withoutSystem(scope: unknown): unknown {
  if (typeof scope !== 'string') return scope
  return split(scope)
    .filter(text => !isOfSystem(text))
    .join(' ')
}

/**
 * As the library knows it: its `scope` is but of OpenID Connect. Who wants no code needs no redirect URI. What cannot be read here
 * must not be read there.
 */
function rewritten(request: OAuthRequest, allow: (scope: unknown) => unknown): OAuthRequest {
  const isJson = /^application\/json\s*(?:;|$)/i.test(request.headers['content-type'] ?? '')
  const headers = { ...request.headers, ...(isJson ? { 'content-type': 'application/json' } : {}) }
  return withBody({ ...request, headers }, Buffer.from(metadata(request.body, allow) ?? '{'))
}

function metadata(body: Uint8Array, allow: (scope: unknown) => unknown): string | undefined {
  const read = parsed(Buffer.from(body).toString('utf8'))
  if (typeof read !== 'object' || read === null) return undefined
  const { scope, allowed_scope: _, ...rest } = read as Readonly<Record<string, unknown>>
  const { grant_types: grants, response_types: types } = rest
  const isAlone = Array.isArray(grants) && !grants.includes('authorization_code')
  const allowed = allow(scope)
  return JSON.stringify({
    ...rest,
    ...(isAlone && types === undefined ? { response_types: [] } : {}),
    ...(allowed === undefined ? {} : { allowed_scope: allowed }),
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text, (name, value) => (name === '__proto__' ? undefined : value))
  } catch {
    return undefined
  }
}

function isAdmin({ scope }: AccessClaims): boolean {
  return split(scope).some(text => {
    const { context, type, letters, criteria } = parseScope(text) ?? {}
    return context === 'system' && type === '*' && letters?.length === 5 && criteria === undefined
  })
}
