/**
 * Values → the flat entries that stores keep. Which slot answers what is decided here, and asked in `questions/`:
 *
 * | type      | slot         | text, or unit of the range                                             |
 * | --------- | ------------ | ---------------------------------------------------------------------- |
 * | token     | `c`          | the code; of a string without case                                     |
 * |           | `c\|`        | `system\|code`, `\|code`, `system\|`; none where a system cannot be    |
 * |           | `c:text`     | folded display or text                                                 |
 * |           | `c:of-type`  | `system\|code\|value`                                                  |
 * | string    | `c`          | folded, `\x1f`, as written                                             |
 * | reference | `c`          | `Type/id`, or a URL                                                    |
 * |           | `c\|`        | the same, `\|` and its version; of a canonical also if it has none     |
 * |           | `c:identifier`, `c:identifier\|` | as a token                                         |
 * | uri       | `c`, `c\|`   | the URI; `uri\|version`                                                |
 * | number, date | `c`       | (empty)                                                                |
 * | quantity  | `c`          | the code; once more the unit for people, if it is another              |
 * |           | `c~`         | the unit of UCUM that all of its kind share                            |
 * |           | `c\|`        | `system\|code` of what cannot be converted                             |
 * | composite | `c$0`, `c$1` … | as the component's type has it, together in an element               |
 * |           | `c!`         | (empty) if the parameters that answer for it must not: `composites.ts` |
 * | special   | `c$latitude`, `c$longitude` | (empty), together in an element                         |
 */
import type { Entries, Range, Term } from './entry.ts'
import type { IndexValues } from './index-values.ts'
import type { Interval } from './values/number.ts'
import type { QuantityValue } from './values/quantity.ts'
import type { ReferenceValue } from './values/reference.ts'
import type { SimpleValue } from './values/simple.ts'
import { searched } from './values/string.ts'
import type { TokenValue } from './values/token.ts'
import type { Value } from './values/value.ts'

export function entriesOf(values: IndexValues): Entries {
  const rows: Rows = { terms: [], ranges: [] }
  for (const [code, of] of values) {
    const [terms, ranges] = [rows.terms.length, rows.ranges.length]
    let number = 0
    for (const value of of) addValue(rows, code, value, ++number)
    dropRepeated(rows.terms, terms, sameTerm, keyOfTerm)
    dropRepeated(rows.ranges, ranges, sameRange, keyOfRange)
  }
  return rows
}

type Rows = { readonly terms: Term[]; readonly ranges: Range[] }

/** `number`: of the value among those of its parameter. */
function addValue(rows: Rows, code: string, value: Value, number: number): void {
  if (value.type === 'composite') {
    if (value.parts.length === 0) rows.terms.push({ slot: `${code}!`, text: '', element: 0 })
    for (const [index, part] of value.parts.entries()) {
      for (const alternative of part) addSimple(rows, `${code}$${index}`, alternative, number)
    }
  } else {
    addSimple(rows, code, value, value.type === 'special' ? number : 0)
  }
}

function addSimple({ terms, ranges }: Rows, slot: string, value: SimpleValue, element: number): void {
  switch (value.type) {
    case 'token':
      addToken(terms, slot, value, element)
      break
    case 'string':
      terms.push({ slot, text: searched(value.folded, value.text), element })
      break
    case 'reference':
      addReference(terms, slot, value, element)
      break
    case 'uri':
      addVersioned(terms, slot, value.uri, value.version, element)
      break
    case 'number':
      ranges.push(measured(slot, '', value, element))
      break
    case 'date':
      ranges.push(between(slot, value.low, value.high, element))
      break
    case 'quantity':
      addQuantity(ranges, slot, value, element)
      break
    default:
      ranges.push(between(`${slot}$latitude`, value.latitude, value.latitude, element))
      ranges.push(between(`${slot}$longitude`, value.longitude, value.longitude, element))
  }
}

