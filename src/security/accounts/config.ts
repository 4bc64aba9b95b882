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
} as const

/** The format `mail-url`. */
export function isMailUrl(text: string): boolean {
  if (text === '' || /^file:./.test(text)) return true
  const url = URL.parse(text)
  return url !== null && /^smtps?:$/.test(url.protocol) && url.hostname !== '' && /^\/?$/.test(url.pathname)
}
