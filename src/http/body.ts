/** Request bodies as bytes: any media type, gzip undone, never more than the limit. https://hl7.org/fhir/R4/http.html#mime-type */
import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type FhirError, fail } from '../fhir/issue.ts'
import { parseContentType } from '../fhir/media-type.ts'
import type { Payload } from '../interactions/interaction.ts'
import { memo } from './memo.ts'

const inflate = promisify(gunzip)

/** Named beside "any", because Fastify remembers where named ones lead. */
const usual = [
  'application/fhir+json',
  'application/fhir+xml',
  'application/json',
  'application/json-patch+json',
  'application/x-www-form-urlencoded',
]

/** Content in these "has no generally defined semantics" (RFC 9110, 9.3): some clients send some, nobody reads it. */
const bodiless: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE'])

type Done = (error: Error | null, payload?: Payload) => void

/** Fastify counts the bytes while they come in, and stops reading at the limit; so does zlib with what it puts out. */
export function acceptBodies(scope: FastifyInstance, limit: number): void {
  const essenceOf = memo(header => parseContentType(header).essence)

  /** `undefined` where nothing was sent. */
  function payload({ headers, rawHeaders }: IncomingMessage, bytes: Buffer): Payload | undefined {
    const type = headers['content-type']
    if (bytes.length === 0 && type === undefined) return undefined
    refuseSecondType(rawHeaders)
    return { is: 'bytes', bytes, type: type === undefined ? parseContentType(type).essence : essenceOf(type) }
  }

  /** Calls back at once unless there is something to inflate: a promise would cost a turn of the loop. */
  function parse({ raw }: FastifyRequest, bytes: Buffer, done: Done): void {
    if (bodiless.has(raw.method ?? '')) {
      done(null)
      return
    }
    const settle = (plain: Buffer) => attempt(() => payload(raw, plain), done)
    const encoding = raw.headers['content-encoding']
    if (encoding === undefined) settle(bytes)
    else decompress(bytes, encoding, limit).then(settle, done)
  }

  scope.removeAllContentTypeParsers()
  for (const type of [...usual, '*']) scope.addContentTypeParser(type, { parseAs: 'buffer', bodyLimit: limit }, parse)
}

function attempt(make: () => Payload | undefined, done: Done): void {
  let made: Payload | undefined
  try {
    made = make()
  } catch (error) {
    done(error as Error)
    return
  }
  done(null, made)
}

/** Node keeps the first of several; whoever stands before us may have looked at the last. */
function refuseSecondType(rawHeaders: readonly string[]): void {
  let types = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    if (name.length === 12 && name.toLowerCase() === 'content-type') types++
  }
  if (types > 1) throw fail('not-supported', 'the request has several Content-Type headers', undefined, { status: 415 })
}

async function decompress(bytes: Buffer, encoding: string, limit: number): Promise<Buffer> {
  const codings = encoding.toLowerCase().trim()
  if (codings === '' || codings === 'identity') return bytes
  if (codings !== 'gzip' && codings !== 'x-gzip') {
    throw fail(
      'not-supported',
      `the Content-Encoding '${encoding}' is not supported; expected gzip or none`,
      undefined,
      {
        status: 415,
        headers: { 'accept-encoding': 'gzip' },
      },
    )
  }
  try {
    return await inflate(bytes, { maxOutputLength: limit })
  } catch (cause) {
    if (isTooLarge(cause)) throw tooLarge(limit)
    throw fail('structure', 'the body is not valid gzip, though its Content-Encoding says so', undefined, { cause })
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
}

export function tooLarge(limit: number): FhirError {
  return fail('too-long', `the body is larger than ${limit} bytes, the limit of this server`, undefined, {
    status: 413,
  })
}
