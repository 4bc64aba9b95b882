/**
 * Access tokens that are asked about. The library keeps no JWTs, and neither introspects nor revokes them; so whoever presents one
 * that was checked gets a handle for it, under which the library finds it during that one request.
 */
import { type AccessClaims, userOf } from './access-token.ts'

export type Presented = {
  readonly show: (payload: Payload) => string
  readonly find: (kind: string, handle: string) => Payload | undefined
  readonly hide: (handle: string) => void
}

export type Payload = Readonly<Record<string, unknown>> & { readonly kind: string }

export function openPresented(newToken: () => string): Presented {
  const shown = new Map<string, Payload>()
  return {
    show(payload) {
      const handle = newToken()
      shown.set(handle, payload)
      return handle
    },
    find(kind, handle) {
      const payload = shown.get(handle)
      return payload?.kind === kind ? payload : undefined
    },
    hide(handle) {
      shown.delete(handle)
    },
  }
}

/** As the library would have kept it. */
export function payloadOf(claims: AccessClaims): Payload {
  const { client_id: clientId, sub, iss: _, sid: __, grant, jti, iat, exp, aud, scope, ...extra } = claims
  const token = { jti, iat, exp, aud, scope, clientId }
  if (userOf(claims) === undefined) return { ...token, kind: 'ClientCredentials', extra: { ...extra, sub } }
  // Of the command line's tokens there is no grant, and maybe no client that is registered.
  if (grant === undefined) return { ...token, kind: 'AccessToken', extra: { ...extra, sub } }
  return { ...token, kind: 'AccessToken', extra, grantId: grant, accountId: sub }
}
