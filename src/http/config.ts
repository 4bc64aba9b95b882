/** The settings of the edge; root `config.ts` merges them with those of the other folders. */
const megabyte = 1024 * 1024

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
    description: 'Addresses and networks whose X-Forwarded-Proto, -Host and -Prefix are believed, separated by commas.',
    expected: 'IP addresses or networks like 10.0.0.0/8, separated by commas',
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
