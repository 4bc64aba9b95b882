/** Changes that break the form of a resource. https://hl7.org/fhir/R4/json.html */
import type { Json, JsonObject } from '../../../../src/fhir/resource.ts'
import type { ElementShape } from '../../../../src/fhir/shape.ts'
import type { Random } from '../../../faults/random.ts'
import { bad, badDivs, mistyped } from '../primitives.ts'
import { type Site, stepOf } from './site.ts'

/** What to put in the place of the site's object, and where the fault must be found; nothing if it does not apply here. */
export type Change = { readonly object: Json; readonly at: string; readonly key?: string }
export type Mutator = (site: Site, random: Random) => Change | undefined

type There = {
  readonly element: ElementShape
  readonly value: Json | undefined
  readonly twin: Json | undefined
  readonly at: string
}

function there({ shape, object, expression }: Site): readonly There[] {
  return [...shape.elements.values()]
    .map(element => ({
      element,
      value: object[element.name],
      twin: element.primitive ? object[`_${element.name}`] : undefined,
      at: `${expression}.${stepOf(element)}`,
    }))
    .filter(({ value, twin }) => value !== undefined || twin !== undefined)
}

function one(site: Site, random: Random, fits: (it: There) => boolean): There | undefined {
  const fitting = there(site).filter(fits)
  return fitting.length === 0 ? undefined : random.pick(fitting)
}

function without(object: JsonObject, ...names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)))
}

const isPrimitive = ({ element, value }: There) => element.primitive && element.type !== 'xhtml' && value !== undefined
/** `Resource.id` and the ids of elements have a form of their own. */
const typeOf = ({ name, attribute, type }: ElementShape) => (name === 'id' && attribute ? 'element id' : type)
const badly: Readonly<Record<string, readonly Json[]>> = { ...bad, 'element id': ['a b', '\t'] }

/** With this value in the place of the only one, or of one of several. */
function inPlace({ element, value, at }: There, object: JsonObject, instead: Json, random: Random): Change {
  if (!Array.isArray(value)) return { object: { ...object, [element.name]: instead }, at }
  const index = random.below(value.length)
  const items = value.map((item, n) => (n === index ? instead : item))
  return { object: { ...object, [element.name]: items }, at: `${at}[${index}]` }
}

