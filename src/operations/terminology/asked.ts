/**
 * What every question about codes may say besides the codes: resources of its own, which versions count, and in whose language it
 * wants the answer. https://hl7.org/fhir/R4/terminology-service.html
 */
import type { OperationParameter } from '../../conformance/artifact.ts'
import { fail } from '../../fhir/issue.ts'
import { isResource, type Resource } from '../../fhir/resource.ts'
import type { Context, FhirRequest } from '../../interactions/interaction.ts'
import type { Vocabulary } from '../../interactions/vocabulary/vocabulary.ts'
import { type ConceptMap, conceptMapOf } from '../../terminology/concept-map/concept-map.ts'
import { objectsOf, textOf } from '../../terminology/element.ts'
import { type Languages, languagesIn, parseLanguages } from '../../terminology/value-set/language.ts'
import { type Memberships, membershipsOf } from '../../terminology/value-set/membership.ts'
import { overlay, terminologyOf } from '../../terminology/value-set/terminology.ts'
import { type VersionRules, versionRules } from '../../terminology/value-set/version-rules.ts'
import type { Input } from '../kernel/input.ts'
import type { Call } from '../kernel/operation.ts'

export type Asked = {
  /** What is known in the tenant, behind what came along with the request. */
  readonly memberships: Memberships
  readonly maps: readonly ConceptMap[]
  readonly rules: VersionRules
  readonly languages: Languages
  /** Canonicals of the supplements that are to be used. */
  readonly supplements: readonly string[]
}

/**
 * For `also` of an operation that calls `askedOf`: later versions define them, and clients of R4 send them. `cache-id` is not among
 * them: clients that find it claimed send each resource only once, and nothing is kept here from one request to the next.
 */
export const askedParameters: readonly OperationParameter[] = [
  several('tx-resource', 'Resource'),
  several('system-version', 'canonical'),
  several('check-system-version', 'canonical'),
  several('force-system-version', 'canonical'),
  several('default-valueset-version', 'canonical'),
  several('useSupplement', 'canonical'),
  { name: 'displayLanguage', use: 'in', min: 0, max: '1', type: 'code' },
]

function several(name: string, type: string): OperationParameter {
  return { name, use: 'in', min: 0, max: '*', type }
}

export async function askedOf(ctx: Context, { request, input }: Call): Promise<Asked> {
  const vocabulary = await ctx.vocabulary()
  return {
    ...(await withResources(ctx, vocabulary, input)),
    rules: versionRules({
      system: versions(input, 'system-version'),
      check: versions(input, 'check-system-version'),
      force: versions(input, 'force-system-version'),
      valueSet: versions(input, 'default-valueset-version'),
    }),
    languages: languagesOf(request, input),
    supplements: input.texts('useSupplement'),
  }
}

/** For this request alone. What is compiled for the tenant is kept for all, so it is only left where it must be. */
async function withResources(
  ctx: Context,
  vocabulary: Vocabulary,
  input: Input,
): Promise<Pick<Asked, 'memberships' | 'maps'>> {
  const { memberships, maps } = vocabulary
  const sent = input.all('tx-resource').flatMap(({ value }) => (isResource(value) ? [value] : []))
  if (sent.length === 0) return { memberships, maps }
  const own = sent.filter(({ resourceType }) => resourceType === 'ConceptMap').map(conceptMapOf)
  const terminology = terminologyOf(sent)
  // Parsed, read and compiled, each takes a tenth of a second: others have their turn between.
  for (const resource of sent.filter(isLarge)) {
    await ctx.turn()
    terminology.codeSystem(textOf(resource, 'url') ?? '', textOf(resource, 'version'))
    await ctx.turn()
  }
  return {
    memberships: membershipsOf(overlay(terminology, memberships.terminology)),
    maps: own.length === 0 ? maps : [...own, ...maps],
  }
}

const large = 20_000 // codes

function isLarge(resource: Resource): boolean {
  return resource.resourceType === 'CodeSystem' && objectsOf(resource, 'concept').length > large
}

function versions(input: Input, name: string): readonly string[] {
  return input.texts(name).map(text => {
    if (/^[^|]+\|[^|]+$/.test(text)) return text
    throw fail(
      'value',
      `the parameter '${name}' is '${text}': expected a canonical and a version, as in url|version`,
      name,
    )
  })
}

/** A header that is no list of languages is one that the client did not think about. */
function languagesOf({ headers }: FhirRequest, input: Input): Languages {
  const asked = input.text('displayLanguage')
  return asked === undefined ? (languagesIn(headers['accept-language'] ?? '') ?? []) : parseLanguages(asked)
}
