/**
 * What an AuditEvent is found by, without reading it as a whole: of events that differ only in when, about what, whom and by which
 * request, one is indexed in earnest, and the others by putting their own into its entries. Each kind is tried at its first
 * event; where that does not come to the same, as a tenant's own search parameters may want it, it is never done.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Entries, Range, Term } from '../../search/entry.ts'

export type TextIndex = (json: string, id: string) => Entries

type Kind = { readonly time: number; readonly terms: readonly Part[]; readonly ranges: readonly Range[] }

/** A term; `hole`: which of the event's own strings takes the place of `text` from `from` on. */
type Part = Term & { readonly hole?: number; readonly from?: number }

const most = 1_000 // kinds; a kind is of one who asks in one way

/** `index`: of any resource. */
export function quickIndex(index: TextIndex): TextIndex {
  let kinds = new Map<string, Kind | undefined>()

  /** `undefined`: there is no short cut for these. */
  function kindOf(json: string, id: string, { shape, time, own }: Split): Kind | undefined {
    if (kinds.has(shape)) return kinds.get(shape)
    const marks = own.map((_, hole) => markOf(hole))
    const kind = asKind(index(filled(json, own, marks), id), time, marks)
    const isTrue = isDeepStrictEqual(sorted(entriesOf(kind, { shape, time, own })), sorted(index(json, id)))
    if (kinds.size >= most) kinds = new Map()
    kinds.set(shape, isTrue ? kind : undefined)
    return isTrue ? kind : undefined
  }

  return (json, id) => {
    const split = splitOf(json)
    const kind = kindOf(json, id, split)
    return kind ? entriesOf(kind, split) : index(json, id)
  }
}

/** An id that no resource has: ours are UUIDs, and of others it would take intent. */
function markOf(hole: number): string {
  return `audit-hole-${hole}-e5b1c0`
}

type Split = { readonly shape: string; readonly time: number; readonly own: readonly string[] }

/** Ids and times, each string once: what is in two places stays the same. */
const member =
  /("recorded":"|"lastUpdated":"|"id":"|"reference":"[A-Za-z]+\/|"what":\{"identifier":\{"value":"|"query":")([^"\\]*)/g

function splitOf(json: string): Split {
  const own: string[] = []
  let time = Number.NaN
  const shape = json.replace(member, (_, before: string, text: string) => {
    if (before === '"recorded":"') time = Date.parse(text)
    if (isTime(before)) return before
    const known = own.indexOf(text)
    if (known < 0) own.push(text)
    return `${before}${known < 0 ? own.length - 1 : known}`
  })
  return { shape, time, own }
}

function isTime(before: string): boolean {
  return before === '"recorded":"' || before === '"lastUpdated":"'
}

function filled(json: string, own: readonly string[], marks: readonly string[]): string {
  return json.replace(member, (whole, before: string, text: string) =>
    isTime(before) ? whole : `${before}${marks[own.indexOf(text)]}`,
  )
}

function asKind({ terms, ranges }: Entries, time: number, marks: readonly string[]): Kind {
  const parts = terms.map((term): Part => {
    const hole = marks.findIndex(mark => term.text.endsWith(mark))
    return hole < 0 ? term : { ...term, hole, from: term.text.length - (marks[hole]?.length ?? 0) }
  })
  return { time, terms: parts, ranges }
}

function entriesOf({ time: before, terms, ranges }: Kind, { time, own }: Split): Entries {
  const later = time - before
  return {
    terms: terms.map(({ slot, text, element, hole, from }) =>
      hole === undefined ? { slot, text, element } : { slot, text: text.slice(0, from) + own[hole], element },
    ),
    ranges: ranges.map(range => ({
      ...range,
      ...{ low: range.low + later, high: range.high + later, from: range.from + later, to: range.to + later },
    })),
  }
}

function sorted({ terms, ranges }: Entries): readonly string[] {
  return [...terms, ...ranges].map(entry => JSON.stringify(Object.entries(entry).sort())).sort()
}
