/** https://hl7.org/fhir/R4/search.html#quantity */
import type { Json, JsonObject } from '../../fhir/resource.ts'
import { objectOf, textOf } from './member.ts'
import { highest, type Interval, intervalOf, lowest, span } from './number.ts'
import type { Extract, ParameterType } from './parameter-type.ts'
import { conversionOf } from './ucum.ts'

/** As it stands, and in the unit that all of its kind share. */
export type QuantityValue = { readonly type: 'quantity' } & Interval & {
    readonly system?: string
    readonly code?: string
    /** For people, as written; `5.4||mg` asks for code or unit. */
    readonly unit?: string
    /** For a UCUM unit that can be converted, whatever unit the question is in. */
    readonly canonical?: Interval & { readonly unit: string }
  }

export const ucum = 'http://unitsofmeasure.org'
const currencies = 'urn:iso:std:iso:4217'

const quantityOf: Extract<QuantityValue> = element => {
  const object = objectOf(element)
  return valuesOf(bounded(intervalOf(object['value']), object['comparator']), object)
}

export const quantity: ParameterType<QuantityValue> = {
  extract: {
    Quantity: quantityOf,
    Age: quantityOf,
    Count: quantityOf,
    Distance: quantityOf,
    Duration: quantityOf,
    Money: element => {
      const { value, currency } = objectOf(element)
      return valuesOf(intervalOf(value), { system: currencies, ...(currency !== undefined && { code: currency }) })
    },
    Range: element => {
      const [low, high] = [objectOf(objectOf(element)['low']), objectOf(objectOf(element)['high'])]
      return valuesOf(span(intervalOf(low['value']), intervalOf(high['value'])), 'value' in low ? low : high)
    },
    SampledData: element => {
      const object = objectOf(element)
      return valuesOf(sampled(object), objectOf(object['origin']))
    },
  },
}

/** What is known of "less than 5" is an interval too. https://hl7.org/fhir/R4/datatypes.html#Quantity */
function bounded(interval: Interval | undefined, comparator: Json | undefined): Interval | undefined {
  if (interval === undefined || comparator === undefined) return interval
  switch (comparator) {
    case '<':
      return { ...interval, low: lowest, from: lowest, high: interval.to }
    case '<=':
      return { ...interval, low: lowest, from: lowest }
    case '>':
      return { ...interval, low: interval.from, to: highest, high: highest }
    case '>=':
      return { ...interval, to: highest, high: highest }
    default:
      return interval
  }
}

/** From the lowest sample to the highest; E, U and L stand for none. https://hl7.org/fhir/R4/datatypes.html#SampledData */
function sampled({ origin, factor, data }: JsonObject): Interval | undefined {
  const zero = intervalOf(objectOf(origin)['value'])?.from
  const scale = factor === undefined ? 1 : intervalOf(factor)?.from
  let [low, high] = [highest, lowest]
  for (const text of (textOf(data) ?? '').split(' ')) {
    const sample = text === '' ? Number.NaN : Number(text)
    if (sample < low) low = sample
    if (sample > high) high = sample
  }
  if (zero === undefined || scale === undefined || low > high) return undefined
  const [one, other] = [zero + low * scale, zero + high * scale]
  const [least, most] = [clamped(Math.min(one, other)), clamped(Math.max(one, other))]
  return { low: least, from: least, to: most, high: most }
}

function valuesOf(interval: Interval | undefined, unitOf: JsonObject): readonly QuantityValue[] {
  if (interval === undefined) return []
  const [system, code, unit] = [textOf(unitOf['system']), textOf(unitOf['code']), textOf(unitOf['unit'])]
  const canonical = system === ucum && code !== undefined ? canonicalOf(interval, code) : undefined
  return [
    {
      type: 'quantity',
      ...interval,
      ...(system && { system }),
      ...(code && { code }),
      ...(unit && { unit }),
      ...(canonical && { canonical }),
    },
  ]
}

/** The question is brought to the same unit by the same way. `undefined` if the unit cannot be converted. */
export function canonicalOf({ low, from, to, high }: Interval, code: string): QuantityValue['canonical'] {
  const conversion = conversionOf(code)
  if (conversion === undefined) return undefined
  const { unit, convert, reversed } = conversion
  const end = (bound: number): number => {
    if (bound === lowest || bound === highest) return reversed ? -bound : bound
    return clamped(convert(bound))
  }
  const converted = { low: end(low), from: end(from), to: end(to), high: end(high) }
  // A logarithm has no value for everything.
  if (Object.values(converted).some(Number.isNaN)) return undefined
  if (!reversed) return { ...converted, unit }
  return { low: converted.high, from: converted.to, to: converted.from, high: converted.low, unit }
}

function clamped(value: number): number {
  return Math.max(lowest, Math.min(highest, value))
}
