import type { Entries, Range } from '../../../search/entry.ts'
import { type Told, toldOf } from '../../../search/told.ts'

/**
 * Entries as they cross to the writer: text, because cloning an object for each takes three times as long. What is equal in
 * several slots is one (`code` and `combo-code`, `subject` and `patient`): about half of what an Observation has.
 */
export function pack(entries: Entries): string {
  const { terms, ranges } = entries
  const plain = new Map<string, Named<Text>>()
  const numbered = new Map<string, Named<Text>>()
  for (const { slot, text, element } of terms) {
    const key = element === 0 ? text : `${element} ${text}`
    const groups = element === 0 ? plain : numbered
    const known = groups.get(key)
    if (known) known.names += `\n${slot}`
    else groups.set(key, { names: slot, text, element })
  }
  const rows: PackedRow[] = []
  for (const { names, text, element } of plain.values()) rows.push([names, text, element])
  for (const { names, text, element } of numbered.values()) rows.push([names, text, element])
  return JSON.stringify([rows, rangeRows(ranges), toldOf(entries)] satisfies Packed)
}

/** `names`: of slots, one to a line. */
export type Packed = readonly [readonly PackedRow[], readonly PackedRange[], Told]
export type PackedRow = readonly [names: string, text: string, element: number]
export type PackedRange = readonly [
  names: string,
  unit: string,
  element: number,
  low: number,
  high: number,
  from: number,
  to: number,
]

export function unpack(packed: string): Packed {
  return JSON.parse(packed) as Packed
}

type Text = { readonly text: string; readonly element: number }
type Named<T> = T & { names: string }

/** A resource has few ranges as a rule: comparing them costs less than printing numbers. */
function rangeRows(ranges: readonly Range[]): readonly PackedRange[] {
  const byLow = new Map<number, Named<Omit<Range, 'slot'>>[]>()
  for (const { slot, ...range } of ranges) {
    const group = byLow.get(range.low)
    const known = group?.find(other => same(other, range))
    if (known) known.names += `\n${slot}`
    else if (group) group.push({ ...range, names: slot })
    else byLow.set(range.low, [{ ...range, names: slot }])
  }
  const rows: PackedRange[] = []
  for (const group of byLow.values()) {
    for (const { names, unit, element, low, high, from, to } of group) {
      rows.push([names, unit, element, low, high, from, to])
    }
  }
  return rows
}

function same(a: Omit<Range, 'slot'>, b: Omit<Range, 'slot'>): boolean {
  return a.high === b.high && a.from === b.from && a.to === b.to && a.element === b.element && a.unit === b.unit
}
