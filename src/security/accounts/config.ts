/** The settings of accounts; root `config.ts` merges them with those of the other folders. */
export const accountSettings = {
  KILN_SECOND_FACTOR: {
    type: 'array',
    items: { type: 'string', pattern: '^[a-z][a-z0-9-]{0,63}$' },
    default: ['administrator'],
    description: 'Roles whose members must prove who they are by a second factor, separated by commas.',
    expected: 'names of roles of a-z, 0-9 and -, separated by commas',
  },
  KILN_SESSION_IDLE: {
    type: 'integer',
    minimum: 60,
    maximum: 86_400,
    default: 1800, // a ward round
    description: 'Seconds after which somebody who did nothing at our pages has to sign in again.',
    expected: 'seconds from 60 to 86400',
  },
  KILN_SESSION_LONGEST: {
    type: 'integer',
    minimum: 300,
    maximum: 2_592_000,
    default: 43_200, // a long shift
    description: 'Seconds after which everybody has to sign in again.',
    expected: 'seconds from 300 to 2592000',
  },
  KILN_MAIL_URL: {
    type: 'string',
    format: 'mail-url',
    default: '',
    secret: true,
    description:
      'How mail is sent: `smtp://user:password@host:587`, or `file:./mail` to write it into a folder; empty: not at all.',
    expected: 'a URL like smtp://user:password@host:587, smtps://host:465 or file:./mail',
  },
  KILN_MAIL_FROM: {
    type: 'string',
    pattern: '^[^\\r\\n]{3,320}$',
    default: 'Kiln <kiln@localhost>',
    description: 'Who our mail is from.',
    expected: 'an address like Kiln <kiln@example.org>',
  },
  KILN_OIDC_ISSUER: {
    type: 'string',
    format: 'issuer',
    default: '',
    description:
      'Where people can sign in as well: the issuer URL of an OpenID Connect provider. It sends them back to `/account/callback`.',
    expected: 'an issuer like https://login.example.org',
  },
  KILN_OIDC_CLIENT: {
    type: 'string',
    pattern: '^([\\x21-\\x39\\x3b-\\x7e]+:[\\x21-\\x7e]+)?$',
    default: '',
    secret: true,
    description: 'What that provider knows Kiln by, as `id:secret`.',
    expected: 'id:secret',
  },
  KILN_OIDC_NAME: {
    type: 'string',
    maxLength: 60,
    default: '',
    description: 'How people call that provider; by default its host.',
    expected: 'up to 60 characters',
  },
  KILN_OIDC_ACCOUNTS: {
    type: 'string',
    enum: ['linked', 'email', 'everybody'],
    default: 'linked',
    description:
      'Who may come in by that provider: `linked`, whose account was linked by `kiln user link`; `email`, also who has an account of the same verified address; `everybody`, for whom an account without roles is made.',
    expected: 'linked, email or everybody',
  },
} as const

/** The format `mail-url`. */
export function isMailUrl(text: string): boolean {
  if (text === '' || /^file:./.test(text)) return true
  const url = URL.parse(text)
  return url !== null && /^smtps?:$/.test(url.protocol) && url.hostname !== '' && /^\/?$/.test(url.pathname)
}
