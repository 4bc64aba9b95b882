/** Entries → what stands in a pointer's document, so that it is found. */
import { BSON } from 'mongodb'
import type { Entries, Range, Term } from '../../../search/entry.ts'
import { compareTexts } from '../../../search/match.ts'
import { toldOf } from '../../../search/told.ts'
import { rangeKey, sortField, termKey } from './keys.ts'

export type RangeField = {
  readonly unit: string
  /** With their slot: what is asked with an index. */
  readonly low: string
  readonly high: string
  readonly from: number
  readonly to: number
}

type Flat = { readonly terms: readonly string[]; readonly ranges: readonly RangeField[] }

export type IndexFields = Flat & {
  /** Entries with the same element number once more, beside each other. */
  readonly elements?: readonly Flat[]
  /** What comes first in ascending order, by slot; and in descending order, where that is another. */
  readonly least: Readonly<Record<string, string | number>>
  readonly most?: Readonly<Record<string, string | number>>
  /** What the resource tells beside its terms: the end of its latest date. */
  readonly date?: number
}

export function indexFields(entries: Entries): IndexFields {
  const { terms, ranges } = entries
  const { date } = toldOf(entries)
  const elements = elementsOf(terms, ranges)
  const ends = endsOf(terms, ranges)
  return {
    ...flat(terms, ranges),
    ...(elements.length > 0 ? { elements } : {}),
    least: Object.fromEntries(ends.least),
    ...(ends.most.size > 0 ? { most: Object.fromEntries(ends.most) } : {}),
    ...(date === undefined ? {} : { date }),
  }
}

/** An index takes no key twice, and a term of several elements is one. */
function flat(terms: readonly Term[], ranges: readonly Range[]): Flat {
  return { terms: [...new Set(terms.map(({ slot, text }) => termKey(slot, text)))], ranges: ranges.map(toRangeField) }
}

function toRangeField({ slot, unit, low, high, from, to }: Range): RangeField {
  return { unit, low: rangeKey(slot, low), high: rangeKey(slot, high), from, to }
}

function elementsOf(terms: readonly Term[], ranges: readonly Range[]): readonly Flat[] {
  const elements = new Map<number, { terms: Term[]; ranges: Range[] }>()
  const at = (element: number) => {
    const known = elements.get(element) ?? { terms: [], ranges: [] }
    elements.set(element, known)
    return known
  }
  for (const term of terms) if (term.element !== 0) at(term.element).terms.push(term)
  for (const range of ranges) if (range.element !== 0) at(range.element).ranges.push(range)
  return [...elements.values()].map(({ terms, ranges }) => flat(terms, ranges))
}

type Ends = { readonly least: Map<string, string | number>; readonly most: Map<string, string | number> }

function endsOf(terms: readonly Term[], ranges: readonly Range[]): Ends {
  const ends: Ends = { least: new Map(), most: new Map() }
  for (const { slot, text } of terms) {
    const [shown = ''] = text.split('\x1f', 1)
    widen(ends, sortField('term', slot), shown, shown, compareTexts)
  }
  for (const { slot, low, high } of ranges) widen(ends, sortField('range', slot), low, high, (a, b) => a - b)
  return ends
}

function widen<T extends string | number>(
  { least, most }: Ends,
  field: string,
  low: T,
  high: T,
  compare: (a: T, b: T) => number,
): void {
  const lowest = least.get(field) as T | undefined
  const highest = (most.get(field) ?? lowest) as T | undefined
  if (lowest === undefined || compare(low, lowest) < 0) least.set(field, low)
  const top = highest === undefined || compare(high, highest) > 0 ? high : highest
  if (top === least.get(field)) most.delete(field)
  else most.set(field, top)
}

/** MongoDB makes at most 100,000 keys of one document for one index (`indexMaxNumGeneratedKeysPerDocument`). */
const mostKeys = 90_000
const surelySmall = 2_000_000 // bytes, as good as none beside a text

/** Bytes in the document; none where it is too little to count. */
export function indexSize(entries: Entries | undefined): number {
  if (entries === undefined || atMost(entries) < surelySmall) return 0
  return BSON.calculateObjectSize(indexFields(entries))
}

export function hasTooManyKeys(entries: Entries | undefined): boolean {
  return entries !== undefined && Math.max(entries.terms.length, entries.ranges.length) > mostKeys
}

/** Text stands in a document up to four times, with up to three bytes a unit. */
function atMost({ terms, ranges }: Entries): number {
  const ofTerms = terms.reduce((sum, { slot, text }) => sum + 12 * (slot.length + text.length) + 64, 0)
  return ranges.reduce((sum, { slot, unit }) => sum + 12 * (slot.length + unit.length) + 400, ofTerms)
}
