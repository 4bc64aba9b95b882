/**
 * An `Expression`, cut to the one type that it starts from → closures over our JSON. http://hl7.org/fhirpath/N1/#path-selection
 *
 * Types are known from the shapes, so a path is walked from its end: each step is made knowing what to do with what it finds,
 * and a step that leads nowhere from this type (another type's branch of a union) is not made at all.
 */
import type { Json, JsonObject, Resource } from '../../fhir/resource.ts'
import type { ElementShape, Shapes } from '../../fhir/shape.ts'
import { type Expression, NoElement, Uncovered } from './expression.ts'
import type { Found, Getter, Place } from './getter.ts'
import { refersTo } from './refers-to.ts'
import { isA, isPrimitive } from './types.ts'

type Walk = { readonly resource: Resource; readonly found: Found[] }
type Visit = (focus: Json, walk: Walk) => void
/** What to do with an element of the type; `undefined`: nothing. */
type Then = (type: string) => Visit | undefined

/** A getter that knows its types. */
type Typed = Getter & { readonly types: readonly string[] }

const nothing: Typed = { get: () => [], types: [] }

/** Throws `Uncovered` where the expression asks for more than this compiler knows. */
export function compile(expression: Expression, place: Place): Typed {
  const types = new Set<string>()
  const visit = compileVisit(expression, place, type => {
    types.add(type)
    return (value, { found }) => found.push({ value, type })
  })
  if (visit === undefined) return nothing
  return {
    get(focus, resource) {
      const found: Found[] = []
      visit(focus, { resource, found })
      return found
    },
    types: [...types],
  }
}

function compileVisit(expression: Expression, place: Place, then: Then): Visit | undefined {
  switch (expression.op) {
    case 'focus':
      return then(place.type)
    case 'resource': {
      const visit = then(place.resourceType)
      return visit && ((_focus, walk) => visit(walk.resource, walk))
    }
    case 'typed':
      return isTyped(expression.type, place) ? then(place.type) : undefined
    case 'member':
      return visitMember(expression.of, expression.name, place, then)
    case 'ofType':
      return compileVisit(expression.of, place, type => (isA(type, expression.type) ? then(type) : undefined))
    case 'where':
      return compileVisit(expression.of, place, type => visitWhere(expression.condition, { ...place, type }, then))
    case 'item':
      return visitItem(expression.of, expression.index, place, then)
    case 'union':
      return visitAll(expression.of.map(branch => compileVisit(branch, place, then)))
    default:
      return visitComputed(expression, place, then)
  }
}

/** `Observation.…` starts from the focus if that is an Observation; `Resource.…` from every resource. */
export function isTyped(asked: string, { type, resourceType }: Place): boolean {
  return type === asked || (type === resourceType && (asked === 'Resource' || asked === 'DomainResource'))
}

/** Of several types some may lack the element; if all do, the name may mean something that only the engine knows. */
function visitMember(of: Expression, name: string, place: Place, then: Then): Visit | undefined {
  const having = new Map<string, readonly ElementShape[]>()
  const visit = compileVisit(of, place, type => {
    const elements = elementsNamed(name, type, place.shapes)
    having.set(type, elements)
    return visitAll(elements.map(element => visitProperty(element, then)))
  })
  if (having.size > 0 && [...having.values()].every(elements => elements.length === 0)) {
    throw new NoElement(`${[...having.keys()].join('|')}.${name}`)
  }
  return visit
}

/** One element, or one for each type of a choice. */
export function elementsNamed(name: string, type: string, shapes: Shapes): readonly ElementShape[] {
  // What stands inside of a primitive is in its twin, and what a resource inside of a resource is, is not known beforehand.
  if (type === 'Resource' || (isPrimitive(type) && (name === 'extension' || name === 'id'))) {
    throw new Uncovered(`${type}.${name}`)
  }
  const elements = isPrimitive(type) ? [] : [...(shapes.shape(type)?.elements.values() ?? [])]
  return elements.filter(element => (element.choice ?? element.name) === (element.choice ? `${name}[x]` : name))
}

function visitProperty({ name, type }: ElementShape, then: Then): Visit | undefined {
  const visit = then(type)
  if (visit === undefined) return undefined
  return (focus, walk) => {
    const value = (focus as JsonObject)[name]
    if (value === undefined || value === null) return
    if (!Array.isArray(value)) return visit(value, walk)
    // A primitive that has only extensions leaves a null in the list.
    for (const item of value) if (item !== null) visit(item, walk)
  }
}

