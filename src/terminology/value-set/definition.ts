/** A ValueSet resource as the algebra needs it. https://hl7.org/fhir/R4/valueset.html#compositions */
import type { Json, JsonObject } from '../../fhir/resource.ts'
import { parseCanonical, printCanonical } from '../canonical.ts'
import type { Designation } from '../code-system.ts'
import { anyValueOf, extensionOf, flagOf, objectOf, objectsOf, textOf, textsOf } from '../element.ts'
import { standardsStatus } from '../resource/facts.ts'
import { designationsOf } from '../resource/resource-code-system.ts'
import { type TxIssue, txIssue } from './tx-issue.ts'

export type ConceptReference = {
  readonly code: string
  readonly display?: string
  readonly designations: readonly Designation[]
  readonly extensions?: readonly JsonObject[]
  /** What the value set thinks of the use of the concept here: `deprecated`, `withdrawn`. */
  readonly status?: string
}

export type Filter = { readonly property: string; readonly op: string; readonly value: string; readonly at: string }

/** An include or exclude. */
export type Clause = {
  readonly system?: string
  readonly version?: string
  readonly concepts?: readonly ConceptReference[]
  readonly filters: readonly Filter[]
  readonly valueSets: readonly string[]
  readonly at: string
}

export type Definition = {
  readonly resource: JsonObject
  /** `url|version`, as messages name it. */
  readonly canonical: string
  readonly status: string
  readonly experimental: boolean
  readonly standardsStatus?: string
  /** `compose.inactive`: inactive codes belong to it, too; unsaid, they do. */
  readonly inactive: boolean
  readonly lockedDate?: string
  readonly include: readonly Clause[]
  readonly exclude: readonly Clause[]
  /** Canonicals of the supplements it is to be used with. */
  readonly supplements: readonly string[]
  readonly contained: readonly JsonObject[]
  /** Codes or URIs of the properties that an expansion tells, unless others are asked for. */
  readonly properties: readonly string[]
  readonly faults: readonly TxIssue[]
}

export const supplementExtension = 'http://hl7.org/fhir/StructureDefinition/valueset-supplement'

export function definitionOf(resource: JsonObject): Definition {
  const faults: TxIssue[] = []
  const compose = objectOf(resource, 'compose')
  const clauses = (name: 'include' | 'exclude'): readonly Clause[] =>
    objectsOf(compose, name).map((clause, at) => clauseOf(clause, `ValueSet.compose.${name}[${at}]`, faults))
  const maturity = textOf(extensionOf(resource, standardsStatus), 'valueCode')
  const lockedDate = textOf(compose, 'lockedDate')
  const include = compose === undefined ? storedClauses(resource) : clauses('include')
  if (compose === undefined && objectOf(resource, 'expansion') === undefined) faults.push(undefinedSet(resource))
  return {
    resource,
    canonical: canonicalOf(resource),
    status: textOf(resource, 'status') ?? 'unknown',
    experimental: flagOf(resource, 'experimental') ?? false,
    ...(maturity === undefined ? {} : { standardsStatus: maturity }),
    inactive: flagOf(compose, 'inactive') ?? true,
    ...(lockedDate === undefined ? {} : { lockedDate }),
    include,
    exclude: clauses('exclude'),
    supplements: objectsOf(resource, 'extension')
      .filter(extension => extension['url'] === supplementExtension)
      .flatMap(extension => textOf(extension, 'valueCanonical') ?? textOf(extension, 'valueUri') ?? []),
    contained: objectsOf(resource, 'contained'),
    properties: [
      ...textsOf(compose, 'property'),
      ...objectsOf(compose, 'extension')
        .filter(extension => extension['url'] === propertyExtension)
        .flatMap(extension => textOf(extension, 'valueString') ?? []),
    ],
    faults,
  }
}

/** An element of R5, which clients that speak it send as it is. https://hl7.org/fhir/R5/versions.html#extensions */
const propertyExtension = 'http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.compose.property'

export function canonicalOf(resource: JsonObject): string {
  const id = textOf(resource, 'id')
  const url = textOf(resource, 'url') ?? (id === undefined ? '(unidentified)' : `#${id}`)
  return printCanonical(url, textOf(resource, 'version'))
}

function undefinedSet(resource: JsonObject): TxIssue {
  return invalid(
    'VALUESET_NO_DEFINITION',
    `The value set '${canonicalOf(resource)}' has neither a compose nor an expansion, so it has no meaning`,
    'ValueSet',
  )
}

