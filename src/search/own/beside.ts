/** Definitions of a server's or a tenant's own, beside those of R4. https://hl7.org/fhir/R4/searchparameter.html */
import { ownParameter } from '../../conformance/search-parameter.ts'
import { error, type Issue } from '../../fhir/issue.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { SearchParameter } from '../parameters.ts'
import { definitionIssues } from './check.ts'
import { type Known, typesOf } from './fit.ts'

export type OwnDefinition = {
  readonly parameter: SearchParameter
  /** For messages: `SearchParameter/1`, or the name of a file. */
  readonly from: string
}

/**
 * Those that can be in force together: of two that exclude each other, the earlier. Whoever has the same list finds the same.
 * Composites come last, since they are made of others.
 */
export function accepted(r4: Known, brought: readonly OwnDefinition[]): readonly OwnDefinition[] {
  const own = openOwn(r4)
  for (const one of compositesLast(brought)) if (own.issues(one, 'SearchParameter').length === 0) own.add(one)
  return own.all
}

export function compositesLast(definitions: readonly OwnDefinition[]): readonly OwnDefinition[] {
  return definitions.toSorted((a, b) => Number(isComposite(a)) - Number(isComposite(b)))
}

function isComposite({ parameter }: OwnDefinition): boolean {
  return parameter.type === 'composite'
}

/** What is wrong with a SearchParameter that is about to be stored. `others`: what is in force. */
export function resourceIssues(
  r4: Known,
  others: readonly OwnDefinition[],
  resource: Resource,
  at: string,
): readonly Issue[] {
  const parameter = ownParameter(resource)
  // A copy of one of R4's definitions may be kept, and changes nothing.
  if (parameter === undefined || r4.parameters.at(parameter.url) !== undefined) return []
  const from = `SearchParameter/${resource.id ?? ''}`
  const own = openOwn(r4)
  for (const other of others) if (other.from !== from) own.add(other)
  return own.issues({ parameter, from }, at)
}

/** A growing list of definitions, each of which is judged by those before it. */
export function openOwn({ shapes, parameters }: Known) {
  const all: OwnDefinition[] = []
  const byUrl = new Map<string, OwnDefinition>()
  const byType = new Map<string, Map<string, SearchParameter>>()
  const known: Known = {
    shapes,
    parameters: {
      of: type => byType.get(type) ?? parameters.of(type),
      at: url => byUrl.get(url)?.parameter ?? parameters.at(url),
    },
  }
  return {
    all: all as readonly OwnDefinition[],
    add(definition: OwnDefinition): void {
      const { parameter } = definition
      all.push(definition)
      byUrl.set(parameter.url, definition)
      for (const type of typesOf(parameter, shapes)) {
        byType.set(type, (byType.get(type) ?? new Map(parameters.of(type))).set(parameter.code, parameter))
      }
    },
    issues({ parameter }: OwnDefinition, at: string): readonly Issue[] {
      const twin = byUrl.get(parameter.url)
      if (twin === undefined) return definitionIssues(parameter, known, at)
      const text = `${parameter.url} is defined by ${twin.from} already: expected a URL of its own`
      return [error('business-rule', text, `${at}.url`)]
    },
  }
}
