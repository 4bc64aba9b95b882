/** What a CodeSystem resource says of itself. https://hl7.org/fhir/R4/codesystem.html */
import type { JsonObject } from '../../fhir/resource.ts'
import type { CodeSystemFacts, FilterOperator, PropertyDefinition } from '../code-system.ts'
import { extensionOf, flagOf, objectsOf, textOf, textsOf } from '../element.ts'

const contents = ['not-present', 'example', 'fragment', 'complete', 'supplement'] as const
const statuses = ['draft', 'active', 'retired', 'unknown'] as const
const meanings = ['grouped-by', 'is-a', 'part-of', 'classified-with'] as const
const types = ['code', 'Coding', 'string', 'integer', 'boolean', 'dateTime', 'decimal'] as const
const operators = [
  '=',
  'is-a',
  'descendent-of',
  'is-not-a',
  'regex',
  'in',
  'not-in',
  'generalizes',
  'exists',
  'child-of',
  'descendent-leaf',
] as const

export const standardsStatus = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-standards-status'

export function factsOf(resource: JsonObject): CodeSystemFacts {
  const hierarchyMeaning = one(meanings, textOf(resource, 'hierarchyMeaning'))
  const maturity = textOf(extensionOf(resource, standardsStatus), 'valueCode')
  return {
    url: textOf(resource, 'url') ?? '',
    ...optional(resource, 'version'),
    ...optional(resource, 'name'),
    ...optional(resource, 'title'),
    status: one(statuses, textOf(resource, 'status')) ?? 'unknown',
    experimental: flagOf(resource, 'experimental') ?? false,
    ...(maturity === undefined ? {} : { standardsStatus: maturity }),
    content: one(contents, textOf(resource, 'content')) ?? 'complete',
    // Unsaid, two codes that differ are two codes: the answer that never takes one for another.
    caseSensitive: flagOf(resource, 'caseSensitive') ?? true,
    compositional: flagOf(resource, 'compositional') ?? false,
    versionNeeded: flagOf(resource, 'versionNeeded') ?? false,
    ...(hierarchyMeaning === undefined ? {} : { hierarchyMeaning }),
    ...optional(resource, 'language'),
    ...optional(resource, 'copyright'),
    ...optional(resource, 'valueSet'),
    properties: objectsOf(resource, 'property').map(propertyOf),
    filters: objectsOf(resource, 'filter').map(filterOf),
  }
}

function propertyOf(property: JsonObject): PropertyDefinition {
  return {
    code: textOf(property, 'code') ?? '',
    ...optional(property, 'uri'),
    ...optional(property, 'description'),
    type: one(types, textOf(property, 'type')) ?? 'string',
  }
}

function filterOf(filter: JsonObject): CodeSystemFacts['filters'][number] {
  const allowed: readonly FilterOperator[] = operators.filter(code => textsOf(filter, 'operator').includes(code))
  return { code: textOf(filter, 'code') ?? '', operators: allowed, value: textOf(filter, 'value') ?? '' }
}

function one<T extends string>(known: readonly T[], value: string | undefined): T | undefined {
  return known.find(each => each === value)
}

function optional<N extends string>(element: JsonObject, name: N): { readonly [K in N]?: string } {
  const value = textOf(element, name)
  return value === undefined ? {} : ({ [name]: value } as { readonly [K in N]: string })
}
