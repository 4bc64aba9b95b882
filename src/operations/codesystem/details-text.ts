/**
 * What $lookup tells, as the text that goes out: of a concept of SNOMED CT these are some hundred parameters and parts, and to make
 * objects of them takes several times as long as to copy their words. https://hl7.org/fhir/R4/codesystem-operation-lookup.html
 */

import { printJson } from '../../fhir/json.ts'
import { JsonBytes, piece } from '../../fhir/json-bytes.ts'
import { isObject, type Json, type JsonObject } from '../../fhir/resource.ts'
import { Stretch, type Text } from '../../fhir/stretch.ts'
import type { Answer } from '../../interactions/interaction.ts'
import type { Designation } from '../../terminology/code-system.ts'
import type { elementFor } from '../../terminology/value-set/expansion-item.ts'

type Element = ReturnType<typeof elementFor>

/** Of a property. */
export type Told = { readonly as: Element; readonly value: Json | Stretch }

/** Of all answers: each is put together in one go, so none is begun while another is. */
const json = new JsonBytes()

const begin = piece('{"resourceType":"Parameters","parameter":[{"name":"name","valueString":')
const identity = {
  code: piece('},{"name":"code","valueCode":'),
  system: piece('},{"name":"system","valueUri":'),
  version: piece('},{"name":"version","valueString":'),
  display: piece('},{"name":"display","valueString":'),
  definition: piece('},{"name":"definition","valueString":'),
} as const
const abstract = [piece('},{"name":"abstract","valueBoolean":false'), piece('},{"name":"abstract","valueBoolean":true')]
const designation = {
  begin: piece('},{"name":"designation","part":['),
  language: piece('{"name":"language","valueCode":'),
  use: piece('{"name":"use","valueCoding":'),
  next: piece('},'),
  value: piece('{"name":"value","valueString":'),
}
const property = {
  begin: piece('},{"name":"property","part":[{"name":"code","valueCode":'),
  inner: piece('},{"name":"subproperty","part":[{"name":"code","valueCode":'),
  description: piece('},{"name":"description","valueString":'),
}
const endOfList = piece('}]')
const end = piece('}]}')

const values: Readonly<Record<Element, Uint8Array>> = {
  valueBoolean: valueAs('Boolean'),
  valueDecimal: valueAs('Decimal'),
  valueInteger: valueAs('Integer'),
  valueCoding: valueAs('Coding'),
  valueCode: valueAs('Code'),
  valueDateTime: valueAs('DateTime'),
  valueString: valueAs('String'),
}

function valueAs(type: string): Uint8Array {
  return piece(`},{"name":"value","value${type}":`)
}

const [no, yes] = [piece('false'), piece('true')]

/** One after the other, in the order of the answer; `name` begins it, and `take` ends it. Each is left open for the next. */
export const detailsText = {
  name(name: string): void {
    json.clear()
    json.add(begin)
    json.text(name)
  },

  identity(which: keyof typeof identity, text: Text): void {
    json.add(identity[which])
    json.text(text)
  },

  abstract(isAbstract: boolean): void {
    const [no = begin, yes = begin] = abstract
    json.add(isAbstract ? yes : no)
  },

  designation({ language, use, value }: Omit<Designation, 'value'> & { readonly value: Text }): void {
    json.add(designation.begin)
    if (language !== undefined) {
      json.add(designation.language)
      json.text(language)
      json.add(designation.next)
    }
    if (use !== undefined) {
      json.add(designation.use)
      json.add(printed(use))
      json.add(designation.next)
    }
    json.add(designation.value)
    json.text(value)
    json.add(endOfList)
  },

  property(code: Text, told: Told, description: Text | undefined): void {
    json.add(property.begin)
    part(code, told, description)
  },

  /** Properties that belong together; each is told by `subproperty`. */
  group(code: string, tellEach: () => void): void {
    json.add(property.begin)
    json.text(code)
    tellEach()
    json.add(endOfList)
  },

  subproperty(code: Text, told: Told, description: Text | undefined): void {
    json.add(property.inner)
    part(code, told, description)
  },

  take(): Answer {
    json.add(end)
    return { status: 200, body: { is: 'json', json: json.take() } }
  },
}

function part(code: Text, { as, value }: Told, description: Text | undefined): void {
  json.text(code)
  json.add(values[as])
  if (typeof value === 'boolean') json.add(value ? yes : no)
  else if (typeof value === 'string' || value instanceof Stretch) json.text(value)
  else if (isObject(value)) json.add(printed(value))
  else json.value(value)
  if (description !== undefined) {
    json.add(property.description)
    json.text(description)
  }
  json.add(endOfList)
}

/** Of the few uses that the designations of a code system have, and what many concepts say, such as their module. */
const known = new WeakMap<JsonObject, Uint8Array>()

function printed(object: JsonObject): Uint8Array {
  const before = known.get(object)
  if (before !== undefined) return before
  const made = piece(printJson(object))
  known.set(object, made)
  return made
}
