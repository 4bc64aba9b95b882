/** What only this server may read again, though it lies in its store: AES-256-GCM under a key of the store's secret. */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto'

export type Seal = {
  /** `about` belongs to it: elsewhere it cannot be opened. */
  readonly seal: (text: string, about: string) => string
  /** Throws unless it was sealed here, about this. */
  readonly open: (sealed: string, about: string) => string
  /** Of something that is short enough to be guessed, if its digest could be worked out elsewhere. */
  readonly digest: (text: string, about: string) => string
}

export function openSeal(secret: Uint8Array, random: (bytes: number) => Uint8Array): Seal {
  const key = derived(secret, 'seal')
  const digestKey = derived(secret, 'digest')
  return {
    seal(text, about) {
      const iv = random(12)
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(about))
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')
    },
    open(sealed, about) {
      const bytes = Buffer.from(sealed, 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
      decipher.setAAD(Buffer.from(about)).setAuthTag(bytes.subarray(12, 28))
      return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')
    },
    digest: (text, about) => createHmac('sha256', digestKey).update(`${about}\n${text}`).digest('base64url'),
  }
}

/** https://www.rfc-editor.org/rfc/rfc5869 */
function derived(secret: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(), `kiln accounts ${purpose}`, 32))
}
