/** The place where a page ended, as text that only this server can have made and only for this very walk. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { fail } from '../fhir/issue.ts'

/** `walk` is everything that the cursor is bound to: tenant, path and parameters. */
export function seal(secret: Uint8Array, walk: string, place: readonly number[]): string {
  const text = place.join('.')
  return `${text}.${sign(secret, walk, text).toString('base64url')}`
}

export function unseal(secret: Uint8Array, walk: string, cursor: string): number[] {
  const dot = cursor.lastIndexOf('.')
  const text = cursor.slice(0, Math.max(dot, 0))
  const expected = sign(secret, walk, text)
  const given = Buffer.from(cursor.slice(dot + 1), 'base64url')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw fail(
      'value',
      "the page link is not one of this server's for this request: expected '_page' unchanged from a link",
    )
  }
  return text.split('.').map(Number)
}

function sign(secret: Uint8Array, walk: string, text: string): Buffer {
  return createHmac('sha256', secret).update(`${walk}\n${text}`).digest().subarray(0, 18)
}
