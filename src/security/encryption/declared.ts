/** Which types a store keeps sealed: decided before the first one is written, and remembered, so that nobody takes ciphertext for text. */
import type { Store } from '../../store/port.ts'
import { BadKeys } from './key-wrapper.ts'

const place = { tenant: 'default', kind: 'encryption', id: 'types' }

export async function declaredTypes(store: Pick<Store, 'note'>): Promise<readonly string[]> {
  const note = await store.note(place)
  return note === undefined ? [] : JSON.parse(note.text)
}

/** Throws `BadKeys` where the settings do not fit what is stored. */
export async function declare(
  store: Pick<Store, 'note' | 'keepNote' | 'types'>,
  tenants: readonly string[],
  types: readonly string[],
): Promise<void> {
  for (;;) {
    const note = await store.note(place)
    const before: readonly string[] = note === undefined ? [] : JSON.parse(note.text)
    const missing = before.filter(type => !types.includes(type))
    if (missing.length > 0) throw notNamed(missing, before)
    const added = types.filter(type => !before.includes(type))
    if (added.length === 0) return
    for (const tenant of tenants) await mustBeNew(store, tenant, added)
    const next = { ...place, text: JSON.stringify([...before, ...added]), tags: [], revision: note?.revision ?? 0 }
    if ((await store.keepNote(next)) !== undefined) return
  }
}

async function mustBeNew(store: Pick<Store, 'types'>, tenant: string, added: readonly string[]): Promise<void> {
  const there = (await store.types(tenant)).filter(type => added.includes(type))
  if (there.length === 0) return
  throw new BadKeys(
    `KILN_ENCRYPTION names ${there.join(', ')}, of which tenant '${tenant}' has resources that are not encrypted: expected types that were never written; export what there is and load it into a new store`,
  )
}

function notNamed(missing: readonly string[], all: readonly string[]): BadKeys {
  return new BadKeys(
    `KILN_ENCRYPTION does not name ${missing.join(', ')}, which this store keeps encrypted: expected ${all.join(',')}`,
  )
}
