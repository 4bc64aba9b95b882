/** Changes that keep the form and break what definitions ask for: codes, targets, what is contained. */
import type { Json, JsonObject } from '../../../../src/fhir/resource.ts'
import { codesRequiredBy, elementAt } from '../known.ts'
import type { Mutator } from './form.ts'
import { shapes, stepOf } from './site.ts'

const isOpen = (path: string): boolean => {
  const definition = elementAt(path)
  return definition === undefined || codesRequiredBy(definition).length < 2
}

const wrongConcepts: readonly JsonObject[] = [
  { coding: [{ system: 'http://example.org/codes', code: 'active' }] },
  { coding: [{ system: 'http://example.org/codes', code: 'x' }, { code: 'y' }] },
  { text: 'no code at all' },
]

export const meaningMutators: Readonly<Record<string, Mutator>> = {
  'code outside of the required value set': ({ shape, object, expression }, random) => {
    const coded = [...shape.elements.values()].filter(
      ({ type, path, name }) => type === 'code' && object[name] !== undefined && !isOpen(path),
    )
    if (coded.length === 0) return undefined
    const element = random.pick(coded)
    const value = object[element.name]!
    const at = `${expression}.${stepOf(element)}`
    const wrong = random.pick(['no-such-code', 'FINAL', 'x y', 'Male'])
    if (!Array.isArray(value)) return { object: { ...object, [element.name]: wrong }, at }
    const index = random.below(value.length)
    const items = value.map((item: Json, n: number) => (n === index ? wrong : item))
    return { object: { ...object, [element.name]: items }, at: `${at}[${index}]` }
  },
  'concept outside of the required value set': ({ shape, object, element, expression }, random) =>
    shape.name === 'CodeableConcept' && element !== undefined && !isOpen(element.path) && object['coding'] !== undefined
      ? { object: random.pick(wrongConcepts), at: expression }
      : undefined,
  'reference to another type': ({ shape, element, expression }, random) => {
    const targets = element?.targets ?? []
    if (shape.name !== 'Reference' || targets.length === 0 || targets.includes('Resource')) return undefined
    const others = shapes.resourceTypes.filter(type => !targets.includes(type))
    if (others.length === 0) return undefined
    const other = random.pick(others)
    const forms: readonly JsonObject[] = [
      { reference: `${other}/1` },
      { reference: `http://example.org/fhir/${other}/1` },
      { type: other, identifier: { value: '1' } },
    ]
    return { object: random.pick(forms), at: expression }
  },
  'reference to nothing contained': ({ shape, expression }) =>
    shape.name === 'Reference' ? { object: { reference: '#nobody' }, at: expression, key: 'ref-1' } : undefined,
  'two contained resources with one id': ({ object, expression }) => {
    const { contained } = object
    if (!Array.isArray(contained)) return undefined
    return {
      object: { ...object, contained: [...contained, contained[0]!] },
      at: `${expression}.contained[${contained.length}].id`,
    }
  },
  'extension where it does not belong': ({ shape, object, expression }) => {
    if (!shape.elements.has('extension') || shape.name === 'Patient' || shape.name === 'Extension') return undefined
    const { extension } = object
    const others: readonly Json[] = Array.isArray(extension) ? extension : []
    const wrong = { url: 'http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName', valueString: 'x' }
    return { object: { ...object, extension: [...others, wrong] }, at: `${expression}.extension[${others.length}]` }
  },
  'known extension with a value of another type': ({ shape, object, expression }) => {
    if (shape.name !== 'Patient') return undefined
    const { extension } = object
    const others: readonly Json[] = Array.isArray(extension) ? extension : []
    const wrong = { url: 'http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName', valueInteger: 1 }
    return {
      object: { ...object, extension: [...others, wrong] },
      at: `${expression}.extension[${others.length}].value`,
    }
  },
}
