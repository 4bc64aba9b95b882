/** Intervals against intervals: what R4's prefixes mean. https://hl7.org/fhir/R4/search.html#prefix */
import type { Part, Test } from '../node.ts'

/** `low` belongs to it, `high` does not. */
export type Limits = { readonly low: number; readonly high: number }

/** Where a question about ranges is put. */
export type Measure = { readonly slot: string; readonly unit?: string }

export function test(end: Test['end'], op: Test['op'], than: number): Test {
  return { end, op, than }
}

export function range({ slot, unit }: Measure, ...tests: readonly Test[]): Part {
  return { is: 'range', slot, ...(unit !== undefined && { unit }), tests }
}

/** "The range of the search value fully contains the range of the target value"; a point at the upper limit is outside. */
export function within(of: Measure, { low, high }: Limits): Part {
  return range(of, test('low', '>=', low), test('high', '<=', high), test('low', '<', high))
}

export function notWithin(of: Measure, { low, high }: Limits): Part {
  return {
    is: 'or',
    of: [range(of, test('low', '<', low)), range(of, test('high', '>', high)), range(of, test('low', '>=', high))],
  }
}
