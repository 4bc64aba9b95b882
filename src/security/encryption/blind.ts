/**
 * The entries of a resource without what they say: a keyed digest for what is compared whole, and of everything else only that
 * it is there.
 *
 * | entry                      | is kept as                                                        | answers             |
 * | -------------------------- | ----------------------------------------------------------------- | ------------------- |
 * | token, reference, URI      | digest of type, slot and text                                     | equality            |
 * | the same with a system     | once more the digest of `system\|`                                | `identifier=system\|` |
 * | string, `:text`            | empty text                                                        | `:missing`          |
 * | number, date, quantity …   | an interval of nothing                                            | `:missing`          |
 * | our own (`#`, `#in`, `_id`) | itself: digests of definitions, and ids that are the row's key anyway |                 |
 */
import { idSlot, inSlot } from '../../search/contained.ts'
import type { Entries, Range, Term } from '../../search/entry.ts'
import type { Mac } from './mac.ts'

const open: ReadonlySet<string> = new Set(['#', inSlot, idSlot])

/** Slots whose terms tell nothing of the resource. */
export function isOpen(slot: string): boolean {
  return open.has(slot)
}

/** A string, which is two texts in one, or a display. */
export function isWords(slot: string, text: string): boolean {
  return text.includes('\x1f') || slot.endsWith(':text')
}

const length = 16 // bytes: among 2^48 terms of a slot two are the same in one of 2^33 cases

export function blindText(mac: Mac, type: string, slot: string, text: string): string {
  return mac(`${type}\0${slot}\0${text}`).subarray(0, length).toString('base64url')
}

/** Of whatever has the system: `start` ends in `|`. */
export function blindStart(mac: Mac, type: string, slot: string, start: string): string {
  return blindText(mac, type, `${slot}\0beginning`, start)
}

/** `http://loinc.org|` of `http://loinc.org|85354-9`; `undefined`: no system. */
export function startOf(slot: string, text: string): string | undefined {
  const bar = slot.endsWith('|') ? text.indexOf('|') : 0
  return bar > 0 ? text.slice(0, bar + 1) : undefined
}

/** Of slots that tell something of what is sealed; the others stay as they are. */
export function blindEntries(mac: Mac, type: string, entries: Entries, isBlind: (slot: string) => boolean): Entries {
  const { terms, ranges } = entries
  const slots = new Set(ranges.map(({ slot }) => slot).filter(isBlind))
  return {
    terms: unique(terms.flatMap(term => (isBlind(term.slot) ? blindTerms(mac, type, term) : [term]))),
    ranges: [...ranges.filter(({ slot }) => !isBlind(slot)), ...[...slots].map(nothing)],
  }
}

function blindTerms(mac: Mac, type: string, term: Term): readonly Term[] {
  const { slot, text } = term
  if (isOpen(slot)) return [term]
  if (isWords(slot, text)) return [{ slot, text: '', element: 0 }]
  const whole = { ...term, text: blindText(mac, type, slot, text) }
  const start = startOf(slot, text)
  return start === undefined ? [whole] : [whole, { ...term, text: blindStart(mac, type, slot, start) }]
}

function nothing(slot: string): Range {
  return { slot, unit: '', low: 0, high: 0, from: 0, to: 0, element: 0 }
}

function unique(terms: readonly Term[]): readonly Term[] {
  return [...new Map(terms.map(term => [`${term.slot} ${term.element} ${term.text}`, term])).values()]
}
