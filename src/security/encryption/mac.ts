/** HMAC-SHA-256, https://www.rfc-editor.org/rfc/rfc2104, as two hashes: Node's own takes forty times as long to set up for a short text. */
import { hash } from 'node:crypto'

const block = 64 // bytes

export type Mac = (data: string | Uint8Array) => Buffer

export function openMac(key: Uint8Array): Mac {
  const [inner, outer] = [padded(key, 0x36), padded(key, 0x5c)]
  return data => {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data
    const first = hash('sha256', Buffer.concat([inner, bytes]), 'buffer')
    return hash('sha256', Buffer.concat([outer, first]), 'buffer')
  }
}

function padded(key: Uint8Array, pad: number): Uint8Array {
  const short = key.length > block ? hash('sha256', key, 'buffer') : key
  return Uint8Array.from({ length: block }, (_, at) => (short[at] ?? 0) ^ pad)
}
