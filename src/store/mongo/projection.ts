/** The resource as native BSON, so that people can query and aggregate over their data. It is never read back. */
import { BSON, Decimal128, type Document } from 'mongodb'
import { Decimal } from '../../fhir/decimal.ts'
import { FhirError } from '../../fhir/issue.ts'
import { parseJson } from '../../fhir/json.ts'
import { isObject, type Json, type JsonObject } from '../../fhir/resource.ts'

const documentLimit = 16 * 1024 * 1024 // bytes, MongoDB's own
const envelope = 16 * 1024 // bytes for the fields around the text and the index fields
/** The largest text, in bytes of UTF-8. */
export const rawLimit = documentLimit - envelope
const surelySmall = 1_000_000 // characters whose text and projection together fit, whatever they hold

/** A UTF-16 unit takes at most three bytes of UTF-8, so that short texts need no count. `beside`: bytes of index fields. */
export function exceedsLimit(text: string, beside = 0): boolean {
  const left = rawLimit - beside
  return text.length * 3 > left && Buffer.byteLength(text) > left
}

/** `undefined` where the projection does not fit beside the text and `beside` bytes of index fields. */
export function toProjection(raw: string, beside = 0): Document | undefined {
  const value = parsed(raw)
  if (!isObject(value)) return undefined
  const document = toBson(value)
  if (raw.length <= surelySmall && beside === 0) return document
  const size = Buffer.byteLength(raw) + beside + BSON.calculateObjectSize(document)
  return size <= rawLimit ? document : undefined
}

/** What was stored without passing our codec (a test's, a later Kiln's) need not be readable by it. */
function parsed(raw: string): Json | undefined {
  try {
    return parseJson(raw)
  } catch (error) {
    if (error instanceof FhirError) return undefined
    throw error
  }
}

function toBson(value: JsonObject): Document {
  const document: Document = {}
  for (const [name, element] of Object.entries(value)) {
    const expressible = !name.startsWith('$') && !name.includes('\0') // FHIR has no such names; BSON cannot hold them
    if (expressible) document[name] = toValue(element ?? null)
  }
  return document
}

function toValue(value: Json): unknown {
  if (value instanceof Decimal) return toDecimal(value.text)
  if (typeof value === 'number') return Number.isInteger(value) ? value : toDecimal(String(value))
  if (Array.isArray(value)) return value.map(toValue)
  return isObject(value) ? toBson(value) : value
}

/** 34 digits and exponents to ±6144 fit; what does not is kept as it was written. */
function toDecimal(text: string): Decimal128 | string {
  try {
    return Decimal128.fromString(text)
  } catch {
    return text
  }
}
