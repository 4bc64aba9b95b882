/**
 * How a store keeps its types, as the store itself remembers it: what is written and asked goes by this, not by the settings of
 * one process or another, so that nobody takes ciphertext for text. Settings tell what is wanted; where nothing of a type is
 * stored yet, that holds at once, and else as soon as `kiln key seal` has begun.
 */
import type { Store } from '../../store/port.ts'
import type { Chosen } from './extent.ts'
import { BadKeys } from './key-wrapper.ts'

/** Names as `KILN_ENCRYPTION` has them; none: in the clear. */
export type Keeping = {
  readonly is: readonly string[]
  /** What it is being changed to: texts are of both sorts, and new ones of this. */
  readonly next?: readonly string[]
}

/** By type; those that are not in it are in the clear. */
export type Declared = ReadonlyMap<string, Keeping>

const place = { tenant: 'default', kind: 'encryption', id: 'types' }

type Found = { readonly types: Declared; readonly revision: number }

async function found(store: Pick<Store, 'note'>): Promise<Found> {
  const note = await store.note(place)
  return { types: new Map(note === undefined ? [] : JSON.parse(note.text)), revision: note?.revision ?? 0 }
}

export async function declaredTypes(store: Pick<Store, 'note'>): Promise<Declared> {
  return (await found(store)).types
}

type Notes = Pick<Store, 'note' | 'keepNote'>

/** `undefined`: there is nothing to change. */
async function change(store: Notes, to: (types: Declared) => Promise<Declared | undefined>): Promise<Declared> {
  for (;;) {
    const { types, revision } = await found(store)
    const next = await to(types)
    if (next === undefined) return types
    const note = { ...place, text: JSON.stringify([...next]), tags: [], revision }
    if ((await store.keepNote(note)) !== undefined) return next
  }
}

/** What is wanted of types that nobody has written yet; gives what holds then. */
export function declare(
  store: Notes & Pick<Store, 'types'>,
  tenants: readonly string[],
  chosen: Chosen,
): Promise<Declared> {
  return change(store, async types => {
    const fresh = [...chosen].filter(([type]) => !types.has(type))
    if (fresh.length === 0) return undefined
    const there = new Set((await Promise.all(tenants.map(tenant => store.types(tenant)))).flat())
    const added = fresh.filter(([type]) => !there.has(type)).map(([type, is]) => [type, { is }] as const)
    return added.length === 0 ? undefined : new Map([...types, ...added])
  })
}

/** Types that are not kept as is wanted, or not all of them. */
export function pending(types: Declared, chosen: Chosen): readonly string[] {
  const all = new Set([...types.keys(), ...chosen.keys()])
  return [...all].filter(type => {
    const { is, next } = types.get(type) ?? { is: [] }
    return next !== undefined || !isSame(is, chosen.get(type) ?? [])
  })
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.join() === other.join()
}

/** From now on everything is written as is wanted. */
export function beginChange(store: Notes, chosen: Chosen): Promise<Declared> {
  return change(store, async types => {
    const changed = pending(types, chosen).map((type): [string, Keeping] => {
      const { is, next } = types.get(type) ?? { is: [] }
      const wanted = chosen.get(type) ?? []
      if (next !== undefined && !isSame(next, wanted)) throw unfinished(type, next)
      return [type, { is, next: wanted }]
    })
    return changed.length === 0 ? undefined : new Map([...types, ...changed])
  })
}

/** Everything is as it was to be. `left`: types of which something is sealed all the same, since nobody can open it any more. */
export function endChange(store: Notes, left: ReadonlySet<string>): Promise<Declared> {
  return change(store, async types => {
    const ended = [...types].map(([type, { is, next = is }]): [string, Keeping] => [type, { is: next }])
    return new Map(ended.filter(([type, { is }]) => is.length > 0 || left.has(type)))
  })
}

function unfinished(type: string, next: readonly string[]): BadKeys {
  const what = next.length === 0 ? `all of ${type} readable` : `${next.join()} encrypted`
  return new BadKeys(
    `a change that makes ${what} was begun and did not come to its end: expected the same KILN_ENCRYPTION`,
  )
}
