/** Dates and times, compared as far as both are precise. http://hl7.org/fhirpath/N1/#datetime-comparison */

/** Year, month, day, hour, minute, second with its fraction: as many as are given. */
type Parts = readonly number[]
export type Moment = { readonly parts: Parts; readonly zone: string | undefined }

const clock = '(\\d\\d)(?::(\\d\\d)(?::(\\d\\d(?:\\.\\d+)?))?)?'
const dateForm = new RegExp(`^(\\d{4})(?:-(\\d\\d)(?:-(\\d\\d))?)?(?:T(?:${clock}(Z|[+-]\\d\\d:\\d\\d)?)?)?$`)
const timeForm = new RegExp(`^T?${clock}$`)

const most = [9999, 12, 31, 23, 59, 60]

export function momentOf(text: string): Moment | undefined {
  const found = dateForm.exec(text)
  if (found === null) return undefined
  const parts = numbersOf(found.slice(1, 7))
  const [year = 0, month = 1, day = 1] = parts
  if (parts.some((part, i) => part > (most[i] ?? 0)) || month === 0 || day === 0 || day > daysIn(year, month))
    return undefined
  return { parts, zone: found[7] }
}

export function timeOf(text: string): Moment | undefined {
  const found = timeForm.exec(text)
  if (found === null) return undefined
  const parts = numbersOf(found.slice(1, 4))
  return parts.some((part, i) => part > (most[i + 3] ?? 0)) ? undefined : { parts, zone: undefined }
}

function numbersOf(texts: readonly (string | undefined)[]): Parts {
  return texts.filter(text => text !== undefined).map(Number)
}

/** Below, at or above 0; `undefined` if that depends on digits that one of them lacks. */
export function compareMoments(a: Moment, b: Moment): number | undefined {
  const [left, right] = a.zone === b.zone ? [a.parts, b.parts] : [inUtc(a), inUtc(b)]
  const shared = Math.min(left.length, right.length)
  for (let i = 0; i < shared; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return Math.sign(difference)
  }
  return left.length === right.length ? 0 : undefined
}

/** Without a zone, as of UTC. What has no minutes has no zone to speak of. */
function inUtc({ parts, zone }: Moment): Parts {
  if (zone === undefined || zone === 'Z' || parts.length < 5) return parts
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4))
  const [year, month, day, hour, minute, ...seconds] = parts
  const at = new Date(midnight(year, month, day, hour, minute) - (zone.startsWith('-') ? -minutes : minutes) * 60_000)
  return [...partsOf(at).slice(0, 5), ...seconds]
}

/** `Date.UTC` takes the years 0 to 99 for 1900 to 1999. */
function midnight(year = 0, month = 1, day = 1, hour = 0, minute = 0): number {
  return new Date(0).setUTCFullYear(year, month - 1, day) + (hour * 60 + minute) * 60_000
}

function partsOf(at: Date): Parts {
  return [
    at.getUTCFullYear(),
    at.getUTCMonth() + 1,
    at.getUTCDate(),
    at.getUTCHours(),
    at.getUTCMinutes(),
    at.getUTCSeconds() + at.getUTCMilliseconds() / 1_000,
  ]
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(2_000 + (year % 400), month, 0)).getUTCDate()
}

const months: ReadonlyMap<string, number> = new Map(Object.entries({ year: 12, a: 12, month: 1, mo: 1 }))
const milliseconds: ReadonlyMap<string, number> = new Map(
  Object.entries({
    week: 604_800_000,
    wk: 604_800_000,
    day: 86_400_000,
    d: 86_400_000,
    hour: 3_600_000,
    h: 3_600_000,
    minute: 60_000,
    min: 60_000,
    second: 1_000,
    s: 1_000,
    millisecond: 1,
    ms: 1,
  }),
)

/**
 * `undefined` if the unit is no time, or the result beyond the calendar. http://hl7.org/fhirpath/N1/#datetime-arithmetic:
 * finer amounts than the date is precise are taken in whole ones of its own; the last day of a month stays one.
 */
