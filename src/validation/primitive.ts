/** The primitive types and what each of them accepts. https://hl7.org/fhir/R4/datatypes.html#primitive */
import { Decimal } from '../fhir/decimal.ts'
import type { IssueCode } from '../fhir/issue.ts'
import type { Json } from '../fhir/resource.ts'
import { dateFault, dateTimeFault, instantFault, timeFault } from './calendar.ts'
import { describe, quote } from './findings.ts'
import { hasOddSpaces, hasWhitespace, isBase64, stringFault } from './text.ts'

/** `text` continues a sentence whose subject is the value. */
export type Fault = { readonly code: IssueCode; readonly text: string }

/** Undefined for a good value, so that good values cost no allocation. */
export type Primitive = (value: Json) => Fault | undefined

const id = /^[A-Za-z0-9\-.]{1,64}$/
const oid = /^urn:oid:[0-2](\.(0|[1-9][0-9]*))+$/
const uuid = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const uuidForm = 'lower-case hexadecimal as in urn:uuid:c757873d-ec9a-4326-a141-556f43239520'
const base64Form = 'groups of four of A-Z a-z 0-9 + / ='
const hugeInteger = /^-?[1-9][0-9]*$/ // of the numbers that need their text, those that are out of range at most
const least = -(2 ** 31)
const most = 2 ** 31 - 1

/** A type that is missing here has no check, which the compiler of shapes refuses. */
export const primitives: ReadonlyMap<string, Primitive> = new Map([
  ['boolean', booleanValue],
  ['decimal', decimalValue],
  ['integer', integer(least, most)],
  ['unsignedInt', integer(0, most)],
  ['positiveInt', integer(1, most)],
  ['string', text(stringFault)],
  ['markdown', text(stringFault)],
  ['code', text(codeFault)],
  ['id', text(value => (id.test(value) ? undefined : 'is not an id: expected 1 to 64 letters, digits, - and .'))],
  ['uri', text(uriFault)],
  ['url', text(uriFault)],
  ['canonical', text(uriFault)],
  ['oid', text(value => (oid.test(value) ? undefined : 'is not an oid: expected a form such as urn:oid:1.2.3'))],
  ['uuid', text(value => (uuid.test(value) ? undefined : `is not a uuid: expected ${uuidForm}`))],
  ['base64Binary', text(value => (isBase64(value) ? undefined : `is not base64: expected ${base64Form}`))],
  ['date', text(dateFault)],
  ['dateTime', text(dateTimeFault)],
  ['instant', text(instantFault)],
  ['time', text(timeFault)],
])

/** `Element.id`, which unlike `Resource.id` is any string, but "does not contain spaces". */
export const elementId: Primitive = text(value =>
  value !== '' && hasWhitespace(value) ? 'contains white space, expected an id without any' : stringFault(value),
)

function text(faultOf: (value: string) => string | undefined): Primitive {
  return value => {
    if (typeof value !== 'string') {
      return mistyped('a string', value)
    }
    const fault = faultOf(value)
    return fault === undefined ? undefined : { code: 'value', text: `${quote(value)} ${fault}` }
  }
}

function codeFault(value: string): string | undefined {
  return hasOddSpaces(value)
    ? 'is not a code: expected text without white space around it, single spaces inside'
    : undefined
}

function uriFault(value: string): string | undefined {
  return value === '' || hasWhitespace(value) ? 'is not a URI: expected text without white space' : undefined
}

function booleanValue(value: Json): Fault | undefined {
  return typeof value === 'boolean' ? undefined : mistyped('true or false', value)
}

function decimalValue(value: Json): Fault | undefined {
  return (typeof value === 'number' && Number.isFinite(value)) || value instanceof Decimal
    ? undefined
    : mistyped('a number', value)
}

/** The literal counts: 1.0 and 1e2 are no integers. A plain number has been written as JavaScript prints it. */
function integer(from: number, to: number): Primitive {
  return value => {
    if (typeof value !== 'number' && !(value instanceof Decimal)) {
      return mistyped('an integer', value)
    }
    const number = Number(value)
    if (typeof value === 'number' ? !Number.isInteger(value) : !hugeInteger.test(value.text)) {
      return {
        code: 'value',
        text: `${describe(value)} is not an integer: expected digits without fraction or exponent`,
      }
    }
    return number >= from && number <= to
      ? undefined
      : { code: 'value', text: `${describe(value)} is out of range: expected ${from} to ${to}` }
  }
}

function mistyped(expected: string, value: Json): Fault {
  return { code: 'structure', text: `expected ${expected}, found ${describe(value)}` }
}
