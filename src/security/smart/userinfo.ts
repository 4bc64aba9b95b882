/** https://openid.net/specs/openid-connect-core-1_0.html#UserInfo, for access tokens that are JWTs. */
import { claimsOf } from './account.ts'
import { bearerOf } from './request.ts'
import { split } from './scopes.ts'
import { answer, challenge, type Way } from './serving.ts'

export const userinfo: Way = async ({ authenticate, accounts }, { place, request, response }) => {
  const claims = await authenticate.claims(place, bearerOf(request) ?? '')
  if (!claims) return challenge(response, 'invalid_token')
  const scopes = split(claims.scope)
  if (!scopes.includes('openid')) return challenge(response, 'insufficient_scope')
  const account = await accounts.find(place.tenant, claims.sub)
  const { sub, name, fhirUser } = claimsOf(place, account ?? { id: claims.sub })
  const may = (...any: readonly string[]): boolean => any.some(text => scopes.includes(text))
  answer(response, 200, {
    sub,
    ...(may('profile') ? { name } : {}),
    ...(may('profile', 'fhirUser') ? { fhirUser } : {}),
  })
}
