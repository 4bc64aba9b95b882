/**
 * Idempotency-Key on POST: a client that lost the answer may send the request again and gets the answer of the first time.
 * https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
import { createHash } from 'node:crypto'
import { fail } from '../fhir/issue.ts'
import { printJson } from '../fhir/json.ts'
import type { Receipt, Refused, Version } from '../store/port.ts'
import type { Context, FhirRequest } from './interaction.ts'

/** What a request did when it came for the first time. */
export type Remembered = { readonly versions: readonly Version[]; readonly note: string }

/** What will be remembered of this request; `undefined` if it carries no key. */
export function receiptFor(request: FhirRequest): Receipt | undefined {
  const given = request.headers['idempotency-key']
  if (given === undefined) return undefined
  const key = bare(given)
  if (!/^[\x21-\x7e]{1,255}(?:#\d+)?$/.test(key)) {
    throw fail('value', 'Idempotency-Key: expected 1 to 255 visible ASCII characters', undefined, { status: 400 })
  }
  // What somebody else did is nobody's business: the same key of another principal is another key.
  const whose = request.principal === undefined ? key : `${request.principal.id} ${key}`
  return { key: whose, fingerprint: fingerprint(request), note: '' }
}

/** The key of one entry of a batch, whose entries stand for themselves. */
export function keyOfEntry(given: string, index: number): string {
  return `${bare(given)}#${index}`
}

/** The draft has a quoted string; many clients send the bare text. */
function bare(given: string): string {
  return given.replace(/^"(.*)"$/, '$1')
}

/** What this very request did before, if it did. */
export async function replay(
  { store }: Context,
  { tenant }: FhirRequest,
  receipt: Receipt | undefined,
): Promise<Remembered | undefined> {
  if (!receipt) return undefined
  const before = await store.receipt(tenant, receipt.key)
  if (!before) return undefined
  const { versions, receipt: was } = before
  if (was.fingerprint === receipt.fingerprint) return { versions, note: was.note }
  const key = receipt.key.slice(receipt.key.lastIndexOf(' ') + 1) // without whose it is
  throw fail('business-rule', `the Idempotency-Key '${key}' was used before, for another request`)
}

/** What the same request did a moment ago, where both were under way at once and the other was faster. */
export function overtaken({ because }: Refused, receipt: Receipt | undefined): Remembered | undefined {
  if (because.why !== 'receipt' || because.was.fingerprint !== receipt?.fingerprint) return undefined
  return { versions: because.versions, note: because.was.note }
}

function fingerprint({ method, target, query, body, headers }: FhirRequest): string {
  const hash = createHash('sha256').update(`${method} ${target.type}/${target.verb}?${query}\n`)
  if (headers['if-none-exist'] !== undefined) hash.update(`if-none-exist: ${headers['if-none-exist']}\n`)
  if (body?.is === 'bytes') hash.update(`${body.type}\n`).update(body.bytes)
  if (body?.is === 'resource') hash.update(printJson(body.resource))
  return hash.digest('base64url')
}
