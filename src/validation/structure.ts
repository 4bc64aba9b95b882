/**
 * Is a resource well-formed: only what the specification knows, in the right form, as often as it may and must be?
 * https://hl7.org/fhir/R4/validation.html ("Structure", "Cardinality", "Value Domains")
 */
import type { Issue } from '../fhir/issue.ts'
import { isObject, isResource, type Json, type JsonObject } from '../fhir/resource.ts'
import type { Shapes } from '../fhir/shape.ts'
import type { ObjectCheck, Types } from './element.ts'
import { describe, type Findings, findingsAt, issuesOf, quote, report } from './findings.ts'
import { compileObject } from './object.ts'
import { extensionRule, type Rule, referenceRule } from './rules.ts'

/** All that is wrong with a resource, nothing for a good one. `at` is the path of a resource inside another. */
export type StructureCheck = (resource: Json, at?: string) => readonly Issue[]

export function compileStructure(shapes: Shapes): StructureCheck {
  const concrete = new Set([...shapes.resourceTypes, 'Parameters'])
  const { resource: check } = typesOf(shapes, type => concrete.has(type))
  return (resource, at) => {
    const found = findingsAt(
      at ?? (isResource(resource) && concrete.has(resource.resourceType) ? resource.resourceType : ''),
    )
    if (isObject(resource)) {
      check(resource, found)
    } else {
      report(found, 'structure', `expected a resource as an object, found ${describe(resource)}`)
    }
    return issuesOf(found)
  }
}

/** Each type is compiled when the first value of it comes by. */
function typesOf(shapes: Shapes, isType: (name: string) => boolean): Types {
  const compiled = new Map<string, ObjectCheck>()
  const rules = new Map<string, Rule>([
    ['Extension', extensionRule],
    ['Reference', referenceRule(isType)],
  ])
  const types: Types = {
    object(name) {
      const known = compiled.get(name)
      if (known) {
        return known
      }
      const shape = shapes.shape(name)
      if (shape === undefined) {
        throw new RangeError(`the type ${name} has no shape, expected every type that an element names to have one`)
      }
      const check = compileObject(shape, types)
      compiled.set(name, check)
      return check
    },
    rule: name => rules.get(name),
    resource(object, found) {
      const type = typeOf(object, isType, found)
      if (type !== undefined) {
        types.object(type)(object, found)
        reportTwins(object, found)
      }
    },
    contained(object, found) {
      reportContained(object, found)
      types.resource(object, found)
    },
  }
  return types
}

function typeOf(object: JsonObject, isType: (name: string) => boolean, found: Findings): string | undefined {
  const type = object['resourceType']
  if (typeof type === 'string' && isType(type)) {
    return type
  }
  const what = typeof type === 'string' ? `resourceType ${quote(type)} is unknown` : `resourceType is ${missing(type)}`
  report(found, 'structure', `${what}: expected the name of an R4 resource type, such as 'Patient'`)
  return undefined
}

function missing(type: Json | undefined): string {
  return type === undefined ? 'missing' : describe(type)
}

/** https://hl7.org/fhir/R4/references.html#contained: they have an id, by which they are referred to, and contain nothing (dom-2). */
function reportContained({ id, contained }: JsonObject, found: Findings): void {
  if (id === undefined) {
    report(found, 'required', "missing element: expected 'id', because a contained resource is referred to by it", 'id')
  }
  if (contained !== undefined) {
    report(found, 'invariant', 'a contained resource contains resources itself, expected none (dom-2)', 'contained')
  }
}

/** A reference to an id that two have would lead to both. https://hl7.org/fhir/R4/references.html#contained */
function reportTwins({ contained }: JsonObject, found: Findings): void {
  if (!Array.isArray(contained) || contained.length < 2) return
  const seen = new Set<Json>()
  for (const [index, item] of contained.entries()) {
    const id = isObject(item) ? item['id'] : undefined
    if (typeof id !== 'string') continue
    if (seen.has(id)) {
      const text = `a contained resource before it has the id ${quote(id)} too, expected another one`
      report(found, 'value', text, 'contained', index, 'id')
    }
    seen.add(id)
  }
}
