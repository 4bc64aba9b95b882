/** https://hl7.org/fhir/R4/search.html#date */
import { parseDate } from '../../fhir/date.ts'
import type { Json } from '../../fhir/resource.ts'
import { listOf, objectOf } from './member.ts'
import type { Extract, ParameterType } from './parameter-type.ts'

/** In ms since 1970: `low` belongs to the interval, `high` does not. 2024-05 is all of May; without zone, as of UTC. */
export type DateValue = { readonly type: 'date'; readonly low: number; readonly high: number }

/** Open ends. The ends of what a JavaScript date can tell: integers, and before and after every FHIR date. */
export const earliest = -8.64e15
export const latest = 8.64e15

type Limits = { readonly low: number; readonly high: number }

const moment: Extract<DateValue> = element => values(momentOf(element))

export const date: ParameterType<DateValue> = {
  extract: {
    date: moment,
    dateTime: moment,
    instant: moment,
    Period: element => values(periodOf(element)),
    /** "The specific scheduling details are ignored and only the outer limits matter." */
    Timing: element => {
      const { event, repeat } = objectOf(element)
      const known = [...listOf(event).map(momentOf), periodOf(objectOf(repeat)['boundsPeriod'])]
      return values(known.reduce(around, undefined))
    },
  },
}

function momentOf(element: Json | undefined): Limits | undefined {
  return typeof element === 'string' ? parseDate(element) : undefined
}

/** "If the start or end is missing, that end is open." Without both there is no period. */
function periodOf(element: Json | undefined): Limits | undefined {
  const { start, end } = objectOf(element)
  const [first, last] = [momentOf(start), momentOf(end)]
  return first || last ? { low: first?.low ?? earliest, high: last?.high ?? latest } : undefined
}

function around(one: Limits | undefined, other: Limits | undefined): Limits | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return { low: Math.min(one.low, other.low), high: Math.max(one.high, other.high) }
}

function values(limits: Limits | undefined): readonly DateValue[] {
  return limits === undefined ? [] : [{ type: 'date', low: limits.low, high: limits.high }]
}