/** Within a composite there are no modifiers: `:text` and `:of-type` are not asked, only whether there is anything. */
function addToken(terms: Term[], slot: string, value: TokenValue, element: number): void {
  const { system, code, text, ofType, plain } = value
  if (code !== undefined) terms.push({ slot, text: code, element })
  if (!plain && (code !== undefined || system !== undefined)) {
    terms.push({ slot: `${slot}|`, text: `${system ?? ''}|${code ?? ''}`, element })
  }
  const isAlone = element === 0 || (code === undefined && system === undefined)
  if (text !== undefined && isAlone) terms.push({ slot: `${slot}:text`, text, element })
  if (element !== 0 || ofType === undefined || code === undefined) return
  for (const type of ofType) {
    terms.push({ slot: `${slot}:of-type`, text: `${type.system ?? ''}|${type.code}|${code}`, element })
  }
}

function addReference(terms: Term[], slot: string, value: ReferenceValue, element: number): void {
  if (value.by === 'identifier') {
    const { system, value: code } = value
    addToken(terms, `${slot}:identifier`, { type: 'token', ...(system && { system }), ...(code && { code }) }, element)
  } else if (value.by !== 'contained') {
    const text = value.by === 'id' ? `${value.target}/${value.id}` : value.url
    // A chain asks for what names no version.
    addVersioned(terms, slot, text, value.by === 'canonical' ? (value.version ?? '') : value.version, element)
  }
}

function addVersioned(terms: Term[], slot: string, text: string, version: string | undefined, element: number): void {
  terms.push({ slot, text, element })
  if (version !== undefined) terms.push({ slot: `${slot}|`, text: `${text}|${version}`, element })
}

function addQuantity(ranges: Range[], slot: string, value: QuantityValue, element: number): void {
  const { system, code, unit, canonical } = value
  const main = code ?? unit ?? ''
  ranges.push(measured(slot, main, value, element))
  if (unit !== undefined && unit !== main) ranges.push(measured(slot, unit, value, element))
  if (canonical !== undefined) ranges.push(measured(`${slot}~`, canonical.unit, canonical, element))
  else if (code !== undefined) ranges.push(measured(`${slot}|`, `${system ?? ''}|${code}`, value, element))
}

function measured(slot: string, unit: string, { low, high, from, to }: Interval, element: number): Range {
  return { slot, unit, low, high, from, to, element }
}

function between(slot: string, low: number, high: number, element: number): Range {
  return { slot, unit: '', low, high, from: low, to: high, element }
}

/** Below this it is faster to compare all with all than to print keys. */
const few = 12

/** Of the rows from `start` on, which are those of one parameter, each stays once. */
function dropRepeated<T>(rows: T[], start: number, same: (a: T, b: T) => boolean, keyOf: (row: T) => string): void {
  if (rows.length - start > few) {
    for (const row of new Map(rows.splice(start).map(row => [keyOf(row), row])).values()) rows.push(row)
    return
  }
  let end = start
  for (let at = start; at < rows.length; at++) {
    const row = rows[at] as T
    let other = start
    while (other < end && !same(rows[other] as T, row)) other++
    if (other === end) rows[end++] = row
  }
  rows.length = end
}

function sameTerm(a: Term, b: Term): boolean {
  return a.text === b.text && a.element === b.element && a.slot === b.slot
}

function keyOfTerm({ slot, text, element }: Term): string {
  return `${slot} ${element} ${text}`
}

function sameRange(a: Range, b: Range): boolean {
  return (
    a.low === b.low &&
    a.high === b.high &&
    a.from === b.from &&
    a.to === b.to &&
    a.element === b.element &&
    a.unit === b.unit &&
    a.slot === b.slot
  )
}

function keyOfRange({ slot, unit, low, high, from, to, element }: Range): string {
  return `${slot} ${element} ${low} ${high} ${from} ${to} ${unit}`
}
