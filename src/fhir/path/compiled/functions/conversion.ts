/** http://hl7.org/fhirpath/N1/#conversion */
import { numberOf } from '../../../decimal.ts'
import { isObject, type Json } from '../../../resource.ts'
import { type Item, type Items, none, type Run } from '../item.ts'
import { momentOf, timeOf } from '../moment.ts'
import { isNumeric, quantityOf } from '../quantity.ts'
import type { SystemName } from '../type.ts'
import { type Builtin, type Builtins, made, onItems, textOf } from './function.ts'

/** `undefined` where the value cannot become that. */
type Convert = (item: Item, unit: string | undefined) => Json | undefined

const yes = /^(?:true|t|yes|y|1|1\.0)$/i
const no = /^(?:false|f|no|n|0|0\.0)$/i

function toBoolean({ value }: Item): boolean | undefined {
  if (typeof value === 'boolean') return value
  const text = String(value)
  if (yes.test(text)) return true
  return no.test(text) ? false : undefined
}

function toInteger({ value }: Item): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'number') return Number.isInteger(value) ? value : undefined
  return typeof value === 'string' && /^[+-]?\d{1,15}$/.test(value) ? Number(value) : undefined
}

function toDecimal({ value }: Item): Json | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (isNumeric(value)) return value
  return typeof value === 'string' && /^[+-]?\d{1,1000}(?:\.\d{1,1000})?$/.test(value)
    ? numberOf(value.replace(/^\+/, ''))
    : undefined
}

function toText({ value, type }: Item): string | undefined {
  if (type.kind !== 'quantity') return typeof value === 'object' && !isNumeric(value) ? undefined : String(value)
  if (!isObject(value) || !isNumeric(value['value'])) return undefined
  const { unit, code, system } = value
  const written = system === undefined ? unit : (code ?? unit)
  if (written === undefined) return `${value['value']} '1'`
  return system === undefined ? `${value['value']} ${written}` : `${value['value']} '${written}'`
}

const quantityForm = /^([+-]?\d{1,1000}(?:\.\d{1,1000})?)\s*(?:'([^']+)'|([a-z]+))?$/
const calendar = /^(?:year|month|week|day|hour|minute|second|millisecond)s?$/

function toQuantity({ value, type }: Item): Json | undefined {
  if (type.kind === 'quantity') return value
  if (isNumeric(value)) return quantityOf(value, '1', false)
  if (typeof value === 'boolean') return quantityOf(value ? 1 : 0, '1', false)
  const [, number, unit, word] = quantityForm.exec(String(value)) ?? []
  if (number === undefined || (word !== undefined && !calendar.test(word))) return undefined
  return quantityOf(numberOf(number.replace(/^\+/, '')), word ?? unit ?? '1', word !== undefined)
}

function toDate({ value }: Item): string | undefined {
  const [date = ''] = String(value).split('T')
  return momentOf(String(value)) && date
}

function toDateTime({ value }: Item): string | undefined {
  return momentOf(String(value)) && String(value)
}

function toTime({ value }: Item): string | undefined {
  return timeOf(String(value)) && String(value).replace(/^T/, '')
}

function pair(name: string, type: SystemName, convert: Convert): Builtins {
  const to = (items: Items, run: Run, args: readonly Items[]): Json | undefined => {
    const [item] = items
    if (item === undefined || item.value === undefined) return undefined
    if (items.length > 1) return run.fault(`to${name}() takes one value, there are ${items.length}`)
    return convert(item, args[0] && textOf(args[0], run))
  }
  const arity: Builtin['arity'] = [0, name === 'Quantity' ? 1 : 0]
  return {
    [`to${name}`]: {
      ...onItems(0, (items, run, args) => {
        const value = to(items, run, args)
        return value === undefined ? none : [made(run, type, value)]
      }),
      arity,
    },
    [`convertsTo${name}`]: {
      ...onItems(0, (items, run, args) =>
        items.length === 0 ? none : [made(run, 'Boolean', to(items, run, args) !== undefined)],
      ),
      arity,
    },
  }
}

export const conversion: Builtins = {
  ...pair('Boolean', 'Boolean', toBoolean),
  ...pair('Integer', 'Integer', toInteger),
  ...pair('Decimal', 'Decimal', toDecimal),
  ...pair('String', 'String', toText),
  ...pair('Quantity', 'Quantity', toQuantity),
  ...pair('Date', 'Date', toDate),
  ...pair('DateTime', 'DateTime', toDateTime),
  ...pair('Time', 'Time', toTime),
}
