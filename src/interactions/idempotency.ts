/**
 * Idempotency-Key on POST: a client that lost the answer may send the request again and gets the answer of the first time.
 * https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
import { createHash } from 'node:crypto'
import { fail } from '../fhir/issue.ts'
import { printJson } from '../fhir/json.ts'
import type { Receipt, Refused, Version } from '../store/port.ts'
import type { Context, FhirRequest } from './interaction.ts'

/** What will be remembered of this request; `undefined` if it carries no key. */
export function receiptFor(request: FhirRequest, note = ''): Receipt | undefined {
  const given = request.headers['idempotency-key']
  if (given === undefined) return undefined
  const key = bare(given)
  if (!/^[\x21-\x7e]{1,255}(?:#\d+)?$/.test(key)) {
    throw fail('value', 'Idempotency-Key: expected 1 to 255 visible ASCII characters', undefined, { status: 400 })
  }
  return { key, fingerprint: fingerprint(request), note }
}

/** The key of one entry of a batch, whose entries stand for themselves. */
export function keyOfEntry(given: string, index: number): string {
  return `${bare(given)}#${index}`
}

/** The draft has a quoted string; many clients send the bare text. */
function bare(given: string): string {
  return given.replace(/^"(.*)"$/, '$1')
}

/** The versions that this very request made before, if it did. */
export async function replay(
  { store }: Context,
  { tenant }: FhirRequest,
  receipt: Receipt | undefined,
): Promise<readonly Version[] | undefined> {
  if (!receipt) return undefined
  const before = await store.receipt(tenant, receipt.key)
  if (!before) return undefined
  if (before.receipt.fingerprint === receipt.fingerprint) return before.versions
  throw fail('business-rule', `the Idempotency-Key '${receipt.key}' was used before, for another request`)
}

/** The versions that the same request made a moment ago, where both were under way at once and the other was faster. */
export function overtaken({ because }: Refused, receipt: Receipt | undefined): readonly Version[] | undefined {
  return because.why === 'receipt' && because.was.fingerprint === receipt?.fingerprint ? because.versions : undefined
}

function fingerprint({ method, target, query, body }: FhirRequest): string {
  const hash = createHash('sha256').update(`${method} ${target.type}/${target.verb}?${query}\n`)
  if (body?.is === 'bytes') hash.update(`${body.type}\n`).update(body.bytes)
  if (body?.is === 'resource') hash.update(printJson(body.resource))
  return hash.digest('base64url')
}