function visitAll(all: readonly (Visit | undefined)[]): Visit | undefined {
  const visits = all.filter(visit => visit !== undefined)
  if (visits.length < 2) return visits[0]
  return (focus, walk) => {
    for (const visit of visits) visit(focus, walk)
  }
}

function visitWhere(condition: Expression, place: Place, then: Then): Visit | undefined {
  const visit = then(place.type)
  if (visit === undefined) return undefined
  const holds = compileTest(condition, place)
  return (focus, walk) => {
    if (holds(focus, walk.resource) === true) visit(focus, walk)
  }
}

/** The index counts in everything that is found, not in the list of one parent. */
function visitItem(of: Expression, index: number, place: Place, then: Then): Visit | undefined {
  const all = compile(of, place)
  const visits = new Map(all.types.map(type => [type, then(type)]))
  return (focus, walk) => {
    const item = all.get(focus, walk.resource)[index]
    if (item !== undefined) visits.get(item.type)?.(item.value, walk)
  }
}

function visitComputed(expression: Expression, place: Place, then: Then): Visit | undefined {
  const visit = then('boolean')
  const test = compileTest(expression, place)
  return (
    visit &&
    ((focus, walk) => {
      const result = test(focus, walk.resource)
      if (result !== undefined) visit(result, walk)
    })
  )
}

/** `undefined` where FHIRPath gives nothing. */
type Test = (focus: Json, resource: Resource) => boolean | undefined

function compileTest(expression: Expression, place: Place): Test {
  switch (expression.op) {
    case 'exists':
      return testExists(expression.of, place)
    case 'refersTo':
      return testReference(expression.of, expression.type, place)
    case 'equal':
    case 'unequal':
      return testEqual(expression.left, expression.right, expression.op === 'equal', place)
    case 'and': {
      const [left, right] = [compileTest(expression.left, place), compileTest(expression.right, place)]
      return (focus, resource) => both(left(focus, resource), right(focus, resource))
    }
    case 'or': {
      const [left, right] = [compileTest(expression.left, place), compileTest(expression.right, place)]
      return (focus, resource) => either(left(focus, resource), right(focus, resource))
    }
    default:
      throw new Uncovered(`${expression.op} as a condition`)
  }
}

/** A primitive without value but with extensions (why it is absent) exists, though there is nothing to find in it. */
function testExists(of: Expression, place: Place): Test {
  const { get, types } = compile(of, place)
  if (!types.some(isPrimitive)) return (focus, resource) => get(focus, resource).length > 0
  if (of.op !== 'member') throw new Uncovered(`exists() of ${of.op}`)
  const parents = compile(of.of, place)
  const twins = new Map(parents.types.map(type => [type, twinsOf(elementsNamed(of.name, type, place.shapes))]))
  return (focus, resource) =>
    get(focus, resource).length > 0 ||
    parents.get(focus, resource).some(({ value, type }) => twins.get(type)?.some(twin => twin in (value as JsonObject)))
}

function twinsOf(elements: readonly ElementShape[]): readonly string[] {
  return elements.filter(({ primitive }) => primitive).map(({ name }) => `_${name}`)
}

/** http://hl7.org/fhirpath/N1/#boolean-logic: nothing is "not known". */
function both(left: boolean | undefined, right: boolean | undefined): boolean | undefined {
  if (left === false || right === false) return false
  return left === undefined || right === undefined ? undefined : true
}

function either(left: boolean | undefined, right: boolean | undefined): boolean | undefined {
  if (left === true || right === true) return true
  return left === undefined || right === undefined ? undefined : false
}

function testReference(of: Expression, asked: string, place: Place): Test {
  const { get } = compile(of, place)
  return (focus, resource) => get(focus, resource).some(({ value }) => refersTo(value, asked, resource))
}

/** Types whose JSON values are compared as they stand; dates, decimals and complex types have an equality of their own. */
const comparable: Readonly<Record<string, (type: string) => boolean>> = {
  string: type => isA(type, 'string') || isA(type, 'uri'),
  boolean: isPrimitive,
  number: type => isA(type, 'integer'),
}

function testEqual(left: Expression, right: Expression, wanted: boolean, place: Place): Test {
  if (right.op !== 'literal') throw new Uncovered('a comparison with what is no literal')
  const { value: literal } = right
  const { get, types } = compile(left, place)
  const strange = types.find(type => comparable[typeof literal]?.(type) !== true)
  if (strange !== undefined) throw new Uncovered(`${strange} compared with ${typeof literal}`)
  return (focus, resource) => {
    const found = get(focus, resource)
    if (found.length === 0) return undefined
    const equal = found.length === 1 && found[0]?.value === literal
    return equal === wanted
  }
}
