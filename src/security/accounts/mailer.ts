/** Letters to people: into a folder where one develops and tests, by SMTP elsewhere. https://www.rfc-editor.org/rfc/rfc5322 */
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createTransport } from 'nodemailer'

export type Letter = { readonly to: string; readonly subject: string; readonly text: string }

/** Resolves once it is on its way. */
export type Mailer = (letter: Letter) => Promise<void>

export type MailSettings = {
  /** `smtp:`, `smtps:` or `file:`; empty: none is sent. */
  readonly url: string
  readonly from: string
  /** Rising. */
  readonly newName: () => string
}

export function openMailer({ url, from, newName }: MailSettings): Mailer | undefined {
  if (url === '') return undefined
  return url.startsWith('file:') ? fileMailer(url.slice('file:'.length), from, newName) : smtpMailer(url, from)
}

/** One `.eml` file for each letter; nobody sees half of one. `newName`: rising, so that they lie in their order. */
export function fileMailer(folder: string, from: string, newName: () => string): Mailer {
  const transport = createTransport({ streamTransport: true, buffer: true })
  return async letter => {
    const { message } = await transport.sendMail({ ...letter, from })
    await mkdir(folder, { recursive: true })
    const file = join(folder, `${newName()}.eml`)
    await writeFile(`${file}.part`, message, { mode: 0o600 })
    await rename(`${file}.part`, file)
  }
}

const patience = 10_000 // ms

/** `smtp://user:password@host:587`, or `smtps:` where TLS begins at once. */
export function smtpMailer(url: string, from: string): Mailer {
  const { protocol, hostname, port, username, password } = new URL(url)
  const secure = protocol === 'smtps:'
  const local = /^(?:127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/.test(hostname)
  const transport = createTransport({
    ...{ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || (secure ? 465 : 587)), secure },
    requireTLS: !secure && !local, // what is in these letters lets people in
    ...(username === '' ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    ...{ connectionTimeout: patience, greetingTimeout: patience, socketTimeout: patience },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  })
  return async letter => {
    await transport.sendMail({ ...letter, from })
  }
}
