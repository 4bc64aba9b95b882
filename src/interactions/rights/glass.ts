/**
 * Glass that was broken: for a while somebody sees of a patient what his policies keep behind glass. A note of the store tells all
 * processes, and is gone when the time is over.
 */

import type { Principal } from '../../security/principal.ts'
import type { Store } from '../../store/port.ts'

const kind = 'break-glass'
const most = 100 // patients for whom somebody breaks glass at the same time

export type Broken = {
  readonly id: string
  readonly principal: Principal
  /** Id. */
  readonly patient: string
  readonly reason: string
  /** ms. */
  readonly until: number
}

/** All that one client does for one user is of one person; sessions come and go. */
function whose({ client, user, fhirUser }: Principal): string {
  return JSON.stringify([client, user ?? fhirUser ?? ''])
}

export async function keepBroken(
  store: Pick<Store, 'keepNote'>,
  { id, principal, patient, reason, until }: Broken,
): Promise<void> {
  const text = JSON.stringify({ patient, reason, client: principal.client, user: principal.user, until })
  const note = { tenant: principal.tenant, kind, id, text, tags: [whose(principal)], expires: until, revision: 0 }
  if ((await store.keepNote(note)) === undefined) throw new Error(`there is a note ${id} of broken glass already`)
}

/** Ids of patients; that of the launch context, where the token itself says so. */
export async function brokenFor(
  store: Pick<Store, 'notes'>,
  tenant: string,
  principal: Principal,
  now: number,
): Promise<readonly string[]> {
  const { purposes, patient } = principal
  const notes = await store.notes({ tenant, kind, tag: whose(principal), limit: most })
  const kept = notes.filter(({ expires = now }) => now < expires).map(({ text }) => String(JSON.parse(text).patient))
  return [...new Set([...kept, ...(purposes.includes('BTG') && patient !== undefined ? [patient] : [])])]
}
