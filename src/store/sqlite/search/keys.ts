import type { DatabaseSync } from 'node:sqlite'
import { isContained } from '../../../search/contained.ts'
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
  for (const statement of [term, terms]) statement.setReturnArrays(true)
  const lists = new Map<number, Map<number, number>>() // of tenants, by type: a list stays once there is one
  const alone = openRoots(db, 'resource')
  const contained = openRoots(db, 'contained')

  /** Of all texts in all sets, those that there are. */
  function termsOf(sets: readonly number[], texts: readonly string[]): readonly number[] {
    const [text = '', set = 0] = [texts[0], sets[0]]
    if (texts.length === 1 && sets.length === 1) return numbers(term.all(set, text))
    const unique = [...new Set(texts)]
    if (unique.length > few) return numbers(terms.all(JSON.stringify(unique), JSON.stringify(sets)))
    return unique.flatMap(text => sets.flatMap(set => numbers(term.all(set, text))))
  }

  function listOf(tenant: number, type: number): number | undefined {
    const known = lists.get(tenant)?.get(type)
    if (known !== undefined) return known
    const [list] = termsOf(slots.of(tenant, type, typeList), [''])
    if (list !== undefined) lists.set(tenant, (lists.get(tenant) ?? new Map()).set(type, list))
    return list
  }

  return {
    termsOf,
    /** After a rollback: keys may come again for others. */
    reset: () => lists.clear(),
    /** Of the present ones. */
    rootsOf: (scope: Scope, ids: readonly string[]): readonly number[] =>
      (scope.contained ? contained : alone)(scope, [...new Set(ids)]),
    setsOf: ({ tenant, type }: Scope, slot: string): readonly number[] => slots.of(tenant, type, slot),
    scope(tenant: number, name: string): Scope {
      const type = types.key(name) ?? 0
      return { tenant, type, name, list: listOf(tenant, type), contained: isContained(name) }
    },
  }
}

function openRoots(db: DatabaseSync, table: 'resource' | 'contained') {
  const one = db.prepare(`SELECT root FROM ${table} WHERE tenant = ? AND type = ? AND id = ? AND deleted = 0`)
  const many = db.prepare(
    `SELECT r.root FROM json_each(?) x CROSS JOIN ${table} r ON r.tenant = ? AND r.type = ? AND r.id = x.value
     WHERE r.deleted = 0`,
  )
  for (const statement of [one, many]) statement.setReturnArrays(true)
  return ({ tenant, type }: Scope, ids: readonly string[]): readonly number[] => {
    const found =
      ids.length > few
        ? numbers(many.all(JSON.stringify(ids), tenant, type))
        : ids.flatMap(id => numbers(one.all(tenant, type, id)))
    return found.sort(byNumber)
  }
}

export type Keys = ReturnType<typeof openKeys>

export function numbers(rows: unknown): number[] {
  return (rows as readonly (readonly [number])[]).map(([value]) => value)
}

export function byNumber(a: number, b: number): number {
  return a - b
}
