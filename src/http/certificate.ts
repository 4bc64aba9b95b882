/** The server's own certificate: read, checked, and read again when its files change. https://www.rfc-editor.org/rfc/rfc9325 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureContextOptions, type Server } from 'node:tls'
import type { HttpEvent } from './event.ts'

export type Files = { readonly cert: string; readonly key: string }

/** Of PEM files; the certificate is followed by those of the authorities between. */
type Pair = { readonly cert: string; readonly key: string }

/** The message tells the operator what to do about it. */
export class BadCertificate extends Error {
  override readonly name = 'BadCertificate'
}

/** https://www.rfc-editor.org/rfc/rfc9325#section-4.2: forward secrecy and authenticated encryption, or nothing. */
const ciphers = [
  ...['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'],
  ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ...['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
  ...['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
].join(':')

export type Certificate = {
  /** For `https.createServer`. */
  readonly options: SecureContextOptions & { readonly handshakeTimeout: number }
  /** The server goes on with what the files say now, from its next connection on; those that are open stay. */
  renew(server: Pick<Server, 'setSecureContext'>): void
}

export type CertificateNeeds = Files & { readonly observe: (event: HttpEvent) => void }

/** Throws `BadCertificate`. */
export function openCertificate({ observe, ...files }: CertificateNeeds): Certificate {
  let current = read(files)
  let refused: string | undefined
  observe({ event: 'tls.loaded', until: check(current, files) })
  return {
    options: { ...contextOf(current), handshakeTimeout: 10_000 },
    renew(server) {
      try {
        const pair = read(files)
        if (pair.cert === current.cert && pair.key === current.key) return
        const until = check(pair, files)
        server.setSecureContext(contextOf(pair))
        current = pair
        refused = undefined
        observe({ event: 'tls.loaded', until })
      } catch (error) {
        // One file is replaced before the other: the next look may find a pair. Until then the old one serves.
        const { message } = error as Error
        if (message !== refused) observe({ event: 'tls.refused', reason: message })
        refused = message
      }
    },
  }
}

function contextOf(pair: Pair): SecureContextOptions {
  return { ...pair, minVersion: 'TLSv1.2', ciphers }
}

/** Some kilobytes, which are as quickly read as asked for their date; and dates do not tell where links lead. */
function read({ cert, key }: Files): Pair {
  return { cert: text(cert, 'KILN_TLS_CERT'), key: text(key, 'KILN_TLS_KEY') }
}

function text(file: string, setting: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : cause
    throw new BadCertificate(`${setting} names ${file}, which cannot be read (${code})`, { cause })
  }
}

/** Until when it is good. */
function check(pair: Pair, files: Files): string {
  const certificate = attempt(
    () => new X509Certificate(pair.cert),
    `KILN_TLS_CERT names ${files.cert}, which is no certificate in PEM`,
  )
  const key = attempt(
    () => createPrivateKey(pair.key),
    `KILN_TLS_KEY names ${files.key}, which is no private key in PEM without a passphrase`,
  )
  if (!certificate.checkPrivateKey(key)) {
    throw new BadCertificate(`the key in ${files.key} (KILN_TLS_KEY) is not that of the certificate in ${files.cert}`)
  }
  attempt(() => createSecureContext(contextOf(pair)), `the certificate in ${files.cert} cannot be used`)
  return certificate.validToDate.toISOString()
}

function attempt<T>(make: () => T, message: string): T {
  try {
    return make()
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new BadCertificate(`${message} (${why})`, { cause })
  }
}
