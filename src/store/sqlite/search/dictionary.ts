import type { DatabaseSync } from 'node:sqlite'
import { membersOf } from './slots.ts'

const remembered = 100_000 // terms; some 20 MB
const mostSets = 500 // of slots in a type; more are not made by data as it comes, but by somebody who wants searches to be slow

/** The writer's keys of slots and terms. They are never deleted, so what was found once is remembered. */
export function openDictionary(db: DatabaseSync) {
  const findSlots = db.prepare('SELECT key FROM slots WHERE tenant = ? AND type = ? AND names = ?')
  const countSlots = db.prepare('SELECT count(*) AS count FROM slots WHERE tenant = ? AND type = ?')
  const addSlots = db.prepare('INSERT INTO slots (tenant, type, names) VALUES (?, ?, ?)')
  const findTerm = db.prepare('SELECT key FROM term WHERE slots = ? AND text = ?')
  const addTerm = db.prepare('INSERT OR IGNORE INTO term (slots, text) VALUES (?, ?)')
  const sets = new Map<string, readonly number[]>()
  const terms = new Map<number, Map<string, number>>()
  let size = 0

  function findSet(tenant: number, type: number, names: string): number | undefined {
    return findSlots.get(tenant, type, names)?.['key'] as number | undefined
  }

  function makeSets(tenant: number, type: number, names: string): readonly number[] {
    const found = findSet(tenant, type, names)
    if (found !== undefined) return [found]
    const single = membersOf(names)
    const full = single.length > 1 && (countSlots.get(tenant, type)?.['count'] as number) >= mostSets
    if (full) return single.flatMap(name => slots(tenant, type, name))
    return [Number(addSlots.run(tenant, type, names).lastInsertRowid)]
  }

  /** The key of the set; of each slot by itself where there are too many sets already. */
  function slots(tenant: number, type: number, names: string): readonly number[] {
    const name = `${tenant} ${type} ${names}`
    const known = sets.get(name)
    if (known) return known
    const made = makeSets(tenant, type, names)
    if (sets.size >= remembered) sets.clear()
    sets.set(name, made)
    return made
  }

  /** Most texts that are not remembered are new. */
  function makeTerm(slots: number, text: string): number {
    const { changes, lastInsertRowid } = addTerm.run(slots, text)
    return changes === 1 ? Number(lastInsertRowid) : (findTerm.get(slots, text)?.['key'] as number)
  }

  function remember(slots: number, text: string, key: number): number {
    if (size >= remembered) forget()
    size++
    const texts = terms.get(slots)
    if (texts) texts.set(text, key)
    else terms.set(slots, new Map([[text, key]]))
    return key
  }

  function forget(): void {
    terms.clear()
    size = 0
  }

  return {
    slots,
    term(slots: number, text: string): number {
      const known = terms.get(slots)?.get(text)
      return known ?? remember(slots, text, makeTerm(slots, text))
    },
    /** After a rollback: what was made did not last. */
    reset() {
      sets.clear()
      forget()
    },
  }
}

export type Dictionary = ReturnType<typeof openDictionary>