export function moved({ parts, zone }: Moment, amount: number, unit: string): Moment | undefined {
  const inMonths = months.get(unit)
  const inMs = milliseconds.get(unit)
  if (inMonths !== undefined) return byMonths(parts, zone, Math.trunc(amount) * inMonths)
  if (inMs === undefined) return undefined
  const whole = inMs >= 1_000 && unit !== 'second' && unit !== 's' ? Math.trunc(amount) : amount
  return byTime(parts, zone, whole * inMs)
}

function byMonths(parts: Parts, zone: string | undefined, by: number): Moment | undefined {
  const [year = 0, month, day, ...rest] = parts
  if (month === undefined) return inCalendar([year + Math.trunc(by / 12)], zone)
  const total = year * 12 + month - 1 + by
  const [y, m] = [Math.floor(total / 12), (((total % 12) + 12) % 12) + 1]
  return inCalendar(day === undefined ? [y, m] : [y, m, Math.min(day, daysIn(y, m)), ...rest], zone)
}

function byTime(parts: Parts, zone: string | undefined, ms: number): Moment | undefined {
  const [year, month, day, hour, minute, second = 0] = parts
  if (parts.length < 3)
    return byMonths(
      parts,
      zone,
      Math.trunc(ms / 86_400_000 / (parts.length === 1 ? 365 : 30)) * (parts.length === 1 ? 12 : 1),
    )
  const unit = [86_400_000, 3_600_000, 60_000, 1][parts.length - 3] ?? 1
  const at = new Date(
    midnight(year, month, day, hour, minute) + Math.round(second * 1_000) + Math.trunc(ms / unit) * unit,
  )
  return Number.isNaN(at.getTime()) ? undefined : inCalendar(partsOf(at).slice(0, parts.length), zone)
}

function inCalendar(parts: Parts, zone: string | undefined): Moment | undefined {
  const [year = 0] = parts
  return year < 1 || year > 9_999 ? undefined : { parts, zone }
}

/** Zones reach from 14 hours before UTC to 12 behind it. */
const earliest = '+14:00'
const latest = '-12:00'

/** The first or the last day that it may be. */
export function dayBoundary({ parts }: Moment, high: boolean): Moment {
  const [year = 0, month = high ? 12 : 1, day = high ? daysIn(year, month) : 1] = parts
  return { parts: [year, month, day], zone: undefined }
}

/** The first or the last millisecond of a time of day. */
export function timeBoundary({ parts }: Moment, high: boolean): Moment {
  const [hour = high ? 23 : 0, minute = high ? 59 : 0, second = high ? 59 : 0] = parts
  return { parts: [hour, minute, high && Number.isInteger(second) ? second + 0.999 : second], zone: undefined }
}

/** The first or the last millisecond, wherever on earth. */
export function momentBoundary(moment: Moment, high: boolean): Moment {
  const day = dayBoundary(moment, high)
  const time = timeBoundary({ parts: moment.parts.slice(3), zone: undefined }, high)
  return { parts: [...day.parts, ...time.parts], zone: moment.zone ?? (high ? latest : earliest) }
}

/** A time of day, which goes round. */
export function movedTime({ parts }: Moment, amount: number, unit: string): Moment | undefined {
  const at = moved({ parts: [2_000, 1, 2, ...parts], zone: undefined }, amount, unit)
  return at && { parts: at.parts.slice(3), zone: undefined }
}

export function printMoment({ parts, zone }: Moment, fraction: boolean): string {
  const [year, month, day, ...rest] = parts
  const date = [pad(year, 4), ...[month, day].filter(part => part !== undefined).map(part => pad(part, 2))].join('-')
  return rest.length === 0 ? date : `${date}T${printTime({ parts: rest, zone }, fraction)}`
}

export function printTime({ parts, zone }: Moment, fraction: boolean): string {
  const [hour, minute, second] = parts
  const shown = [hour, minute].filter(part => part !== undefined).map(part => pad(part, 2))
  if (second !== undefined) shown.push(fraction ? second.toFixed(3).padStart(6, '0') : pad(Math.trunc(second), 2))
  return shown.join(':') + (zone ?? '')
}

function pad(part: number | undefined, length: number): string {
  return String(part ?? 0).padStart(length, '0')
}
