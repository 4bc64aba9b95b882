/**
 * The one way out of this server: resolve, check every address, connect to what was checked. No redirects, no proxies, sizes
 * and times bounded. Addresses of this machine and of private networks are refused unless settings name them.
 */
import type { LookupAddress } from 'node:dns'
import { lookup as resolve } from 'node:dns/promises'
import type { IncomingMessage, RequestOptions } from 'node:http'
import { request as overHttps } from 'node:https'
import { BlockList, isIP } from 'node:net'
import { FhirError, fail } from './fhir/issue.ts'

const { request: overHttp } = process.getBuiltinModule('node:http') // see fhir/status.ts

export type EgressNeeds = {
  /** All addresses of a name. */
  readonly lookup: (host: string) => Promise<readonly LookupAddress[]>
  /** Addresses, networks and names of hosts that may be connected to though they are private. */
  readonly allow: readonly string[]
  /** Values of Authorization by origin (`https://host:port`); they are sent nowhere else. */
  readonly credentials: ReadonlyMap<string, string>
}

export type Limits = { readonly bytes: number /** All in all, names included. */; readonly ms: number }

export type Fetched = {
  readonly bytes: Uint8Array
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
}

export type Egress = {
  /** A 200; `undefined` for 404 and 410. Throws `FhirError` for whatever else happens. */
  ask(url: string, limits: Limits): Promise<Fetched | undefined>
  /** Its body alone. */
  get(url: string, limits: Limits): Promise<Uint8Array | undefined>
  /** Whatever is answered, by its status: for protocols that tell by it. */
  send(url: string, sent: Sent, limits: Limits): Promise<Answered>
  /** Likewise, for what is too large to be held: each piece is taken before the next one comes. False for 404 and 410. */
  pull(url: string, limits: Limits, take: Take): Promise<boolean>
  /** Sends JSON; throws `FhirError` unless a 2xx answers. */
  post(url: string, json: string, limits: Limits): Promise<void>
}

export type Sent = {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export type Answered = Fetched & { readonly status: number }

export type Take = (chunk: Uint8Array) => Promise<void>

/** The system's own: `/etc/hosts` counts, too. */
export function systemLookup(host: string): Promise<readonly LookupAddress[]> {
  return resolve(host, { all: true })
}

export function openEgress({ lookup, allow, credentials }: EgressNeeds): Egress {
  const permitted = openPermit(allow)

  async function addressOf(url: URL): Promise<LookupAddress> {
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const family = isIP(host)
    const addresses = family === 0 ? await lookup(host) : [{ address: host, family }]
    const [first] = addresses
    if (!first) throw refused(url, 'its name leads nowhere')
    // One bad address among good ones is an attack or a mistake; picking a good one would hide it.
    if (!addresses.every(({ address }) => permitted(host, address))) {
      throw refused(url, 'it leads into a private network that KILN_EGRESS_ALLOW does not name')
    }
    return first
  }

  async function asked<T>(
    text: string,
    limits: Limits,
    sent: Sent | undefined,
    use: (url: URL, response: IncomingMessage) => Promise<T>,
  ): Promise<T> {
    const url = parsed(text)
    const signal = AbortSignal.timeout(limits.ms)
    try {
      const address = await unlessAborted(addressOf(url), signal)
      const authorization = credentials.get(url.origin)
      const response = await ask(url, address, authorization, signal, sent)
      return await use(url, response)
    } catch (cause) {
      if (cause instanceof FhirError) throw cause
      if (signal.aborted) throw failed(url, `it did not answer within ${limits.ms} ms`, cause)
      throw failed(url, 'it cannot be reached', cause)
    }
  }

  const pull: Egress['pull'] = (text, limits, take) =>
    asked(text, limits, undefined, (url, response) => takeBody(url, response, limits.bytes, take))

  const fetched: Egress['ask'] = (text, limits) =>
    asked(text, limits, undefined, async (url, response) => {
      const chunks: Uint8Array[] = []
      const found = await takeBody(url, response, limits.bytes, async chunk => void chunks.push(chunk))
      return found ? { bytes: Buffer.concat(chunks), headers: response.headers as Fetched['headers'] } : undefined
    })

  const send: Egress['send'] = (text, sent, limits) =>
    asked(text, limits, sent, async (url, response) => {
      const chunks: Uint8Array[] = []
      await takeAll(url, response, limits.bytes, async chunk => void chunks.push(chunk))
      const { statusCode: status = 0, headers } = response
      return { status, bytes: Buffer.concat(chunks), headers: headers as Fetched['headers'] }
    })

  return {
    ask: fetched,
    pull,
    send,
    get: async (url, limits) => (await fetched(url, limits))?.bytes,
    post: (text, json, limits) => asked(text, limits, posted(json), mustBeTaken),
  }
}

function parsed(text: string): URL {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol)) throw fail('value', `'${text}' is no URL of http or https`)
  // Whoever writes a URL must not choose what we log in with.
  if (url.username || url.password) throw fail('value', 'a URL with a user or password is not asked')
  return url
}

