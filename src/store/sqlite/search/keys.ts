import type { DatabaseSync } from 'node:sqlite'
import type { Names } from '../names.ts'
import type { Scope } from './filter.ts'
import { type Slots, list as typeList } from './slots.ts'

const few = 64 // names looked up one by one

/** From the names in a question to the numbers in the database. */
export function openKeys(db: DatabaseSync, types: Names, slots: Slots) {
  const term = db.prepare('SELECT key FROM term WHERE slots = ? AND text = ?')
  const terms = db.prepare(
    `SELECT t.key FROM json_each(?) x CROSS JOIN json_each(?) s CROSS JOIN term t ON t.slots = s.value AND t.text = x.value`,
  )
  const root = db.prepare('SELECT root FROM resource WHERE tenant = ? AND type = ? AND id = ? AND deleted = 0')
  const roots = db.prepare(
    `SELECT r.root FROM json_each(?) x CROSS JOIN resource r ON r.tenant = ? AND r.type = ? AND r.id = x.value
     WHERE r.deleted = 0`,
  )
  for (const statement of [term, terms, root, roots]) statement.setReturnArrays(true)

  /** Of all texts in all sets, those that there are. */
  function termsOf(sets: readonly number[], texts: readonly string[]): readonly number[] {
    const unique = texts.length === 1 ? texts : [...new Set(texts)]
    if (unique.length > few) return numbers(terms.all(JSON.stringify(unique), JSON.stringify(sets)))
    return unique.flatMap(text => sets.flatMap(set => numbers(term.all(set, text))))
  }

  return {
    termsOf,
    /** Of the present ones. */
    rootsOf({ tenant, type }: Scope, ids: readonly string[]): readonly number[] {
      const unique = [...new Set(ids)]
      const found =
        unique.length > few
          ? numbers(roots.all(JSON.stringify(unique), tenant, type))
          : unique.flatMap(id => numbers(root.all(tenant, type, id)))
      return found.sort(byNumber)
    },
    setsOf: ({ tenant, type }: Scope, slot: string): readonly number[] => slots.of(tenant, type, slot),
    scope(tenant: number, name: string): Scope {
      const type = types.key(name) ?? 0
      const [list] = termsOf(slots.of(tenant, type, typeList), [''])
      return { tenant, type, name, list }
    },
  }
}

export type Keys = ReturnType<typeof openKeys>

export function numbers(rows: unknown): number[] {
  return (rows as readonly (readonly [number])[]).map(([value]) => value)
}

export function byNumber(a: number, b: number): number {
  return a - b
}
