/**
 * Text that nobody reads without its key, and that opens in its own place only: AES-256-GCM, the place as additional data.
 *
 * `1.{key ring}.{number}.{nonce, tag, ciphertext}`. Nonces are random, so one data key is good for 2^32 texts: a patient has far
 * fewer. https://csrc.nist.gov/pubs/sp/800/38/d/final §8.3
 */
import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto'

/** Which key of which ring. */
export type KeyName = { readonly ring: string; readonly number: number }

/** As an object: to take the bytes in anew for each text costs more than the rest. */
export type DataKey = KeyName & { readonly key: KeyObject }

/** Tenant, type, id, version: whatever tells this place from all others. */
export type About = readonly (string | number)[]

const format = '1'
const [nonceLength, authTagLength] = [12, 16] // bytes
const start = nonceLength + authTagLength

export function sealText(text: string, by: DataKey, about: About, random: (bytes: number) => Uint8Array): string {
  const nonce = random(nonceLength)
  const cipher = createCipheriv('aes-256-gcm', by.key, nonce).setAAD(context(by, about))
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  const bytes = Buffer.concat([nonce, cipher.getAuthTag(), body])
  return `${format}.${by.ring}.${by.number}.${bytes.toString('base64')}`
}

/** `undefined`: this is no envelope. */
export function keyNameOf(sealed: string): KeyName | undefined {
  const [, ring, number] = /^1\.([\w-]+)\.(\d+)\./.exec(sealed) ?? []
  return ring === undefined ? undefined : { ring, number: Number(number) }
}

/** Throws unless it was sealed by this key, about this. */
export function openText(sealed: string, by: DataKey, about: About): string {
  const bytes = Buffer.from(sealed.slice(sealed.lastIndexOf('.') + 1), 'base64')
  const decipher = createDecipheriv('aes-256-gcm', by.key, bytes.subarray(0, nonceLength), { authTagLength })
  decipher.setAAD(context(by, about)).setAuthTag(bytes.subarray(nonceLength, start))
  return Buffer.concat([decipher.update(bytes.subarray(start)), decipher.final()]).toString('utf8')
}

function context({ ring, number }: KeyName, about: About): Uint8Array {
  return Buffer.from(JSON.stringify([format, ring, number, ...about]))
}
