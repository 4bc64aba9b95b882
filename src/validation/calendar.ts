/** Dates and times as the R4 patterns want them, on days that exist. https://hl7.org/fhir/R4/datatypes.html#dateTime */
import { parseDate } from '../fhir/date.ts'

const year = '(?!0000)\\d{4}'
const month = '(?:0[1-9]|1[0-2])'
const day = '(?:0[1-9]|[12]\\d|3[01])'
const time = '(?:[01]\\d|2[0-3]):[0-5]\\d:(?:[0-5]\\d|60)(?:\\.\\d+)?'
const zone = '(?:Z|[+-](?:(?:0\\d|1[0-3]):[0-5]\\d|14:00))'

const dateForm = new RegExp(`^${year}(?:-${month}(?:-${day})?)?$`)
const dateTimeForm = new RegExp(`^${year}(?:-${month}(?:-${day}(?:T${time}${zone})?)?)?$`)
const instantForm = new RegExp(`^${year}-${month}-${day}T${time}${zone}$`)
const timeForm = new RegExp(`^${time}$`)

export function dateFault(text: string): string | undefined {
  return dateForm.test(text) ? dayFault(text) : 'is not a date: expected YYYY, YYYY-MM or YYYY-MM-DD'
}

export function dateTimeFault(text: string): string | undefined {
  return dateTimeForm.test(text)
    ? dayFault(text)
    : 'is not a dateTime: expected YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a time zone'
}

export function instantFault(text: string): string | undefined {
  return instantForm.test(text) ? dayFault(text) : 'is not an instant: expected YYYY-MM-DDThh:mm:ss with a time zone'
}

export function timeFault(text: string): string | undefined {
  return timeForm.test(text) ? undefined : 'is not a time: expected hh:mm:ss'
}

/** Every month has the days that the patterns allow, up to its 28th. */
function dayFault(text: string): string | undefined {
  return text.slice(8, 10) > '28' && parseDate(text) === undefined
    ? 'is a day that does not exist: expected one of the calendar'
    : undefined
}
