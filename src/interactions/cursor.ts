/** The place where a page ended, as text that only this server can have made, and read, and only for this very walk. */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import { fail, parameterAt } from '../fhir/issue.ts'

type Place = readonly Part[]
type Part = string | number | null | readonly Part[]

const algorithm = 'aes-256-gcm'
const ivLength = 12 // bytes
const tagLength = 16 // bytes
/** The place tells how much was written in the tenant; its length is not to tell it either. */
const step = 32 // bytes

/** `walk` is everything that the cursor is bound to: tenant, path and parameters. The same place has the same cursor. */
export function seal<P extends Place>(secret: Uint8Array, walk: string, place: P): string {
  const text = JSON.stringify(place)
  const padded = text.padEnd(Math.ceil(text.length / step) * step)
  const iv = derived(secret, `iv ${walk}\n${padded}`).subarray(0, ivLength)
  const cipher = createCipheriv(algorithm, derived(secret, 'key'), iv, { authTagLength: tagLength }).setAAD(
    Buffer.from(walk),
  )
  const sealed = Buffer.concat([iv, cipher.update(padded, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return sealed.toString('base64url')
}

/** What was sealed for this walk: of the form that whoever asks has sealed, because nobody else could have. */
export function unseal<P extends Place>(secret: Uint8Array, walk: string, cursor: string): P {
  const sealed = Buffer.from(cursor, 'base64url')
  if (sealed.length <= ivLength + tagLength || sealed.toString('base64url') !== cursor) throw foreign()
  const [iv, content] = [sealed.subarray(0, ivLength), sealed.subarray(ivLength, -tagLength)]
  const decipher = createDecipheriv(algorithm, derived(secret, 'key'), iv, { authTagLength: tagLength })
    .setAAD(Buffer.from(walk))
    .setAuthTag(sealed.subarray(-tagLength))
  return JSON.parse(opened(decipher, content))
}

function opened(decipher: ReturnType<typeof createDecipheriv>, content: Uint8Array): string {
  try {
    return Buffer.concat([decipher.update(content), decipher.final()]).toString()
  } catch {
    throw foreign()
  }
}

function derived(secret: Uint8Array, purpose: string): Buffer {
  return createHmac('sha256', secret).update(purpose).digest()
}

function foreign(): Error {
  const text = "the page link is not one of this server's for this request: expected '_page' unchanged from a link"
  return fail('value', text, parameterAt('_page'))
}
