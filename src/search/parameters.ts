/** Which search parameters a type has. https://hl7.org/fhir/R4/searchparameter-registry.html */
import type { SearchParameter } from '../conformance/artifact.ts'
import type { Definitions } from '../conformance/definitions.ts'

export type { SearchParameter }

export type Parameters = {
  /** By code, those that every resource has included; none for a type that does not exist. */
  readonly of: (type: string) => ReadonlyMap<string, SearchParameter>
  /** By canonical URL, as the components of a composite name theirs. */
  readonly at: (url: string) => SearchParameter | undefined
}

/**
 * Where R4's definition contradicts itself. Here the expressions of the two components change places: `code` was given for the
 * reference, `target` for the token. https://hl7.org/fhir/R4/documentreference.html#search
 */
const errata: Readonly<Record<string, Partial<SearchParameter>>> = {
  'http://hl7.org/fhir/SearchParameter/DocumentReference-relationship': {
    component: [
      { definition: 'http://hl7.org/fhir/SearchParameter/DocumentReference-relatesto', expression: 'target' },
      { definition: 'http://hl7.org/fhir/SearchParameter/DocumentReference-relation', expression: 'code' },
    ],
  },
}

/** Of two with one code, the later stands: a server's own definitions follow those of the specification. */
export function searchParameters({ searchParameters: published, shapes }: Known): Parameters {
  const all = published.map(parameter => ({ ...parameter, ...errata[parameter.url] }))
  const byUrl = new Map(all.map(parameter => [parameter.url, parameter]))
  const byBase = Map.groupBy(
    all.flatMap(parameter => parameter.base.map(base => ({ base, parameter }))),
    ({ base }) => base,
  )
  const known = new Map<string, ReadonlyMap<string, SearchParameter>>()

  /** Those of the type and of what it specialises. Bundle, Binary and Parameters are resources, but not DomainResources. */
  function gather(type: string): ReadonlyMap<string, SearchParameter> {
    const shape = shapes.shape(type)
    if (shape?.kind !== 'resource') return new Map()
    const bases = shape.elements.has('contained') ? ['Resource', 'DomainResource', type] : ['Resource', type]
    return new Map(bases.flatMap(base => byBase.get(base) ?? []).map(({ parameter }) => [parameter.code, parameter]))
  }

  return {
    of(type) {
      const parameters = known.get(type) ?? gather(type)
      if (parameters.size > 0) known.set(type, parameters)
      return parameters
    },
    at: url => byUrl.get(url),
  }
}

type Known = Pick<Definitions, 'searchParameters' | 'shapes'>
