/** The body of an answer in the form that the client wants. https://hl7.org/fhir/R4/http.html#mime-type */
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { createGzip, gzip } from 'node:zlib'
import { parseJson } from '../fhir/json.ts'
import { ownLimits } from '../fhir/json-limits.ts'
import { contentTypeOf, type Format, namesVersion, negotiate, parseMediaType } from '../fhir/media-type.ts'
import type { Body, Headers } from '../interactions/interaction.ts'
import { memo } from './memo.ts'

/** What an answer depends on, beside the URL. */
const vary = 'Authorization, Accept, Origin'

export const bare: Headers = { vary }

/** What the client wants to read. */
export type Wish = {
  readonly format: Format
  readonly pretty: boolean
  /** Of a resource that answers this wish. */
  readonly headers: Headers
}

export const plainWish: Wish = { format: 'json', pretty: false, headers: headersFor(contentTypeOf('json')) }

export type Wisher = (accept: string | undefined, query: string) => Wish

/** Throws 406. */
export function wisher(): Wisher {
  const byAccept = memo(accept => wishFor(accept, undefined, false))
  return (accept = '', query) => {
    if (query === '' || !/(?:_|%5[Ff])(?:format|pretty)/.test(query)) return byAccept(accept)
    const given = new URLSearchParams(query)
    return wishFor(accept, given.get('_format') || undefined, given.get('_pretty') === 'true')
  }
}

function wishFor(accept: string, asked: string | undefined, pretty: boolean): Wish {
  const format = negotiate(accept, asked)
  const version = namesVersion(asked ?? accept) ? '; fhirVersion=4.0' : ''
  return { format, pretty, headers: headersFor(contentTypeOf(format) + version) }
}

function headersFor(type: string): Headers {
  return { 'content-type': type, vary }
}

/** JSON text of a resource as XML. */
export type ToXml = (json: string, pretty: boolean) => string

export function render(json: string, { format, pretty }: Wish, toXml: ToXml): string {
  if (format === 'xml') return toXml(json, pretty)
  return pretty ? JSON.stringify(parseJson(json, ownLimits), undefined, 2) : json
}

/** Content of a Binary may be anything, a page with scripts too: browsers must not show it under our origin (nor guess what it is). */
export function contentHeaders({ type }: Extract<Body, { is: 'content' }>): Headers {
  return {
    vary,
    'content-type': parseMediaType(type) ? type : 'application/octet-stream',
    'content-disposition': 'attachment',
  }
}

/** Below this many characters an answer fits one packet anyway, and compressing it costs more than it saves. */
const worthwhile = 1400

const compress = promisify(gzip)

export type Compressor = (text: string, acceptEncoding: string | undefined) => Promise<Buffer> | undefined

/** `undefined`: goes out as it is. */
export function compressor(): Compressor {
  const wanted = memo(header => wantsGzip(header))
  return (text, acceptEncoding) => {
    if (acceptEncoding === undefined || text.length < worthwhile || !wanted(acceptEncoding)) return undefined
    return text.length > portion ? compressedInPortions(text) : compress(text, fast)
  }
}

const fast = { level: 1 } // level 6 takes half as long again for a tenth less
const portion = 500_000 // characters that are made bytes in one go: a millisecond

/** zlib works in a thread of its own, but takes bytes: to make 10 MB of them in one go would hold up everybody else. */
async function compressedInPortions(text: string): Promise<Buffer> {
  const packed: Buffer[] = []
  for await (const bytes of Readable.from(portionsOf(text)).pipe(createGzip(fast))) packed.push(bytes)
  return Buffer.concat(packed)
}

function* portionsOf(text: string): Iterable<string> {
  for (let at = 0, end = 0; at < text.length; at = end) {
    end = at + portion
    if (/[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end++ // a pair is one character
    yield text.slice(at, end)
  }
}

function wantsGzip(header: string): boolean {
  return header.split(',').some(part => {
    const [coding = '', ...parameters] = part.split(';').map(text => text.trim().toLowerCase())
    return (coding === 'gzip' || coding === 'x-gzip') && !parameters.some(text => /^q=0(?:\.0*)?$/.test(text))
  })
}
