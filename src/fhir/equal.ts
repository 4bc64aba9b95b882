import { Decimal } from './decimal.ts'
import { isObject, type Json } from './resource.ts'

/** The same FHIR data: property order does not matter, the digits of a decimal do. */
export function equal(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (a instanceof Decimal) return b instanceof Decimal && a.text === b.text
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => equal(item, b[index]))
  }
  if (!isObject(a) || !isObject(b)) return false
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length && names.every(name => Object.hasOwn(b, name) && equal(a[name], b[name]))
  )
}