export const formMutators: Readonly<Record<string, Mutator>> = {
  'required element left out': (site, random) => {
    const it = one(site, random, ({ element }) => element.min > 0)
    const object = it && without(site.object, it.element.name, `_${it.element.name}`)
    return object && Object.keys(object).length > 0 ? { object, at: it.at } : undefined
  },
  'single element as an array': (site, random) => {
    const it = one(site, random, ({ element, value }) => element.max === 1 && value !== undefined)
    return it && { object: { ...site.object, [it.element.name]: [it.value!, it.value!] }, at: it.at }
  },
  'repeating element without an array': (site, random) => {
    const it = one(site, random, ({ value }) => Array.isArray(value))
    return it && { object: { ...site.object, [it.element.name]: (it.value as readonly Json[])[0] ?? 'x' }, at: it.at }
  },
  'primitive of another JSON type': (site, random) => {
    const it = one(site, random, isPrimitive)
    return it && inPlace(it, site.object, random.pick(mistyped(it.element.type)), random)
  },
  'primitive in place of an object': (site, random) => {
    const it = one(site, random, ({ element }) => !element.primitive)
    return it && inPlace(it, site.object, random.pick<Json>(['x', 1, true]), random)
  },
  'type that the choice does not have': (site, random) => {
    const it = one(site, random, ({ element }) => element.choice !== undefined)
    if (it === undefined) return undefined
    const name = `${stepOf(it.element)}${random.pick(['Element', 'Narrative', 'Xhtml', 'Patient'])}`
    const object = { ...without(site.object, it.element.name, `_${it.element.name}`), [name]: { text: 'x' } }
    return { object, at: `${site.expression}.${name}` }
  },
  'two of a choice': (site, random) => {
    const it = one(site, random, ({ element }) => element.choice !== undefined)
    const others = [...site.shape.elements.values()].filter(
      ({ choice, name }) => choice === it?.element.choice && name !== it?.element.name,
    )
    if (it === undefined || others.length === 0) return undefined
    const other = random.pick(others)
    return { object: { ...site.object, [other.name]: other.primitive ? '1' : { id: 'x' } }, at: it.at }
  },
  'unknown element': (site, random) => {
    const name = random.pick(['bogus', 'valueX', 'Status', 'resourcetype', 'item2', 'fhir_comments'].slice(0, 4))
    return { object: { ...site.object, [name]: random.pick<Json>(['x', 1, {}, []]) }, at: `${site.expression}.${name}` }
  },
  'null without a twin': (site, random) => {
    const it = one(site, random, it => isPrimitive(it) && Array.isArray(it.value) && it.twin === undefined)
    const values = it?.value as readonly Json[]
    return it && { object: { ...site.object, [it.element.name]: [...values, null] }, at: `${it.at}[${values.length}]` }
  },
  'null in place of a value': (site, random) => {
    const it = one(site, random, it => isPrimitive(it) && it.element.max === 1 && it.twin === undefined)
    return it && { object: { ...site.object, [it.element.name]: null }, at: it.at }
  },
  'twins of different length': (site, random) => {
    const it = one(site, random, it => isPrimitive(it) && Array.isArray(it.value) && it.twin === undefined)
    const values = it?.value as readonly Json[]
    const twins = it && [...values.map(() => null), { extension: [{ url: 'http://example.org/x', valueCode: 'x' }] }]
    return it && { object: { ...site.object, [`_${it.element.name}`]: twins! }, at: it.at }
  },
  'empty object': (site, random) => {
    const it = one(site, random, ({ element }) => !element.primitive && element.type !== 'Resource')
    return it && inPlace(it, site.object, {}, random)
  },
  'empty array': (site, random) => {
    const it = one(site, random, ({ value }) => Array.isArray(value))
    return it && { object: { ...site.object, [it.element.name]: [] }, at: it.at }
  },
  'element with only an id': (site, random) => {
    const it = one(site, random, ({ element }) => !element.primitive && element.type !== 'Resource')
    return it && inPlace(it, site.object, { id: 'x' }, random)
  },
  'bad narrative': (site, random) => {
    const isNarrative = site.shape.name === 'Narrative'
    return isNarrative
      ? { object: { ...site.object, div: random.pick(badDivs) }, at: `${site.expression}.div` }
      : undefined
  },
  'value and extensions in an extension': site => {
    if (site.shape.name !== 'Extension') return undefined
    const both = {
      url: 'http://example.org/x',
      valueCode: 'x',
      extension: [{ url: 'http://example.org/y', valueCode: 'x' }],
    }
    return { object: both, at: site.expression, key: 'ext-1' }
  },
  'extension of nothing': site =>
    site.shape.name === 'Extension'
      ? { object: { url: 'http://example.org/x' }, at: site.expression, key: 'ext-1' }
      : undefined,
  'type of a nested resource': ({ element, object, expression }, random) =>
    element?.type === 'Resource'
      ? {
          object: { ...object, resourceType: random.pick<Json>(['Patientt', 'patient', 'DomainResource', 1, '']) },
          at: expression,
        }
      : undefined,
  'contained resource without id': ({ element, object, expression }) =>
    element?.name === 'contained' ? { object: without(object, 'id'), at: `${expression}.id` } : undefined,
  'contained in a contained resource': ({ element, object, expression, shape }) =>
    element?.name === 'contained' && shape.elements.has('contained')
      ? {
          object: { ...object, contained: [{ resourceType: 'Basic', id: 'x', code: { text: 'x' } }] },
          at: `${expression}.contained`,
        }
      : undefined,
  'text that is no reference': ({ shape, object, expression }, random) =>
    shape.name === 'Reference'
      ? {
          object: { ...object, reference: random.pick(['Patientt/1', 'Patient', '1', 'Patient/a_b', '/Patient/1']) },
          at: `${expression}.reference`,
        }
      : undefined,
}

/** One for each primitive type: a value that has not its form. */
export const primitiveMutators: Readonly<Record<string, Mutator>> = Object.fromEntries(
  Object.entries(badly).map(([type, values]): [string, Mutator] => [
    `bad ${type}`,
    (site, random) => {
      const it = one(site, random, it => isPrimitive(it) && typeOf(it.element) === type)
      return it && inPlace(it, site.object, random.pick(values), random)
    },
  ]),
)

/** The primitives that it has values of, by the names of their mutators. */
export function badKindsOf(site: Site): readonly string[] {
  return there(site)
    .filter(isPrimitive)
    .map(({ element }) => `bad ${typeOf(element)}`)
}
