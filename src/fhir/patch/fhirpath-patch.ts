/** FHIRPath Patch: operations in sequence, all or none. https://hl7.org/fhir/R4/fhirpatch.html */
import { FhirError, fail } from '../issue.ts'
import { type Element, elementsOf, insideOf, withElements, withInside } from '../path/element.ts'
import { engine } from '../path/engine.ts'
import { type Limits, ofClients } from '../path/evaluate.ts'
import { type Location, locate, placeOf, printLocation, type Step } from '../path/location.ts'
import { cutOff } from '../path/time-limit.ts'
import type { JsonObject, Resource } from '../resource.ts'
import type { ElementShape, Shape, Shapes } from '../shape.ts'
import { addTo, elementFor, fit } from './fit.ts'
import { type PatchOperation, parseOperations, type Value } from './patch-operation.ts'

/** For the whole patch: it may hold a hundred expressions of the client's. */
const ms = 500

const perExpression: Limits = { cost: ofClients.cost, text: ofClients.text }

/** The patched resource; the one that was given stays as it is. Throws 400 for what is no FHIRPath Patch, 422 if it does not apply. */
export function applyFhirPathPatch(resource: Resource, parameters: Resource, shapes: Shapes): Resource {
  const operations = parseOperations(parameters)
  let result = resource
  let at = 'Parameters'
  engine() // cut off while it loads, it would stay half loaded
  const finished = cutOff(ms, () => {
    for (const operation of operations) {
      at = operation.at
      result = naming(at, () => apply(result, operation, shapes))
    }
    return true
  })
  if (finished) return result
  throw fail('too-costly', `the patch was given up: its evaluation takes more than ${ms} ms`, at)
}

function apply(resource: Resource, operation: PatchOperation, shapes: Shapes): Resource {
  switch (operation.type) {
    case 'add': {
      const { name, value } = operation
      const location = single(resource, operation, shapes)
      const shape = shapeAt(resource, location, shapes)
      return edit(resource, location, object => addTo(object, shape, name, value, shapes))
    }
    case 'insert': {
      const { index, value } = operation
      const list = listAt(resource, operation, shapes)
      if (index > list.length) throw outside(operation, 'index', index, list.length)
      const added = fit(value, list.element, shapes)
      return editList(resource, list, elements => elements.toSpliced(index, 0, added))
    }
    case 'delete': {
      const [location, ...others] = locate(operation.path, resource, shapes, perExpression)
      if (location === undefined) return resource
      if (others.length > 0) throw notOne(operation, 1 + others.length)
      const { parent, step } = lastStep(operation, location)
      return edit(resource, parent, object =>
        withElements(object, step.element, elementsOf(object, step.element).toSpliced(step.index, 1)),
      )
    }
    case 'replace': {
      const { parent, step } = lastStep(operation, single(resource, operation, shapes))
      const shape = shapeAt(resource, parent, shapes)
      return edit(resource, parent, object => replaceIn(object, shape, step, operation.value, shapes))
    }
    case 'move': {
      const { source, destination } = operation
      const list = listAt(resource, operation, shapes)
      if (source >= list.length) throw outside(operation, 'source', source, list.length - 1)
      if (destination >= list.length) throw outside(operation, 'destination', destination, list.length - 1)
      return editList(resource, list, elements =>
        elements.toSpliced(source, 1).toSpliced(destination, 0, ...elements.slice(source, source + 1)),
      )
    }
  }
}

/** One of a choice may be replaced by another of its types: `valueString` goes as `valueQuantity` comes. */
function replaceIn(
  object: JsonObject,
  shape: Shape,
  { element, index }: Step,
  value: Value,
  shapes: Shapes,
): JsonObject {
  const name = element.choice?.slice(0, -'[x]'.length)
  const becomes = name === undefined ? element : elementFor(shape, name, value)
  if (becomes !== element) return addTo(withElements(object, element, []), shape, becomes.name, value, shapes)
  return withElements(object, element, elementsOf(object, element).with(index, fit(value, element, shapes)))
}