function invalid(id: string, text: string, at: string): TxIssue {
  return txIssue({ code: 'invalid', type: 'vs-invalid', id, text, at })
}

function clauseOf(clause: JsonObject, at: string, faults: TxIssue[]): Clause {
  const system = textOf(clause, 'system')
  const version = textOf(clause, 'version')
  const concepts = objectsOf(clause, 'concept')
  const filters = objectsOf(clause, 'filter')
  const valueSets = textsOf(clause, 'valueSet')
  if (system === undefined && valueSets.length === 0) {
    faults.push(invalid('VALUESET_NO_SYSTEM_OR_IMPORT', 'an include or exclude needs a system, a valueSet or both', at))
  }
  if (system === undefined && concepts.length + filters.length > 0) {
    faults.push(
      invalid('VALUESET_NO_SYSTEM', 'concepts and filters need the system that they belong to', `${at}.system`),
    )
  }
  if (concepts.length > 0 && filters.length > 0) {
    faults.push(invalid('VALUESET_CONCEPTS_AND_FILTERS', 'there may be concepts or filters, but not both', at))
  }
  return {
    ...(system === undefined ? {} : { system }),
    ...(version === undefined || version === '' ? {} : { version }),
    ...(concepts.length === 0 ? {} : { concepts: concepts.flatMap(referenceOf) }),
    filters: filters.map((filter, index) => filterOf(filter, system ?? '', `${at}.filter[${index}]`, faults)),
    valueSets,
    at,
  }
}

function filterOf(filter: JsonObject, system: string, at: string, faults: TxIssue[]): Filter {
  const [property = '', op = '', value = ''] = [
    textOf(filter, 'property'),
    textOf(filter, 'op'),
    textOf(filter, 'value'),
  ]
  if (property === '' || op === '') {
    faults.push(invalid('VALUESET_BAD_FILTER', 'a filter needs a property and an op', at))
  } else if (value === '') {
    faults.push(
      invalid(
        'UNABLE_TO_HANDLE_SYSTEM_FILTER_WITH_NO_VALUE',
        `The system ${system} filter with property = ${property}, op = ${op} has no value`,
        `${at}.value`,
      ),
    )
  }
  return { property, op, value, at }
}

const deprecations: Readonly<Record<string, string>> = {
  'http://hl7.org/fhir/StructureDefinition/valueset-deprecated': 'deprecated',
}

/** Some write the flag as a code. */
function isTrue(value: Json | undefined): boolean {
  return value === true || value === 'true'
}

function referenceOf(concept: JsonObject): readonly ConceptReference[] {
  const code = textOf(concept, 'code')
  if (code === undefined) return []
  const display = textOf(concept, 'display')
  const flagged = objectsOf(concept, 'extension').find(
    extension => deprecations[textOf(extension, 'url') ?? ''] !== undefined && isTrue(anyValueOf(extension)),
  )
  const status =
    flagged === undefined
      ? textOf(extensionOf(concept, standardsStatus), 'valueCode')
      : deprecations[textOf(flagged, 'url') ?? '']
  return [
    {
      code,
      ...(display === undefined ? {} : { display }),
      designations: designationsOf(concept),
      ...(concept['extension'] === undefined ? {} : { extensions: objectsOf(concept, 'extension') }),
      ...(status === undefined ? {} : { status }),
    },
  ]
}

/** A value set without a definition is what its stored expansion lists, in its order. */
function storedClauses(resource: JsonObject): readonly Clause[] {
  const items = [...itemsOf(objectOf(resource, 'expansion'))]
  const at = 'ValueSet.expansion'
  const bySystem = Map.groupBy(items, item => printCanonical(textOf(item, 'system') ?? '', textOf(item, 'version')))
  return [...bySystem].map(([canonical, members]) => {
    const { url, version } = parseCanonical(canonical)
    return {
      system: url,
      ...(version === undefined ? {} : { version }),
      concepts: members.filter(member => member['abstract'] !== true).flatMap(referenceOf),
      filters: [],
      valueSets: [],
      at,
    }
  })
}

function* itemsOf(element: JsonObject | undefined): Generator<JsonObject> {
  for (const item of objectsOf(element, 'contains')) {
    if (textOf(item, 'code') !== undefined) yield item
    yield* itemsOf(item)
  }
}
