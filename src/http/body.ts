/** Request bodies as bytes: any media type, gzip undone, never more than the limit. https://hl7.org/fhir/R4/http.html#mime-type */
import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type FhirError, fail } from '../fhir/issue.ts'
import { parseContentType } from '../fhir/media-type.ts'
import type { Payload } from '../interactions/interaction.ts'

const inflate = promisify(gunzip)

/** Fastify counts the bytes while they come in, and stops reading at the limit; so does zlib with what it puts out. */
export function acceptBodies(scope: FastifyInstance, limit: number): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser(
    '*',
    { parseAs: 'buffer', bodyLimit: limit },
    async ({ raw }: FastifyRequest, bytes: Buffer) => decode(raw, bytes, limit),
  )
}

/** `undefined` where nothing was sent. */
async function decode(request: IncomingMessage, bytes: Buffer, limit: number): Promise<Payload | undefined> {
  const plain = await decompress(bytes, request.headers['content-encoding'], limit)
  if (plain.length === 0 && request.headers['content-type'] === undefined) return undefined
  refuseSecondType(request.rawHeaders)
  return { is: 'bytes', bytes: plain, type: parseContentType(request.headers['content-type']).essence }
}

/** Node keeps the first of several; whoever stands before us may have looked at the last. */
function refuseSecondType(rawHeaders: readonly string[]): void {
  const types = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'content-type')
  if (types.length > 1) {
    throw fail('not-supported', 'the request has several Content-Type headers', undefined, { status: 415 })
  }
}

async function decompress(bytes: Buffer, encoding: string | undefined, limit: number): Promise<Buffer> {
  const codings = (encoding ?? '').toLowerCase().trim()
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