/** "The FHIRPath statement must return a single element." */
function single(resource: Resource, operation: PatchOperation, shapes: Shapes): Location {
  const locations = locate(operation.path, resource, shapes, perExpression)
  const [location] = locations
  if (location === undefined || locations.length > 1) throw notOne(operation, locations.length)
  return location
}

type List = { readonly parent: Location; readonly element: ElementShape; readonly length: number }

/** The list that the path is of. Where it has no elements yet, what stands before the last dot says whose list it is. */
function listAt(resource: Resource, operation: PatchOperation, shapes: Shapes): List {
  const locations = locate(operation.path, resource, shapes, perExpression)
  const [first] = locations
  if (first === undefined) return emptyListAt(resource, operation, shapes)
  const { parent, step } = lastStep(operation, first)
  const { element } = step
  const length = elementsOf(placeOf(resource, parent, shapes)?.object ?? {}, element).length
  const above = printLocation(resource, parent)
  const whole =
    locations.length === length &&
    locations.every(
      location => location.at(-1)?.element === element && printLocation(resource, location.slice(0, -1)) === above,
    )
  if (element.max === 1 || !whole) {
    throw fail('processing', `'${operation.path}' must give the elements of one list, all of them`, operation.at)
  }
  return { parent, element, length }
}

function emptyListAt(resource: Resource, operation: PatchOperation, shapes: Shapes): List {
  const [, before, name] = /^(?:(.+)\.)?(\w+)$/s.exec(operation.path.trim()) ?? []
  const parent = before === undefined ? [] : single(resource, { ...operation, path: before }, shapes)
  const element = name === undefined ? undefined : shapeAt(resource, parent, shapes).elements.get(name)
  if (element === undefined || element.max === 1) {
    throw fail('processing', `'${operation.path}' does not give a list of the resource`, operation.at)
  }
  return { parent, element, length: 0 }
}

function editList(
  resource: Resource,
  { parent, element }: List,
  change: (elements: readonly Element[]) => readonly Element[],
): Resource {
  return edit(resource, parent, object => withElements(object, element, change(elementsOf(object, element))))
}

/** The resource with the object at the location changed; an element that is left with nothing goes as well. */
function edit(resource: Resource, location: Location, change: (object: JsonObject) => JsonObject): Resource {
  return { ...editIn(resource, location, change), resourceType: resource.resourceType }
}

function editIn(object: JsonObject, location: Location, change: (object: JsonObject) => JsonObject): JsonObject {
  const [step, ...inward] = location
  if (step === undefined) return change(object)
  const { element, index } = step
  const elements = elementsOf(object, element)
  const old = elements[index] ?? {}
  const changed = withInside(old, editIn(insideOf(old), inward, change), element)
  return withElements(object, element, elements.toSpliced(index, 1, ...(changed === undefined ? [] : [changed])))
}

function shapeAt(resource: Resource, location: Location, shapes: Shapes): Shape {
  const shape = placeOf(resource, location, shapes)?.shape
  if (shape === undefined) throw fail('processing', `the type of ${printLocation(resource, location)} is unknown`)
  return shape
}

function lastStep({ path }: PatchOperation, location: Location): { readonly parent: Location; readonly step: Step } {
  const step = location.at(-1)
  if (step === undefined) throw fail('processing', `'${path}' is the resource itself, expected is an element of it`)
  return { parent: location.slice(0, -1), step }
}

function notOne({ path, at }: PatchOperation, count: number): FhirError {
  return fail('processing', `'${path}' gives ${count} elements, expected is exactly one`, at)
}

function outside({ path, at }: PatchOperation, name: string, place: number, last: number): FhirError {
  const expected = last < 0 ? 'the list is empty' : `expected is 0 to ${last}`
  return fail('processing', `'${path}': ${name} is ${place}, ${expected}`, at)
}

/** Findings without a place of their own (of FHIRPath) get that of the operation. */
function naming<T>(at: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (!(cause instanceof FhirError)) throw cause
    const { issues, status, headers } = cause
    throw new FhirError(
      issues.map(issue => ({ expression: at, ...issue })),
      { status, headers, cause: cause.cause },
    )
  }
}
