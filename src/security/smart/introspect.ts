/** What is said of a token, and that it is good no more: https://www.rfc-editor.org/rfc/rfc7662 and rfc7009 */
import type { AccessClaims } from './access-token.ts'
import { payloadOf } from './presented.ts'
import { bearerOf, formOf, type OAuthRequest, withBody } from './request.ts'
import { isOfSystem, split } from './scopes.ts'
import { answer, type Exchange, refuse, type Serving, type Way } from './serving.ts'

/** Who authenticates as a client is the library's to judge; who has a Bearer token, ours. */
export const introspect: Way = async (serving, exchange) => {
  const { place, request, response } = exchange
  const { authenticate } = serving
  const token = bearerOf(request)
  if (token === undefined) return shown(serving, exchange)
  const asker = await authenticate.claims(place, token)
  if (!asker) return refuse(serving, exchange, 'invalid_token')
  const claims = await authenticate.claims(place, formOf(request)?.get('token') ?? '')
  const may = claims && (claims.client_id === asker.client_id || split(asker.scope).some(isOfSystem))
  answer(response, 200, may ? introspection(claims) : { active: false })
}

export const revoke: Way = (serving, exchange) => shown(serving, exchange)

/** The library finds the token under a handle, as long as this lasts. */
async function shown({ authenticate, presented, pass }: Serving, exchange: Exchange): Promise<void> {
  const { place, request } = exchange
  const form = formOf(request)
  const claims = await authenticate.claims(place, form?.get('token') ?? '')
  if (!form || !claims) return pass({ ...exchange, request: withoutStructure(request, form) })
  const handle = presented.show(payloadOf(claims))
  try {
    form.set('token', handle)
    await pass({ ...exchange, request: withForm(request, form) })
  } finally {
    presented.hide(handle)
  }
}

/** A JWT that is good for nothing is like any token that is not known: the library would call it a mistake. */
function withoutStructure(request: OAuthRequest, form: URLSearchParams | undefined): OAuthRequest {
  if (!form?.get('token')?.includes('.')) return request
  form.set('token', 'unknown')
  return withForm(request, form)
}

function withForm(request: OAuthRequest, form: URLSearchParams): OAuthRequest {
  return withBody(request, Buffer.from(form.toString()))
}

/** With the launch context that SMART adds: https://hl7.org/fhir/smart-app-launch/token-introspection.html */
function introspection({ grant: _, sid: __, ...claims }: AccessClaims): object {
  return { active: true, token_type: 'Bearer', ...claims }
}
