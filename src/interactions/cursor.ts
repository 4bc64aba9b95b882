/** The place where a page ended, as text that only this server can have made and only for this very walk. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { fail } from '../fhir/issue.ts'

type Place = readonly Part[]
type Part = string | number | null | readonly Part[]

/** `walk` is everything that the cursor is bound to: tenant, path and parameters. */
export function seal<P extends Place>(secret: Uint8Array, walk: string, place: P): string {
  const text = Buffer.from(JSON.stringify(place)).toString('base64url')
  return `${text}.${sign(secret, walk, text)}`
}

/** What was sealed for this walk: of the form that whoever asks has sealed, because nobody else could have. */
export function unseal<P extends Place>(secret: Uint8Array, walk: string, cursor: string): P {
  const dot = cursor.lastIndexOf('.')
  const text = cursor.slice(0, Math.max(dot, 0))
  const expected = Buffer.from(sign(secret, walk, text))
  const given = Buffer.from(cursor.slice(dot + 1))
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw fail(
      'value',
      "the page link is not one of this server's for this request: expected '_page' unchanged from a link",
    )
  }
  return JSON.parse(Buffer.from(text, 'base64url').toString())
}

function sign(secret: Uint8Array, walk: string, text: string): string {
  return createHmac('sha256', secret).update(`${walk}\n${text}`).digest().subarray(0, 18).toString('base64url')
}
