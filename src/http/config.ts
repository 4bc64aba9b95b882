/** The settings of the edge; root `config.ts` merges them with those of the other folders. */
const megabyte = 1024 * 1024

/** Where other machines can connect, unless settings say otherwise; both in requests. */
export const usualRates = {
  KILN_RATE_ADDRESS: '1000:5000', // a hospital may come from one address
  KILN_RATE_CLIENT: '1000:5000',
  KILN_RATE_USER: '100:1000', // a page of an app asks for some dozens
  KILN_RATE_TOKEN: '50:500',
  KILN_RATE_SIGN_IN: '2:50', // everybody at the beginning of a shift
} as const

function rate(name: keyof typeof usualRates, meaning: string) {
  return {
    type: 'string',
    pattern: '^(0|(?=[\\d.]*[1-9])\\d{1,6}(\\.\\d{1,3})?:[1-9]\\d{0,6})?$',
    default: '',
    description: `${meaning} By default \`${usualRates[name]}\`.`,
    expected: 'RATE:BURST like 100:500, or 0 for no limit',
  } as const
}

export const httpSettings = {
  KILN_HOST: {
    type: 'string',
    format: 'host',
    default: '127.0.0.1',
    description: 'Address to listen on; by default only this machine may connect.',
    expected: 'an IP address or the name of this machine',
  },
  KILN_PORT: {
    type: 'integer',
    minimum: 0,
    maximum: 65_535,
    default: 8080,
    description: 'Port to listen on; 0 takes a free one.',
    expected: 'a port from 0 to 65535',
  },
  KILN_BASE_URL: {
    type: 'string',
    format: 'base-url',
    default: '',
    description: 'The FHIR base as clients see it, such as `https://example.org/fhir`; by default address and port.',
    expected: 'a URL like https://example.org/fhir, without query, fragment, user or trailing slash',
  },
  KILN_TRUSTED_PROXIES: {
    type: 'array',
    items: { type: 'string', format: 'network' },
    default: [],
    description:
      'Addresses and networks whose X-Forwarded-Proto, -Host, -Prefix and -For are believed, separated by commas.',
    expected: 'IP addresses or networks like 10.0.0.0/8, separated by commas',
  },
  KILN_TLS_CERT: {
    type: 'string',
    default: '',
    description:
      'PEM file with the certificate of this server, followed by those of the authorities between; with it Kiln speaks HTTPS only. Read again on SIGHUP and when it changes.',
    expected: 'a PEM file',
  },
  KILN_TLS_KEY: {
    type: 'string',
    default: '',
    description: 'PEM file with the private key of the certificate.',
    expected: 'a PEM file',
  },
  KILN_HSTS_MAX_AGE: {
    type: 'integer',
    minimum: 0,
    maximum: 63_072_000, // two years, as preload lists want
    default: 31_536_000, // a year
    description: 'Seconds for which browsers shall use HTTPS only (HSTS), told over HTTPS only; 0 takes it back.',
    expected: 'seconds from 0 to 63072000',
  },
  KILN_RATE_ADDRESS: rate(
    'KILN_RATE_ADDRESS',
    'Requests a second that are served to one address (of IPv6: to one /64 network), and how many at once, as `RATE:BURST`; `0` is no limit. None of these limits holds by default on a loopback address, unless authentication is on and proxies are trusted.',
  ),
  KILN_RATE_CLIENT: rate('KILN_RATE_CLIENT', 'The same for one client.'),
  KILN_RATE_USER: rate('KILN_RATE_USER', 'The same for one user.'),
  KILN_RATE_TOKEN: rate('KILN_RATE_TOKEN', 'The same for one address at the token endpoint.'),
  KILN_RATE_SIGN_IN: rate('KILN_RATE_SIGN_IN', 'The same for one address that signs in.'),
  KILN_MAX_CONNECTIONS: {
    type: 'integer',
    minimum: 0,
    maximum: 1_000_000,
    default: 2_000, // a hospital behind one address; some 100 MB with TLS
    description:
      'Connections that one address may hold, but for this machine and trusted proxies; 0 is any number. Further ones are hung up on.',
    expected: 'a number from 0 to 1000000',
  },
  KILN_MAX_BODY: {
    type: 'integer',
    minimum: 1024,
    maximum: 512 * megabyte, // a string of V8 ends there
    default: 50 * megabyte, // a transaction of 10,000 ordinary resources fits
    description: 'Largest request body in bytes, also after decompression.',
    expected: 'a number of bytes from 1024 to 536870912',
  },
  KILN_REQUEST_TIMEOUT: {
    type: 'integer',
    minimum: 100,
    maximum: 3_600_000,
    default: 60_000, // the largest body in a minute is 7 Mbit/s
    description: 'Milliseconds that a client may take to send a request.',
    expected: 'milliseconds from 100 to 3600000',
  },
  KILN_MAX_EVENT_LOOP_DELAY: {
    type: 'integer',
    minimum: 0,
    maximum: 60_000,
    default: 500, // far beyond what a loaded, healthy process shows
    description: 'Mean event loop delay in milliseconds above which requests are turned away with 503; 0 never does.',
    expected: 'milliseconds from 0 to 60000',
  },
} as const
