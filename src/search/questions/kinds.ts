/** All parameter types that ask for one thing. https://hl7.org/fhir/R4/valueset-search-param-type.html */
import { date } from './date.ts'
import { number } from './number.ts'
import { quantity } from './quantity.ts'
import { reference } from './reference.ts'
import { string } from './string.ts'
import { token } from './token.ts'
import { uri } from './uri.ts'

export const kinds = { number, date, string, token, reference, quantity, uri }
