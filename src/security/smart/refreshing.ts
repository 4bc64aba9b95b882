/**
 * SMART lists no `client_id` among the parameters of a refresh, so public apps may leave it out; the library wants it. Who it is, the
 * refresh token itself tells. https://hl7.org/fhir/smart-app-launch/app-launch.html#refresh-access-token
 */
import { formOf, type OAuthRequest, withBody } from './request.ts'
import type { Way } from './serving.ts'

export const token: Way = async ({ publicOwner, pass }, exchange) => {
  const { place, request } = exchange
  const form = formOf(request)
  const refreshed = form && isUnsigned(request, form) ? form.get('refresh_token') : null
  const client = refreshed === null ? undefined : await publicOwner(place, refreshed)
  if (!form || client === undefined) return pass(exchange)
  form.set('client_id', client)
  await pass({ ...exchange, request: withBody(request, Buffer.from(form.toString())) })
}

/** Who says who he is must be that. */
function isUnsigned({ headers }: OAuthRequest, form: URLSearchParams): boolean {
  const isNamed = ['client_id', 'client_secret', 'client_assertion'].some(name => form.has(name))
  return form.get('grant_type') === 'refresh_token' && !isNamed && headers['authorization'] === undefined
}
