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
import { noRules, type VersionRules, versionRules } from '../../terminology/value-set/version-rules.ts'
import type { Input } from '../kernel/input.ts'
import type { Call } from '../kernel/operation.ts'

export type Asked = {
  /** What is known in the tenant, behind what came along with the request. */
  readonly memberships: Memberships
  /** They are compiled when they are first asked for. */
  readonly maps: () => readonly ConceptMap[]
  readonly rules: VersionRules
  readonly languages: Languages
  /** By the parameter `displayLanguage`, not by the header. */
  readonly namesLanguage: boolean
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

/** A promise only where something must be looked up, or was sent along. */
export function askedOf(ctx: Context, call: Call): Asked | Promise<Asked> {
  const vocabulary = ctx.vocabulary()
  const isMore = call.input.one('tx-resource') !== undefined
  return isMore || vocabulary instanceof Promise ? askedWith(ctx, call, vocabulary) : askedIn(vocabulary, call)
}

function askedIn(vocabulary: Vocabulary, { request, input }: Call): Asked {
  return {
    memberships: vocabulary.memberships,
    maps: () => vocabulary.maps,
    rules: rulesIn(input),
    languages: languagesOf(request, input),
    namesLanguage: input.text('displayLanguage') !== undefined,
    supplements: input.texts('useSupplement'),
  }
}

/** For this request alone. What is compiled for the tenant is kept for all, so it is only left where it must be. */
async function askedWith(ctx: Context, call: Call, known: Vocabulary | Promise<Vocabulary>): Promise<Asked> {
  const vocabulary = await known
  const asked = askedIn(vocabulary, call)
  const sent = call.input.all('tx-resource').flatMap(({ value }) => (isResource(value) ? [value] : []))
  if (sent.length === 0) return asked
  const own = sent.filter(({ resourceType }) => resourceType === 'ConceptMap').map(conceptMapOf)
  const terminology = terminologyOf(sent)
  // Parsed, read and compiled, each takes a tenth of a second: others have their turn between.
  for (const resource of sent.filter(isLarge)) {
    await ctx.turn()
    terminology.codeSystem(textOf(resource, 'url') ?? '', textOf(resource, 'version'))
    await ctx.turn()
  }
  return {
    ...asked,
    memberships: membershipsOf(overlay(terminology, vocabulary.memberships.terminology)),
    maps: () => [...own, ...vocabulary.maps],
  }
}

const large = 20_000 // codes

function isLarge(resource: Resource): boolean {
  return resource.resourceType === 'CodeSystem' && objectsOf(resource, 'concept').length > large
}

/** Most requests have none. */
function rulesIn(input: Input): VersionRules {
  const [system, check] = [versions(input, 'system-version'), versions(input, 'check-system-version')]
  const [force, valueSet] = [versions(input, 'force-system-version'), versions(input, 'default-valueset-version')]
  const isAny = system.length + check.length + force.length + valueSet.length > 0
  return isAny ? versionRules({ system, check, force, valueSet }) : noRules
}

function versions(input: Input, name: string): readonly string[] {
  const given = input.texts(name)
  if (given.length === 0) return given
  return given.map(text => {
    if (/^[^|]+\|[^|]+$/.test(text)) return text
    throw fail(
      'value',
      `the parameter '${name}' is '${text}': expected a canonical and a version, as in url|version`,
      name,
    )
  })
}

const any: Languages = []

/** A header that is no list of languages, or takes any, is one that the client did not think about. */
function languagesOf({ headers }: FhirRequest, input: Input): Languages {
  const asked = input.text('displayLanguage')
  if (asked !== undefined) return parseLanguages(asked)
  const header = headers['accept-language']
  const accepted = header === undefined ? any : (languagesIn(header) ?? any)
  return accepted[0] === '*' ? any : accepted
}
