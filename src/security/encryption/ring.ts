/**
 * The data keys of a tenant, wrapped, as notes of its store. A ring has a key for each time that it was rotated: the last one
 * seals, all of them open. https://csrc.nist.gov/pubs/sp/800/57/pt1/r5/final §5.3
 */
import { createSecretKey } from 'node:crypto'
import type { Note, Store } from '../../store/port.ts'
import type { DataKey } from './envelope.ts'
import { BadKeys, type KeyWrapper, type Wrapped } from './key-wrapper.ts'

export const ringKind = 'data-key'
/** Of what is no single patient's. */
export const tenantRing = 'tenant'
/** The key of the blind index. It stays: another one would find nothing of what is indexed. */
export const indexRing = 'index'

/** Of receipts, which are forgotten by themselves. */
export const receiptRing = 'receipt'

export type RingNeeds = {
  readonly store: Pick<Store, 'note' | 'keepNote'>
  readonly wrapper: KeyWrapper
  readonly random: (bytes: number) => Uint8Array
}

type WrappedKey = Wrapped & { readonly number: number }

export type Ring = { readonly keys: readonly WrappedKey[] } | { /** ms */ readonly erased: number }

export function parseRing({ text }: Pick<Note, 'text'>): Ring {
  return JSON.parse(text)
}

/** Tagged by the master keys that it needs. `undefined`: somebody was faster. */
export async function keepRing(
  { store }: Pick<RingNeeds, 'store'>,
  place: Pick<Note, 'tenant' | 'id' | 'revision'>,
  ring: Ring,
): Promise<number | undefined> {
  const tags = 'keys' in ring ? [...new Set(ring.keys.map(({ by }) => by))] : []
  return store.keepNote({ ...place, kind: ringKind, text: JSON.stringify(ring), tags })
}

/** A further key at its end. */
export async function grown(
  { wrapper, random }: Omit<RingNeeds, 'store'>,
  { tenant, id }: Pick<Note, 'tenant' | 'id'>,
  keys: readonly WrappedKey[],
): Promise<Ring> {
  const number = (keys.at(-1)?.number ?? 0) + 1
  const wrapped = await wrapper.wrap(random(32), aboutKey(tenant, id, number))
  return { keys: [...keys, { number, ...wrapped }] }
}

/** All of its keys under the current master key. */
export async function rewrapped(
  { wrapper }: Pick<RingNeeds, 'wrapper'>,
  { tenant, id }: Pick<Note, 'tenant' | 'id'>,
  keys: readonly WrappedKey[],
): Promise<Ring> {
  const all = keys.map(async ({ number, ...wrapped }) => {
    const about = aboutKey(tenant, id, number)
    return { number, ...(await wrapper.wrap(await wrapper.unwrap(wrapped, about), about)) }
  })
  return { keys: await Promise.all(all) }
}

export async function unwrapped(
  { wrapper }: Pick<RingNeeds, 'wrapper'>,
  { tenant, id }: Pick<Note, 'tenant' | 'id'>,
  keys: readonly WrappedKey[],
): Promise<readonly DataKey[]> {
  const all = keys.map(async ({ number, ...wrapped }) => {
    return { ring: id, number, key: createSecretKey(await wrapper.unwrap(wrapped, aboutKey(tenant, id, number))) }
  })
  const found = await Promise.all(all)
  if (found.length === 0) throw new BadKeys(`a key of the store was changed: the ring '${id}' is empty`)
  return found
}

function aboutKey(tenant: string, id: string, number: number): string {
  return JSON.stringify([tenant, id, number])
}
