/** A StructureDefinition as a resource → the part of it that Kiln reads. https://hl7.org/fhir/R4/structuredefinition.html */
import { isObject, type Json, type JsonObject } from '../fhir/resource.ts'
import type { ElementDefinition, StructureDefinition } from './structure-definition.ts'

const EXTENSION = 'http://hl7.org/fhir/StructureDefinition/'
const BEST_PRACTICE = `${EXTENSION}elementdefinition-bestpractice`
const MAX_VALUE_SET = `${EXTENSION}elementdefinition-maxValueSet`
const FHIR_TYPE = `${EXTENSION}structuredefinition-fhir-type`

/**
 * Every element has ele-1 and every extension ext-1: "must have a value or children", "must have either extensions or value[x]".
 * Both are of the form, which is checked before anything else, so they are left out here: 13,000 copies in R4 alone.
 */
const ofTheForm = new Map([
  ['ele-1', `${EXTENSION}Element`],
  ['ext-1', `${EXTENSION}Extension`],
])

const structureFields = [
  'resourceType',
  'url',
  'version',
  'name',
  'kind',
  'abstract',
  'type',
  'baseDefinition',
  'derivation',
]
const elementFields = [
  'id',
  'path',
  'sliceName',
  'short',
  'min',
  'max',
  'base',
  'contentReference',
  'maxLength',
  'condition',
]
const elementFlags = ['sliceIsConstraining', 'mustSupport', 'isModifier', 'isSummary']
const typeFields = ['profile', 'targetProfile', 'aggregation', 'versioning']
const constraintFields = ['key', 'severity', 'human', 'expression', 'source']
const bindingFields = ['strength', 'valueSet', 'description']

/** The resource is well-formed, as structural validation has found; what it defines need not make sense. */
export function condense(resource: JsonObject): StructureDefinition {
  const { context, contextInvariant, snapshot, differential } = resource
  const condensed = {
    ...picked(resource, structureFields),
    ...(context === undefined ? {} : { context: objects(context).map(each => picked(each, ['type', 'expression'])) }),
    ...(contextInvariant === undefined ? {} : { contextInvariant }),
    ...(isObject(snapshot) ? { snapshot: elementsOf(snapshot) } : {}),
    ...(isObject(differential) ? { differential: elementsOf(differential) } : {}),
  }
  // The form of the picked fields is the form of the resource.
  return condensed as unknown as StructureDefinition
}

function elementsOf(part: JsonObject): { element: readonly ElementDefinition[] } {
  return { element: objects(part['element']).map(condenseElement) }
}

export function condenseElement(element: JsonObject): ElementDefinition {
  const { slicing, type, constraint, binding } = element
  const constraints = objects(constraint).filter(isOfItsOwn).map(condenseConstraint)
  const condensed = picked(element, elementFields)
  Object.assign(condensed, flags(element, elementFlags))
  for (const name in element) if (limiting.test(name)) condensed[name] = element[name] ?? null
  if (isObject(slicing) && !isImplied(slicing, element)) condensed['slicing'] = condenseSlicing(slicing)
  if (type !== undefined) condensed['type'] = objects(type).map(each => condenseType(each, element))
  if (constraints.length > 0) condensed['constraint'] = constraints
  if (isObject(binding)) condensed['binding'] = condenseBinding(binding)
  return condensed as unknown as ElementDefinition
}

const limiting = /^(fixed|pattern|minValue|maxValue)[A-Z]/

/** "Extensions are always sliced by url": said in some snapshots, and of no consequence where there are no slices. */
function isImplied(slicing: JsonObject, { path }: JsonObject): boolean {
  const [first, ...others] = objects(slicing['discriminator'])
  const isByUrl = first?.['type'] === 'value' && first['path'] === 'url' && others.length === 0
  return isByUrl && slicing['rules'] === 'open' && /\.(modifierE|e)xtension$/.test(String(path))
}

function condenseSlicing(slicing: JsonObject): JsonObject {
  const discriminator = objects(slicing['discriminator']).map(each => picked(each, ['type', 'path']))
  return {
    ...(discriminator.length > 0 ? { discriminator } : {}),
    ...flags(slicing, ['ordered']),
    ...picked(slicing, ['rules']),
  }
}

/** In snapshots ids and urls are of a type of FHIRPath; which one of FHIR's it is, an extension says. Only a primitive's value is of none. */
function condenseType(type: JsonObject, { path }: JsonObject): JsonObject {
  const isValue = /^[a-z]\w*\.value$/.test(String(path))
  const code = (isValue ? undefined : extensionValue(type, FHIR_TYPE, 'valueUrl')) ?? type['code']
  return { ...(code === undefined ? {} : { code }), ...picked(type, typeFields) }
}

function isOfItsOwn({ key, source }: JsonObject): boolean {
  const known = ofTheForm.get(String(key))
  return known === undefined || (source !== undefined && source !== known)
}

function condenseConstraint(constraint: JsonObject): JsonObject {
  const isBestPractice = extensionValue(constraint, BEST_PRACTICE, 'valueBoolean') === true
  return { ...picked(constraint, constraintFields), ...(isBestPractice ? { bestPractice: true } : {}) }
}

function condenseBinding(binding: JsonObject): JsonObject {
  const maxValueSet = extensionValue(binding, MAX_VALUE_SET, 'valueCanonical')
  return { ...picked(binding, bindingFields), ...(maxValueSet === undefined ? {} : { maxValueSet }) }
}

function extensionValue({ extension }: JsonObject, url: string, value: string): Json | undefined {
  return objects(extension).find(each => each['url'] === url)?.[value]
}

/** `false` is what an absent flag means, and no profile can take back what its base says. */
function flags(from: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.filter(name => from[name] === true).map(name => [name, true]))
}

/** A large guide has 100,000 elements. */
function picked(from: JsonObject, names: readonly string[]): Growing {
  const some: Growing = {}
  for (const name of names) {
    const value = from[name]
    if (value !== undefined) some[name] = value
  }
  return some
}

type Growing = { [name: string]: Json }

function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}
