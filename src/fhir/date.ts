/**
 * Dates and times as the spans that they stand for. https://hl7.org/fhir/R4/datatypes.html#dateTime
 *
 * Reads date, dateTime and instant, and what a search value may leave out beside: the seconds, the zone
 * (https://hl7.org/fhir/R4/search.html#date). Whether an element may be that short, the pattern of its type says.
 */

/** Half open: `low` belongs to the span, `high` does not. */
export type Span = { readonly low: number; readonly high: number; readonly precision: Precision }

export type Precision = 'year' | 'month' | 'day' | 'minute' | 'second' | 'fraction'

const second = 1_000 // ms
const minute = 60 * second
const day = 24 * 60 * minute
const calendarCycle = 146_097 * day // 400 years

const clock = '(\\d\\d):(\\d\\d)(?::(\\d\\d)(?:\\.(\\d+))?)?'
const dateForm = new RegExp(`^(\\d{4})(?:-(\\d\\d)(?:-(\\d\\d)(?:T${clock}(Z|[+-]\\d\\d:\\d\\d)?)?)?)?$`)
const timeForm = new RegExp(`^${clock}$`)

/** In ms since 1970; without a zone, as of UTC. `undefined`: no such form, or no such day or time. */
export function parseDate(text: string): Span | undefined {
  const found = dateForm.exec(text)
  if (!found) return undefined
  const [, year = '', month, date, hours, minutes, seconds, fraction, zone] = found
  const days = daySpan(Number(year), month, date)
  if (!days || hours === undefined) return days
  const time = timeSpan(hours, minutes, seconds, fraction)
  const offset = zoneOffset(zone)
  if (!time || offset === undefined) return undefined
  const midnight = days.low - offset
  return { low: midnight + time.low, high: midnight + time.high, precision: time.precision }
}

/** In ms since midnight. */
export function parseTime(text: string): Span | undefined {
  const [whole, hours, minutes, seconds, fraction] = timeForm.exec(text) ?? []
  return whole === undefined ? undefined : timeSpan(hours, minutes, seconds, fraction)
}

/** https://hl7.org/fhir/R4/datatypes.html#instant */
export function printInstant(ms: number): string {
  const text = new Date(ms).toISOString()
  if (text.length > 24 || text.startsWith('0000')) throw new RangeError(`${text} is outside of the years 0001 to 9999`)
  return text
}

function daySpan(year: number, month: string | undefined, date: string | undefined): Span | undefined {
  if (year === 0) return undefined
  if (month === undefined) return { low: midnightOf(year, 1, 1), high: midnightOf(year + 1, 1, 1), precision: 'year' }
  const m = Number(month)
  if (m < 1 || m > 12) return undefined
  if (date === undefined) return { low: midnightOf(year, m, 1), high: midnightOf(year, m + 1, 1), precision: 'month' }
  const d = Number(date)
  if (d < 1 || d > daysIn(year, m)) return undefined
  const low = midnightOf(year, m, d)
  return { low, high: low + day, precision: 'day' }
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** `Date.UTC` takes the years 0 to 99 for 1900 to 1999; the same day one cycle of the calendar later is safe. */
function midnightOf(year: number, month: number, date: number): number {
  return Date.UTC(year + 400, month - 1, date) - calendarCycle
}

/** Second 60 is a leap second, which R4 allows in any minute: it coincides with the first of the next. */
function timeSpan(hours = '', minutes = '', seconds?: string, fraction?: string): Span | undefined {
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds ?? 0) > 60) return undefined
  const start = (Number(hours) * 60 + Number(minutes)) * minute
  if (seconds === undefined) return { low: start, high: start + minute, precision: 'minute' }
  const whole = start + Number(seconds) * second
  if (fraction === undefined) return { low: whole, high: whole + second, precision: 'second' }
  const low = whole + Number(fraction.slice(0, 3).padEnd(3, '0'))
  return { low, high: low + 10 ** Math.max(0, 3 - fraction.length), precision: 'fraction' }
}

/** In ms; the zones of the world reach from -14:00 to +14:00. */
function zoneOffset(zone: string | undefined): number | undefined {
  if (zone === undefined || zone === 'Z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(4))
  if (minutes > 59 || hours * 60 + minutes > 14 * 60) return undefined
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * minute
}
