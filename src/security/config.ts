/** The settings of security; root `config.ts` merges them with those of the other folders. */
export const securitySettings = {
  KILN_AUTH: {
    type: 'string',
    enum: ['smart', 'none'],
    default: 'smart',
    description:
      'Who may come in: `smart` wants an access token (SMART on FHIR) for everything but `metadata` and `.well-known`; `none` lets everybody do everything, on a loopback address only.',
    expected: 'smart, or none on a loopback address',
  },
  KILN_BOOTSTRAP_CLIENT: {
    type: 'string',
    pattern: '^([\\x21-\\x39\\x3b-\\x7e]{1,128}:[\\x21-\\x7e]{16,})?$',
    default: '',
    secret: true,
    description:
      'A client that may do everything (`system/*.cruds`), as `id:secret`; registered at the first start. Without it, a first start on a loopback address makes one and prints how to get a token.',
    expected: 'id:secret, with at least 16 characters of secret',
  },
  KILN_REGISTRATION: {
    type: 'string',
    enum: ['open', 'token', 'off'],
    default: 'token',
    description:
      'Who may register apps at `/oauth/register`: `open` lets everybody, but no app that acts without people; `token` wants an initial access token (`kiln client invite`) or an administrator; `off`: nobody.',
    expected: 'open, token or off',
  },
  KILN_ACCESS_TOKEN_LIFETIME: {
    type: 'integer',
    minimum: 30,
    maximum: 3_600,
    default: 900, // a quarter of an hour: what was granted by mistake is over soon, and apps have refresh tokens
    description: 'Seconds that access tokens are good; those of clients that act for themselves at most 300.',
    expected: 'seconds from 30 to 3600',
  },
  KILN_TRUSTED_ISSUERS: {
    type: 'array',
    items: { type: 'string', format: 'issuer' },
    default: [],
    description:
      'Authorization servers elsewhere whose access tokens are good here, by their issuer URLs, separated by commas. Their tokens must be JWTs whose `aud` is the FHIR base; scopes, roles and `fhirUser` are believed.',
    expected: 'issuers like https://login.example.org, separated by commas',
  },
} as const

/** The format `issuer`; http on this machine alone. https://openid.net/specs/openid-connect-discovery-1_0.html#IssuerDiscovery */
export function isIssuer(text: string): boolean {
  if (text === '') return true // the default: none
  const url = URL.parse(text)
  if (!url || url.username || url.password || /[?#\s]/.test(text)) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && /^(?:127\.|localhost$|\[::1\]$)/.test(url.hostname))
}
