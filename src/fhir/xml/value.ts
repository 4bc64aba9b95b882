/** A primitive between its XML text and its JSON value. https://hl7.org/fhir/R4/datatypes.html#primitive */
import { Decimal, numberOf } from '../decimal.ts'
import type { Json } from '../resource.ts'

/** R4's lexical forms; a leading plus, which R4 allows and JSON does not know, is dropped. */
const integer = /^(?:\+(?=[1-9]))?(-?[1-9][0-9]*|0)$/
const decimal = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/

/** Undefined if the text is no value of the type. Types whose JSON is a string are left to the validator. */
export function jsonValue(text: string, type: string): Json | undefined {
  switch (type) {
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined
    case 'integer':
    case 'positiveInt':
    case 'unsignedInt': {
      const digits = integer.exec(text)?.[1]
      return digits === undefined ? undefined : numberOf(digits)
    }
    case 'decimal':
      return decimal.test(text) ? numberOf(text) : undefined
    default:
      return text
  }
}

/** Undefined if XML cannot say it: empty text, control characters, half of a surrogate pair, or no primitive at all. */
export function xmlText(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : escaped(value)
  if (typeof value === 'number' || typeof value === 'boolean' || value instanceof Decimal) return String(value)
  return undefined
}

const special = /[&<"\p{Cc}\p{Cs}\uFFFE\uFFFF]/u
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML 1.0 forbids (https://www.w3.org/TR/xml/#charsets)
const forbidden = /[\0-\x08\x0B\x0C\x0E-\x1F\p{Cs}\uFFFE\uFFFF]/u
const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '"': '&quot;',
  // Unescaped, a reader would turn these into spaces: https://www.w3.org/TR/xml/#AVNormalize
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}

function escaped(text: string): string | undefined {
  if (!special.test(text)) return text
  return forbidden.test(text) ? undefined : text.replace(/[&<"\t\n\r]/g, char => escapes[char] ?? char)
}
