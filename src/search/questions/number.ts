/** https://hl7.org/fhir/R4/search.html#number */
import type { Part } from '../node.ts'
import { highest, type Interval, interval, lowest } from '../values/number.ts'
import { unescaped } from './escape.ts'
import { type Measure, notWithin, range, test, within } from './interval.ts'
import { type Kind, malformed, noModifiers } from './kind.ts'
import { type Prefix, splitPrefix } from './prefix.ts'

export const number: Kind = {
  slots: slot => [slot],
  part(text, on) {
    const { prefix, rest } = splitPrefix(unescaped(text))
    const asked = interval(rest)
    if (asked === undefined) throw malformed(on, text, 'a number, with or without prefix, such as 5.4 or ge100')
    return compared(prefix, prefix === 'ap' ? widened(asked) : asked, { slot: on.slot, unit: '' })
  },
  modifiers: noModifiers,
}

/**
 * For eq and ne, the digits of the question count ("100" is 99.5 to 100.5), for all others the number is what it is; for ap it is
 * widened already.
 */
export function compared(prefix: Prefix, asked: Interval, of: Measure): Part {
  const { from, to } = asked
  switch (prefix) {
    case 'eq':
      return within(of, asked)
    case 'ne':
      return notWithin(of, asked)
    case 'gt':
      return range(of, test('to', '>', from))
    case 'lt':
      return range(of, test('from', '<', to))
    case 'ge':
      return range(of, test('to', '>=', from))
    case 'le':
      return range(of, test('from', '<=', to))
    case 'sa':
      return range(of, test('from', '>', to))
    case 'eb':
      return range(of, test('to', '<', from))
    default:
      return range(of, test('to', '>=', from), test('from', '<=', to))
  }
}

/** "The recommended value for the approximation is 10% of the stated value." */
export function widened({ low, from, to, high }: Interval): Interval {
  const by = Math.max(Math.abs(from), Math.abs(to)) * 0.1
  return { low, from: Math.max(lowest, from - by), to: Math.min(highest, to + by), high }
}
