/** Decimals between Kiln and the FHIRPath engine, digits kept. http://hl7.org/fhirpath/N1/#decimal */
import { Decimal, numberOf } from '../decimal.ts'
import { isObject, type Json, type JsonObject } from '../resource.ts'
import { engine, type PathDecimal } from './engine.ts'

type Foreign =
  | string
  | number
  | boolean
  | null
  | PathDecimal
  | readonly Foreign[]
  | { readonly [name: string]: Foreign }

/** What the engine reads: the value itself where it holds no `Decimal`, which is nearly always. */
export function toEngine(value: Json): Foreign {
  if (value instanceof Decimal) return engine().decimal(value.text)
  if (typeof value !== 'object' || value === null) return value
  if (!holdsDecimal(value)) return value as Foreign
  if (Array.isArray(value)) return (value as readonly Json[]).map(toEngine)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, toEngine(member ?? null)]))
}

function holdsDecimal(value: Json | undefined): boolean {
  if (typeof value !== 'object' || value === null) return false
  return value instanceof Decimal || Object.values(value).some(holdsDecimal)
}

/** JSON of what the engine gave; `undefined` for what has no JSON form, such as what every object inherits. */
export function fromEngine(value: unknown): Json | undefined {
  if (engine().isDecimal(value)) return numberOf(String(value))
  if (Array.isArray(value)) return value.map(item => fromEngine(item) ?? null)
  if (typeof value !== 'object' || value === null) return isPrimitive(value) ? value : undefined
  if (isObject(value as JsonObject)) {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, fromEngine(member) ?? null]))
  }
  const plain = engine().plain(value)
  return isPrimitive(plain) ? plain : undefined
}

function isPrimitive(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}
