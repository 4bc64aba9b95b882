/** What a client can learn before it has a token. https://hl7.org/fhir/smart-app-launch/conformance.html */
import { issuerOf } from './issuer.ts'
import type { Registration } from './provider.ts'
import { supported } from './scopes.ts'

export type DiscoveryNeeds = {
  readonly registration: Registration
  /** Where those are whom people know to be behind this server, and which of them comes first. */
  readonly brands?: { readonly url: string; readonly identifier: object } | undefined
}

const capabilities = [
  ...['launch-ehr', 'launch-standalone', 'authorize-post'],
  ...['client-public', 'client-confidential-symmetric', 'client-confidential-asymmetric'],
  ...['sso-openid-connect', 'context-banner', 'context-style'],
  ...['context-ehr-patient', 'context-ehr-encounter', 'context-standalone-patient', 'context-standalone-encounter'],
  ...['permission-offline', 'permission-online', 'permission-patient', 'permission-user'],
  ...['permission-v1', 'permission-v2'],
]

export function smartConfiguration(base: string, { registration, brands }: DiscoveryNeeds): object {
  const issuer = issuerOf(base)
  const at = (name: string): string => `${issuer}/oauth/${name}`
  return {
    issuer,
    jwks_uri: at('jwks'),
    authorization_endpoint: at('authorize'),
    token_endpoint: at('token'),
    introspection_endpoint: at('introspect'),
    revocation_endpoint: at('revoke'),
    userinfo_endpoint: at('userinfo'),
    end_session_endpoint: at('logout'),
    ...(registration === 'off' ? {} : { registration_endpoint: at('register') }),
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    scopes_supported: supported,
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
    authorization_response_iss_parameter_supported: true,
    management_endpoint: `${issuer}/account`,
    ...(brands === undefined
      ? {}
      : { user_access_brand_bundle: brands.url, user_access_brand_identifier: brands.identifier }),
    capabilities,
  }
}

/** For the CapabilityStatement. */
export function oauthUris(base: string) {
  const issuer = issuerOf(base)
  return {
    authorize: `${issuer}/oauth/authorize`,
    token: `${issuer}/oauth/token`,
    introspect: `${issuer}/oauth/introspect`,
    revoke: `${issuer}/oauth/revoke`,
  }
}

/** https://www.rfc-editor.org/rfc/rfc9728#section-2 */
export function resourceMetadata(base: string, trusted: readonly string[]): object {
  return {
    resource: base,
    authorization_servers: [issuerOf(base), ...trusted],
    scopes_supported: supported,
    bearer_methods_supported: ['header'],
  }
}

/** https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#styling */
export const smartStyle = {
  color_background: '#ffffff',
  color_error: '#b3261e',
  color_highlight: '#0b57d0',
  color_modal_backdrop: '',
  color_success: '#146c2e',
  color_text: '#1f1f1f',
  dim_border_radius: '6px',
  dim_font_size: '16px',
  dim_spacing_size: '16px',
  font_family_body: 'system-ui, sans-serif',
  font_family_heading: 'system-ui, sans-serif',
}
