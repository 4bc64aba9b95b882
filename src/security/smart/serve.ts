/** The endpoints below `/oauth`: oidc-provider's, but for what SMART wants otherwise and for our own access tokens. */
import type { ServerResponse } from 'node:http'
import type { Place } from './access-token.ts'
import { introspect, revoke } from './introspect.ts'
import { token } from './refreshing.ts'
import { change, register } from './registration.ts'
import { formOf, type OAuthRequest } from './request.ts'
import { split } from './scopes.ts'
import { answer, type Serving, type Way } from './serving.ts'
import { userinfo } from './userinfo.ts'

export type Serve = (place: Place, request: OAuthRequest, response: ServerResponse) => Promise<void>

/** What is not written just so is not there: the library would take other spellings, past what is done here. */
const paths =
  /^(?:\/oauth\/(?:authorize(?:\/[\w-]+)?|token|introspect|revoke|register(?:\/[\w-]+)?|jwks|userinfo|logout\/confirm)|\/\.well-known\/[a-z-]+)$/

export function openServe(serving: Serving): Serve {
  return async (place, request, response) => {
    const { method, path } = request
    if (!paths.test(path)) return answer(response, 404, { error: 'not_found' })
    const way = ways[`${method} ${path.replace(/^(\/oauth\/register\/).*/, '$1')}`]
    const exchange = { place, request, response }
    await (way ? way(serving, exchange) : serving.pass(exchange))
  }
}

const ways: Readonly<Record<string, Way>> = {
  'GET /oauth/authorize': ({ pass }, { request, ...rest }) =>
    pass({ ...rest, request: { ...request, query: asking(request.query) } }),
  'POST /oauth/authorize': ({ pass }, { request, ...rest }) => pass({ ...rest, request: asGet(request) }),
  'POST /oauth/token': token,
  'POST /oauth/introspect': introspect,
  'POST /oauth/revoke': revoke,
  'POST /oauth/register': register,
  'PUT /oauth/register/': change,
  'GET /oauth/userinfo': userinfo,
  'POST /oauth/userinfo': userinfo,
}

/** A session's cookie does not come with a form of another site, so who signed in before signs in once more. */
function asGet(request: OAuthRequest): OAuthRequest {
  const form = formOf(request)
  const { 'content-type': _, 'content-length': __, ...headers } = request.headers
  return {
    ...request,
    method: 'GET',
    headers,
    body: new Uint8Array(),
    query: asking([request.query, form?.toString() ?? ''].filter(text => text !== '').join('&')),
  }
}

/**
 * OpenID Connect gives offline access only to who says `prompt=consent`. SMART apps do not say it, and everybody is asked for
 * consent here.
 */
function asking(query: string): string {
  if (!query.includes('offline_access')) return query
  const parameters = new URLSearchParams(query)
  const prompts = split(parameters.get('prompt') ?? '')
  if (prompts.includes('none') || prompts.includes('consent')) return query
  parameters.set('prompt', [...prompts, 'consent'].join(' '))
  return parameters.toString()
}
