/** https://openid.net/specs/openid-connect-core-1_0.html#UserInfo, for access tokens that are JWTs. */
import { claimsOf } from './account.ts'
import { bearerOf } from './request.ts'
import { split } from './scopes.ts'
import { answer, refuse, type Way } from './serving.ts'

export const userinfo: Way = async (serving, exchange) => {
  const { authenticate, accounts } = serving
  const { place, request, response } = exchange
  const claims = await authenticate.claims(place, bearerOf(request) ?? '')
  if (!claims) return refuse(serving, exchange, 'invalid_token')
  const scopes = split(claims.scope)
  if (!scopes.includes('openid')) return refuse(serving, exchange, 'insufficient_scope')
  const account = await accounts.find(place.tenant, claims.sub)
  const { sub, name, fhirUser } = claimsOf(place, account ?? { id: claims.sub })
  const may = (...any: readonly string[]): boolean => any.some(text => scopes.includes(text))
  answer(response, 200, {
    sub,
    ...(may('profile') ? { name } : {}),
    ...(may('profile', 'fhirUser') ? { fhirUser } : {}),
  })
}
