import type { DatabaseSync } from 'node:sqlite'

/** The set that has every present resource of a type. */
export const list = '\n\n'

/** How the set of a slot's ranges is called; a name has no line break. */
export function ofRanges(names: string): string {
  return `\n${names}`
}

/** Its slots; those of ranges by the name that their sets have. */
export function membersOf(names: string): readonly string[] {
  if (names === list) return [list]
  return names.startsWith('\n') ? names.slice(1).split('\n').map(ofRanges) : names.split('\n')
}

const remembered = 2_000 // types of tenants

/** The sets that a slot is in. Sets are only ever added, so what was read holds until there is a newer one anywhere. */
export function openSlots(db: DatabaseSync) {
  const newest = db.prepare('SELECT max(key) FROM slots')
  const select = db.prepare('SELECT key, names FROM slots WHERE tenant = ? AND type = ? ORDER BY key')
  newest.setReturnArrays(true)
  select.setReturnArrays(true)
  const types = new Map<string, { readonly upTo: number; readonly sets: ReadonlyMap<string, readonly number[]> }>()
  let upTo = 0
  let seen: number | undefined

  function load(tenant: number, type: number): ReadonlyMap<string, readonly number[]> {
    const sets = new Map<string, number[]>()
    for (const [key, names] of select.all(tenant, type) as unknown as readonly [number, string][]) {
      for (const name of membersOf(names)) {
        const keys = sets.get(name)
        if (keys) keys.push(key)
        else sets.set(name, [key])
      }
    }
    return sets
  }

  return {
    /** Of the database: see `Snapshot`. */
    begin(state: number | undefined): void {
      if (state !== undefined && state === seen) return
      seen = state
      const [key] = newest.get() as unknown as [number | null]
      upTo = key ?? 0
    },
    of(tenant: number, type: number, name: string): readonly number[] {
      const place = `${tenant} ${type}`
      let known = types.get(place)
      if (!known || known.upTo !== upTo) {
        known = { upTo, sets: load(tenant, type) }
        if (types.size >= remembered) types.clear()
        types.set(place, known)
      }
      return known.sets.get(name) ?? []
    },
    /** After a rollback: keys may come again for other sets. */
    reset: () => types.clear(),
  }
}

export type Slots = ReturnType<typeof openSlots>
