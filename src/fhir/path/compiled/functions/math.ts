/** http://hl7.org/fhirpath/N1/#math */
import { isObject } from '../../../resource.ts'
import { type Item, type Items, none, type Run } from '../item.ts'
import { calculate, compareNumbers, floored, type Numeric, negated, rounded, truncated } from '../number.ts'
import { isNumeric } from '../quantity.ts'
import { type Builtin, type Builtins, integerOf, made, onSingle } from './function.ts'

function numeric(item: Item, run: Run): Numeric {
  return isNumeric(item.value) ? item.value : run.fault(`a number is expected, received ${item.type.name}`)
}

/** As whole a number as the one that comes in. */
function result(value: Numeric | undefined, like: Item, run: Run): Items {
  if (value === undefined) return none
  return [made(run, like.type.kind === 'integer' ? 'Integer' : 'Decimal', value)]
}

function toWhole(convert: (value: Numeric) => Numeric | undefined): Builtin {
  return onSingle([0, 0], (item, run) => {
    const value = convert(numeric(item, run))
    return value === undefined ? none : made(run, 'Integer', value)
  })
}

/** What floating point gives; beyond its reach, nothing. */
function real(compute: (x: number, y: number) => number, arity: 0 | 1): Builtin {
  return onSingle([arity, arity], (item, run, [arg]) => {
    const [other] = arg ?? []
    if (arity === 1 && other === undefined) return none
    const value = compute(Number(numeric(item, run)), other === undefined ? 0 : Number(numeric(other, run)))
    return Number.isFinite(value) ? made(run, 'Decimal', value) : none
  })
}

function abs(item: Item, run: Run): Items | Item {
  const { value, type } = item
  if (type.kind === 'quantity' && isObject(value) && isNumeric(value['value'])) {
    return made(run, 'Quantity', { ...value, value: positive(value['value']) })
  }
  return result(positive(numeric(item, run)), item, run)
}

function positive(value: Numeric): Numeric {
  return compareNumbers(value, 0) === -1 ? negated(value) : value
}

/** http://hl7.org/fhirpath/N1/#powerexponent-integer-decimal-integer-decimal */
function power(item: Item, run: Run, [arg = none]: readonly Items[]): Items {
  const [exponent] = arg
  if (exponent === undefined) return none
  const value = Number(numeric(item, run)) ** Number(numeric(exponent, run))
  return Number.isFinite(value) ? result(value, Number.isInteger(value) ? item : exponent, run) : none
}

export const math: Builtins = {
  abs: onSingle([0, 0], abs),
  ceiling: toWhole(value => calculate('-', 0, floored(negated(value)) ?? Number.NaN)),
  floor: toWhole(floored),
  truncate: toWhole(truncated),
  round: onSingle([0, 1], (item, run, [places]) => {
    const value = rounded(numeric(item, run), places === undefined ? 0 : (integerOf(places, run) ?? 0))
    return value === undefined ? none : made(run, 'Decimal', value)
  }),
  exp: real(Math.exp, 0),
  ln: real(Math.log, 0),
  sqrt: real(Math.sqrt, 0),
  log: real((x, base) => Math.log(x) / Math.log(base), 1),
  power: onSingle([1, 1], power),
}