/** https://www.iana.org/assignments/iana-ipv4-special-registry: none of these is a host of the public internet. */
const special =
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4'

/** https://www.iana.org/assignments/ipv6-address-space: global unicast, without what wraps an IPv4 address or documents. */
const global6 = '2000::/3'
const special6 = '2001::/23 2001:db8::/32 2002::/16 3fff::/20'

const unwelcome = networks(`${special} ${special6}`.split(' '))
const global = networks([global6])

function openPermit(allow: readonly string[]): (host: string, address: string) => boolean {
  const named = networks(allow.filter(isNetwork))
  const hosts = new Set(allow.filter(one => !isNetwork(one)).map(one => one.toLowerCase()))
  return (host, address) => hosts.has(host) || isIn(named, address) || isPublic(address)
}

function isPublic(address: string): boolean {
  if (isIP(address) === 6 && !isIn(global, address)) return false
  return isIP(address) !== 0 && !isIn(unwelcome, address)
}

function isNetwork(text: string): boolean {
  return isIP(text.split('/', 1)[0] ?? '') !== 0
}

function networks(list: readonly string[]): BlockList {
  const block = new BlockList()
  for (const network of list) {
    const [address = '', bits] = network.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) block.addAddress(address, family)
    else block.addSubnet(address, Number(bits), family)
  }
  return block
}

/** A zone (`fe80::1%eth0`) is part of no rule: such an address is in no list. */
function isIn(list: BlockList, address: string): boolean {
  return !address.includes('%') && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  return Promise.race([work, promise])
}

/** The name stays in Host, in SNI and for the certificate; the connection goes to the address that was checked. */
function ask(
  url: URL,
  { address, family }: LookupAddress,
  authorization: string | undefined,
  signal: AbortSignal,
  sent: Sent | undefined,
): Promise<IncomingMessage> {
  const options: RequestOptions = {
    agent: false, // no connection of another request, and no proxy of the environment
    signal,
    method: sent?.method ?? 'GET',
    headers: {
      accept: '*/*',
      'accept-encoding': 'identity',
      'user-agent': 'kiln',
      ...(authorization === undefined ? {} : { authorization }),
      ...sent?.headers,
    },
    lookup: (_host, { all }, found) => (all ? found(null, [{ address, family }]) : found(null, address, family)),
  }
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const request = url.protocol === 'https:' ? overHttps(url, options) : overHttp(url, options)
  request.on('response', resolve).on('error', reject).end(sent?.body)
  return promise
}

function posted(json: string): Sent {
  const headers = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(json)) }
  return { method: 'POST', headers, body: json }
}

/** Whatever it says besides is not read. */
async function mustBeTaken(url: URL, response: IncomingMessage): Promise<void> {
  const { statusCode = 0 } = response
  response.destroy()
  if (statusCode < 200 || statusCode > 299) throw failed(url, `it answers ${statusCode}`)
}

async function takeBody(url: URL, response: IncomingMessage, most: number, take: Take): Promise<boolean> {
  try {
    const { statusCode = 0 } = response
    if (statusCode === 404 || statusCode === 410) return false
    if (statusCode >= 300 && statusCode < 400)
      throw refused(url, 'it redirects to another place: name that one instead')
    if (statusCode !== 200) throw failed(url, `it answers ${statusCode}`)
    await takeAll(url, response, most, take)
    return true
  } finally {
    response.destroy()
  }
}

async function takeAll(url: URL, response: IncomingMessage, most: number, take: Take): Promise<void> {
  const { headers } = response
  try {
    if ((headers['content-encoding'] ?? 'identity') !== 'identity') throw failed(url, 'its answer is encoded, unasked')
    if (Number(headers['content-length'] ?? 0) > most) throw tooLong(url, most)
    let size = 0
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > most) throw tooLong(url, most)
      await take(chunk)
    }
  } finally {
    response.destroy()
  }
}

function tooLong(url: URL, most: number): Error {
  return failed(url, `its answer is longer than ${most} bytes`)
}

/** We will not. Neither address nor path is told: the one may be a secret of the network, the other hold one. */
function refused(url: URL, why: string): Error {
  return fail('forbidden', `${url.origin} is not asked: ${why}`)
}

/** We tried. */
function failed(url: URL, why: string, cause?: unknown): Error {
  return fail('transient', `${url.origin} was asked in vain: ${why}`, undefined, { status: 502, cause })
}
