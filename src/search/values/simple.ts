/** All parameter types but composite, which is made of them. https://hl7.org/fhir/R4/valueset-search-param-type.html */
import { type DateValue, date } from './date.ts'
import { type NumberValue, number } from './number.ts'
import { type QuantityValue, quantity } from './quantity.ts'
import { type ReferenceValue, reference } from './reference.ts'
import { type PositionValue, special } from './special.ts'
import { type StringValue, string } from './string.ts'
import { type TokenValue, token } from './token.ts'
import { type UriValue, uri } from './uri.ts'

export type SimpleValue =
  | NumberValue
  | DateValue
  | StringValue
  | TokenValue
  | ReferenceValue
  | QuantityValue
  | UriValue
  | PositionValue

export const simpleTypes = { number, date, string, token, reference, quantity, uri, special }
