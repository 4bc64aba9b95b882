/** Keys anew, while servers go on: each ring is changed by compare-and-set, and read with whatever keys it has. */
import type { Note, Store } from '../../store/port.ts'
import type { EncryptionEvent } from './event.ts'
import { BadKeys, type KeyWrapper } from './key-wrapper.ts'
import { grown, indexRing, keepRing, parseRing, type Ring, rewrapped, ringKind } from './ring.ts'

export type RotateNeeds = {
  /** As it lies below. */
  readonly store: Pick<Store, 'note' | 'notes' | 'keepNote'>
  readonly wrapper: KeyWrapper
  readonly random: (bytes: number) => Uint8Array
  readonly tenants: readonly string[]
  readonly observe: (event: EncryptionEvent) => void
}

const page = 100

/** All data keys under the current master key. Done twice does no harm, so whoever was interrupted does it again. */
export async function rewrapAll(needs: RotateNeeds): Promise<number> {
  const current = await needs.wrapper.current()
  return changeAll(needs, async ({ tenant, id }, keys) => {
    return keys.every(({ by }) => by === current) ? undefined : rewrapped(needs, { tenant, id }, keys)
  })
}

/** From now on everything is sealed by new data keys; what there is can still be read by the old ones. */
export async function renewAll(needs: RotateNeeds): Promise<number> {
  return changeAll(needs, async ({ tenant, id }, keys) => {
    return id === indexRing ? undefined : grown(needs, { tenant, id }, keys)
  })
}

/** Throws `BadKeys` as long as something needs this master key. */
export async function mustBeUnused(
  { store, tenants }: Pick<RotateNeeds, 'store' | 'tenants'>,
  by: string,
): Promise<void> {
  for (const tenant of tenants) {
    const [note] = await store.notes({ tenant, kind: ringKind, tag: by, limit: 1 })
    if (note !== undefined) {
      throw new BadKeys(
        `keys of tenant '${tenant}' are still wrapped by the master key '${by}': 'kiln key rewrap' changes that`,
      )
    }
  }
}

type Keys = Extract<Ring, { readonly keys: unknown }>['keys']
type Change = (note: Note, keys: Keys) => Promise<Ring | undefined>

/** Each ring that is not erased; `undefined`: it stays as it is. */
export async function changeAll(
  { store, tenants, observe }: Pick<RotateNeeds, 'store' | 'tenants' | 'observe'>,
  change: Change,
): Promise<number> {
  let total = 0
  for (const tenant of tenants) {
    let keys = 0
    for (let after = ''; ; ) {
      const notes = await store.notes({ tenant, kind: ringKind, after, limit: page })
      for (const note of notes) if (await changeOne(store, note, change)) keys++
      const last = notes.at(-1)
      if (last === undefined) break
      after = last.id
    }
    observe({ event: 'encryption.rotated', tenant, keys })
    total += keys
  }
  return total
}

async function changeOne(store: RotateNeeds['store'], found: Note, change: Change): Promise<boolean> {
  for (let note: Note | undefined = found; note !== undefined; note = await store.note(note)) {
    const ring = parseRing(note)
    const next = 'erased' in ring ? undefined : await change(note, ring.keys)
    if (next === undefined) return false
    if ((await keepRing({ store }, note, next)) !== undefined) return true
  }
  return false
}
