/** What searches are claimed in the CapabilityStatement. https://hl7.org/fhir/R4/capabilitystatement.html */
import type { ResourceClaim, SearchParamClaim } from '../../conformance/claims.ts'
import type { Parameters } from '../../search/parameters.ts'

type SearchClaim = Pick<ResourceClaim, 'searchParams' | 'searchIncludes' | 'searchRevIncludes'>

/** Parameters without a definition in R4, which resources of all types have. */
const undefinedOnes: readonly SearchParamClaim[] = [
  { name: '_filter', type: 'special', documentation: 'https://hl7.org/fhir/R4/search_filter.html' },
  { name: '_has', type: 'special', documentation: 'https://hl7.org/fhir/R4/search.html#has' },
  { name: '_list', type: 'special', documentation: 'https://hl7.org/fhir/R4/search.html#list' },
]

/** By resource type. References that may lead to any type are left to `*`: 81 of them at each of 145 types. */
export function searchClaims(parameters: Parameters, types: readonly string[]): ReadonlyMap<string, SearchClaim> {
  const references = types.flatMap(type =>
    [...parameters.of(type).values()]
      .filter(parameter => parameter.type === 'reference')
      .map(({ code, target = types }) => ({ type, target, text: `${type}:${code}` })),
  )
  const to = new Map(types.map(type => [type, ['*']]))
  for (const { target, text } of references) {
    if (types.some(type => !target.includes(type))) for (const type of target) to.get(type)?.push(text)
  }
  const from = Map.groupBy(references, ({ type }) => type)
  return new Map(
    types.map(type => [
      type,
      {
        searchParams: [...paramsOf(parameters, type), ...undefinedOnes],
        searchIncludes: ['*', ...(from.get(type)?.map(({ text }) => text) ?? [])],
        searchRevIncludes: to.get(type) ?? [],
      },
    ]),
  )
}

/** What all types have; `_text` is asked of those that have narratives. */
export function systemParams(parameters: Parameters, types: readonly string[]): readonly SearchParamClaim[] {
  const type = { name: '_type', type: 'special', documentation: 'https://hl7.org/fhir/R4/search.html#all' } as const
  const isCommon = (name: string): boolean => types.every(each => parameters.of(each).has(name))
  const common = paramsOf(parameters, 'Basic').filter(({ name }) => name.startsWith('_') || isCommon(name))
  return [...common, ...undefinedOnes, type]
}

/** There are no named queries that `_query` could name. */
function paramsOf(parameters: Parameters, type: string): readonly SearchParamClaim[] {
  return [...parameters.of(type).values()]
    .filter(({ code }) => code !== '_query')
    .map(({ code, type, url }) => ({ name: code, type, definition: url }))
}
