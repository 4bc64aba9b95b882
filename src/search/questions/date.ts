/** https://hl7.org/fhir/R4/search.html#date */
import { parseDate, type Span } from '../../fhir/date.ts'
import { type Node, none, not, or, type Part } from '../node.ts'
import { earliest, latest } from '../values/date.ts'
import { unescaped } from './escape.ts'
import { type Limits, notWithin, range, test, within } from './interval.ts'
import { type Kind, malformed, noModifiers, type Subject } from './kind.ts'
import { type Prefix, splitPrefix } from './prefix.ts'

export const date: Kind = {
  slots: slot => [slot],
  part(text, on) {
    const { prefix, span } = parse(text, on)
    return compared(prefix, span, on)
  },
  modifiers: noModifiers,
}

type Asked = { readonly prefix: Prefix; readonly span: Limits }

function parse(text: string, on: Subject): Asked {
  const { prefix, rest } = splitPrefix(unescaped(text))
  // The + of a zone that nobody encoded came as a space.
  const span = parseDate(rest.replace(/ (?=\d\d:\d\d$)/, '+'))
  if (span === undefined) {
    throw malformed(
      on,
      text,
      'a date or time that exists, with or without prefix, such as 2024-05 or ge2024-05-01T10:00:00Z',
    )
  }
  return { prefix, span: prefix === 'ap' ? widened(span, on.now) : span }
}

/** 10 % of the distance from now: nearly today has to be exact, "about 1950" has not. */
function widened({ low, high }: Span, now: number): Limits {
  const by = Math.round(0.1 * Math.max(0, low - now, now - high))
  return { low: Math.max(earliest, low - by), high: Math.min(latest, high + by) }
}

function compared(prefix: Prefix, span: Limits, of: Subject): Part {
  const { low, high } = span
  const slot = { slot: of.slot, unit: '' }
  switch (prefix) {
    case 'eq':
      return within(slot, span)
    case 'ne':
      return notWithin(slot, span)
    case 'gt':
      return range(slot, test('high', '>', high))
    case 'lt':
      return range(slot, test('low', '<', low))
    case 'ge':
      return { is: 'or', of: [range(slot, test('high', '>', high)), within(slot, span)] }
    case 'le':
      return { is: 'or', of: [range(slot, test('low', '<', low)), within(slot, span)] }
    case 'sa':
      return range(slot, test('low', '>=', high))
    case 'eb':
      return range(slot, test('high', '<=', low))
    default:
      return range(slot, test('high', '>', low), test('low', '<', high))
  }
}

/** `_lastUpdated`: a version knows its own, an instant of 1 ms, and has no entry for it. */
export function lastUpdated(values: readonly string[], on: Subject): Node {
  return or(
    values.map(text => {
      const { prefix, span } = parse(text, on)
      return updated(prefix, span)
    }),
  )
}

function updated(prefix: Prefix, { low, high }: Limits): Node {
  switch (prefix) {
    case 'ne':
      return not(between(low, high))
    case 'gt':
    case 'sa':
      return between(high, latest)
    case 'lt':
    case 'eb':
      return between(earliest, low)
    case 'ge':
      return between(low, latest)
    case 'le':
      return between(earliest, high)
    default:
      return between(low, high)
  }
}

function between(low: number, high: number): Node {
  return low < high ? { is: 'updated', low, high } : none
}
