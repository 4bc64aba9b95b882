/** The least and the greatest that a value may stand for, given how precise it is. http://hl7.org/fhirpath/#lowboundaryprecision-integer-decimal-date-datetime-time */
import { numberOf } from '../../../decimal.ts'
import { isObject } from '../../../resource.ts'
import { type Item, type Items, none, type Run } from '../item.ts'
import { dayBoundary, momentBoundary, momentOf, printMoment, printTime, timeBoundary, timeOf } from '../moment.ts'
import { calculate, type Numeric, placesOf } from '../number.ts'
import { isNumeric } from '../quantity.ts'
import { type Builtin, type Builtins, made, onSingle } from './function.ts'

/** Of what follows the last digit, half. */
function ofNumber(value: Numeric, high: boolean): Numeric | undefined {
  const half = numberOf(`${high ? '' : '-'}0.${'0'.repeat(placesOf(value))}5`)
  return calculate('+', value, half)
}

function ofItem({ value, type }: Item, high: boolean, run: Run): Items {
  if (isNumeric(value)) {
    const bound = ofNumber(value, high)
    return bound === undefined ? none : [made(run, 'Decimal', bound)]
  }
  if (isObject(value) && isNumeric(value['value'])) {
    const bound = ofNumber(value['value'], high)
    return bound === undefined ? none : [made(run, 'Quantity', { ...value, value: bound })]
  }
  const text = String(value)
  if (type.kind === 'time') {
    const time = timeOf(text)
    return time ? [made(run, 'Time', printTime(timeBoundary(time, high), true))] : none
  }
  if (type.kind !== 'date' && type.kind !== 'dateTime') return run.fault(`${type.name} has no boundaries`)
  const moment = momentOf(text)
  if (moment === undefined) return none
  if (type.kind === 'date') return [made(run, 'Date', printMoment(dayBoundary(moment, high), false))]
  return [made(run, 'DateTime', printMoment(momentBoundary(moment, high), true))]
}

/** To the full precision of the type. */
function boundary(high: boolean): Builtin {
  return onSingle([0, 0], (item, run) => ofItem(item, high, run))
}

export const boundaries: Builtins = { lowBoundary: boundary(false), highBoundary: boundary(true) }
