/** Who has a property, and with which value. */
import type { DatabaseSync } from 'node:sqlite'
import { type CodeSystemFacts, codeKey, keysOf } from '../code-system.ts'
import { accumulate, type Lists, listOf } from './column.ts'
import { packSet, packWords } from './packed-set.ts'
import type { Resolved } from './resolve.ts'
import type { Stage } from './stage.ts'
import { valueIn } from './told.ts'

/** How many values concepts have. */
export function writeValues(
  db: DatabaseSync,
  stage: Stage,
  { given: lists, concepts }: Resolved,
  facts: Pick<CodeSystemFacts, 'caseSensitive'>,
): number {
  const size = concepts.length
  const held = holders(lists, stage.given.values('value'), stage.values.list.length)
  const holding = stage.properties.list.map(() => new Uint32Array((size + 31) >>> 5))
  const insert = db.prepare('INSERT INTO value VALUES (?, ?, ?)')
  for (const { property, key, numbers } of keyed(stage.values, facts)) {
    const these = numbers.length === 1 ? listOf(held, numbers[0] ?? 0) : union(numbers.map(n => listOf(held, n)))
    const words = holding[property]
    if (words) for (const concept of these) words[concept >>> 5] = (words[concept >>> 5] ?? 0) | (1 << (concept & 31))
    if (these.length > 0) insert.run(property, key, packSet(these, size))
  }
  const whole = db.prepare('INSERT INTO property VALUES (?, ?)')
  for (const [n, words] of holding.entries()) whole.run(n, packWords(words, size))
  return lists.items.length
}

type Keyed = { readonly property: number; readonly key: string; readonly numbers: number[] }

/** By what they are asked for, in the case rules of codes: 1 and "1" alike. In the order of the table, so that its tree only ever grows at its end. */
function keyed(values: Stage['values'], facts: Pick<CodeSystemFacts, 'caseSensitive'>): readonly Keyed[] {
  const all = values.list.flatMap(({ property, json }, n) =>
    keysOf(valueIn(json)).map(key => ({ property, key: codeKey(key, facts), numbers: [n] })),
  )
  all.sort((a, b) => a.property - b.property || (a.key < b.key ? -1 : Number(a.key > b.key)))
  const distinct: Keyed[] = []
  for (const one of all) {
    const last = distinct.at(-1)
    if (last?.property === one.property && last.key === one.key) last.numbers.push(...one.numbers)
    else distinct.push(one)
  }
  return distinct
}

/** By value the concepts that have it, rising, none twice. */
function holders(byConcept: Lists, valueOfRow: Int32Array, count: number): Lists {
  const size = byConcept.starts.length - 1
  const counts = new Int32Array(count + 1)
  const last = new Int32Array(count).fill(-1)
  const each = (visit: (concept: number, value: number) => void): void => {
    last.fill(-1)
    for (let concept = 0; concept < size; concept++) {
      for (const row of listOf(byConcept, concept)) {
        const value = valueOfRow[row] ?? 0
        if (last[value] === concept) continue
        last[value] = concept
        visit(concept, value)
      }
    }
  }
  each((_, value) => {
    counts[value + 1] = (counts[value + 1] ?? 0) + 1
  })
  accumulate(counts)
  const items = new Int32Array(counts[count] ?? 0)
  const next = counts.slice()
  each((concept, value) => {
    const at = next[value] ?? 0
    items[at] = concept
    next[value] = at + 1
  })
  return { starts: counts, items }
}

function union(lists: readonly Int32Array[]): Int32Array {
  return Int32Array.from(new Set(lists.flatMap(list => [...list]))).sort()
}
