import type { DatabaseSync } from 'node:sqlite'
import { membersOf } from './slots.ts'

const remembered = 100_000 // terms and sets; some 20 MB
const mostSets = 500 // of slots in a type; more are not made by data as it comes, but by somebody who wants searches to be slow

/** A set of slots, and the keys of its terms as far as they are remembered. */
export type SlotSet = {
  readonly key: number
  readonly terms: Map<string, number>
}

/** From names to their set; to each slot by itself where the type has too many sets already. */
export type Sets = (names: string) => readonly SlotSet[]

/** The writer's keys of slots and terms. They are never deleted, so what was found once is remembered. */
export function openDictionary(db: DatabaseSync) {
  const findSlots = db.prepare('SELECT key FROM slots WHERE tenant = ? AND type = ? AND names = ?')
  const countSlots = db.prepare('SELECT count(*) AS count FROM slots WHERE tenant = ? AND type = ?')
  const addSlots = db.prepare('INSERT INTO slots (tenant, type, names) VALUES (?, ?, ?)')
  const findTerm = db.prepare('SELECT key FROM term WHERE slots = ? AND text = ?')
  const addTerm = db.prepare('INSERT OR IGNORE INTO term (slots, text) VALUES (?, ?)')
  const types = new Map<number, Map<number, Sets>>() // by tenant
  let size = 0

  /** One more is remembered, unless there are too many: then all are forgotten. */
  function count(): void {
    if (++size > remembered) forget()
  }

  function forget(): void {
    types.clear()
    size = 0
  }

  function findSet(tenant: number, type: number, names: string): number | undefined {
    return findSlots.get(tenant, type, names)?.['key'] as number | undefined
  }

  function makeSets(tenant: number, type: number, names: string, sets: Sets): readonly SlotSet[] {
    const found = findSet(tenant, type, names)
    if (found !== undefined) return [{ key: found, terms: new Map() }]
    const single = membersOf(names)
    const full = single.length > 1 && (countSlots.get(tenant, type)?.['count'] as number) >= mostSets
    if (full) return single.flatMap(sets)
    return [{ key: Number(addSlots.run(tenant, type, names).lastInsertRowid), terms: new Map() }]
  }

  function openSets(tenant: number, type: number): Sets {
    const known = new Map<string, readonly SlotSet[]>()
    return function sets(names) {
      const found = known.get(names)
      if (found) return found
      count()
      const made = makeSets(tenant, type, names, sets)
      known.set(names, made)
      return made
    }
  }

  /** Most texts that are not remembered are new. */
  function makeTerm(slots: number, text: string): number {
    const { changes, lastInsertRowid } = addTerm.run(slots, text)
    return changes === 1 ? Number(lastInsertRowid) : (findTerm.get(slots, text)?.['key'] as number)
  }

  return {
    setsOf(tenant: number, type: number): Sets {
      const ofTenant = types.get(tenant) ?? new Map<number, Sets>()
      const sets = ofTenant.get(type) ?? openSets(tenant, type)
      types.set(tenant, ofTenant.set(type, sets))
      return sets
    },
    term({ key, terms }: SlotSet, text: string): number {
      const known = terms.get(text)
      if (known !== undefined) return known
      count()
      const made = makeTerm(key, text)
      terms.set(text, made)
      return made
    },
    /** After a rollback: what was made did not last. */
    reset: forget,
  }
}

export type Dictionary = ReturnType<typeof openDictionary>
