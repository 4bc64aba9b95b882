/** What is good for one use within some time: links that are sent by mail, codes, challenges. Only a digest of it is kept. */
import { hash } from 'node:crypto'
import type { Store } from '../../store/port.ts'

type Needs = {
  readonly store: Pick<Store, 'note' | 'keepNote' | 'dropNote'>
  readonly clock: () => number
}

type Use = { readonly tenant: string; readonly kind: string; readonly id: string }

/** Instead of the one before of the same id. `lasting`: ms. */
export async function keepOnce(
  { store, clock }: Needs,
  use: Use,
  text: string,
  lasting: number,
  tags: readonly string[] = [],
): Promise<void> {
  const before = await store.note(use)
  const note = { ...use, text, tags, expires: clock() + lasting, revision: before?.revision ?? 0 }
  const kept = await store.keepNote(note)
  if (kept === undefined) return keepOnce({ store, clock }, use, text, lasting, tags)
}

/** Of several who take it, one gets it. */
export async function takeOnce({ store }: Pick<Needs, 'store'>, use: Use): Promise<string | undefined> {
  const note = await store.note(use)
  return note && (await store.dropNote(use, note.revision)) ? note.text : undefined
}

export function newToken(random: (bytes: number) => Uint8Array): string {
  return Buffer.from(random(32)).toString('base64url')
}

/** 256 random bits cannot be guessed from it. */
export function digestOf(token: string): string {
  return hash('sha256', token, 'base64url')
}
