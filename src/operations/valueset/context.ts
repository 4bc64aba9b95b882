/**
 * The value set that an element is bound to: `[url of a StructureDefinition]#[path of an element]`.
 * https://hl7.org/fhir/R4/valueset-operation-expand.html: parameter `context`
 */
import type { Layer } from '../../conformance/layer.ts'
import type { ElementDefinition } from '../../conformance/structure-definition.ts'
import { loadStructures, withOwn } from '../../conformance/structures.ts'
import { fail } from '../../fhir/issue.ts'
import { parseJson } from '../../fhir/json.ts'
import { ownLimits } from '../../fhir/json-limits.ts'
import { isObject, isResource, type Resource } from '../../fhir/resource.ts'
import type { Context, FhirRequest } from '../../interactions/interaction.ts'
import { searches } from '../../interactions/search/search.ts'
import { ownProfile } from '../../interactions/validation/profiles.ts'
import { parseCanonical } from '../../terminology/canonical.ts'
import { objectsOf, textOf } from '../../terminology/element.ts'

/** Profiles on profiles: more than that is a circle. */
const deepest = 20

export async function boundTo(ctx: Context, request: FhirRequest, context: string): Promise<string> {
  const [, canonical, path] = /^([^#]+)#(.+)$/.exec(context) ?? []
  if (canonical === undefined || path === undefined) {
    const form = 'http://hl7.org/fhir/StructureDefinition/Patient#Patient.gender'
    const text = `the context '${context}' is not understood: expected the url of a StructureDefinition and a path in it, such as ${form}; or name the value set with url`
    throw fail('not-supported', text, 'context', { status: 422 })
  }
  const structure = (await structures(ctx, request, canonical)).find(canonical)
  if (structure === undefined) {
    throw fail('not-found', `the context '${context}' names the StructureDefinition '${canonical}', which is not known`)
  }
  const elements = structure.snapshot?.element ?? []
  const element = elements.find(({ id }) => id === path) ?? elements.find(each => isCalled(each, path, structure.type))
  if (element === undefined) {
    throw fail('not-found', `the context '${context}': '${canonical}' has no element '${path}'`, 'context')
  }
  const { valueSet } = element.binding ?? {}
  if (valueSet !== undefined) return valueSet
  throw fail('not-found', `the context '${context}': the element '${path}' is bound to no value set`, 'context')
}

/** `Patient.gender` or `gender`. */
function isCalled({ path }: ElementDefinition, asked: string, type: string): boolean {
  return path === asked || path === `${type}.${asked}`
}

/** R4's, and those of the tenant that this one stands on. */
async function structures(ctx: Context, request: FhirRequest, canonical: string): Promise<Layer> {
  const core = loadStructures()
  const own = []
  let next: string | undefined = canonical
  while (next !== undefined && core.header(next) === undefined && own.length < deepest) {
    const found: Resource | undefined = await stored(ctx, request, next)
    if (found === undefined) break
    own.push(ownProfile(found).definition)
    next = textOf(found, 'baseDefinition')
  }
  return own.length === 0 ? core : withOwn(core, own)
}

/** As a client would search for it. */
async function stored(ctx: Context, request: FhirRequest, canonical: string): Promise<Resource | undefined> {
  const { url, version } = parseCanonical(canonical)
  const escaped = (text: string): string => text.replaceAll(/[\\,|$]/g, '\\$&')
  const query = new URLSearchParams({ url: escaped(url), _count: '1', _sort: '-_lastUpdated' })
  if (version !== undefined) query.set('version', escaped(version))
  const target = { at: 'type', type: 'StructureDefinition', id: '', vid: '', verb: '', of: '' } as const
  const { tenant, base } = request
  const [search] = searches
  const answer = await search?.handle(ctx, { tenant, base, method: 'GET', target, query, headers: {} })
  const bundle = answer?.body?.is === 'json' ? parseJson(answer.body.json, ownLimits) : null
  const found = isObject(bundle) ? objectsOf(bundle, 'entry')[0]?.['resource'] : undefined
  return isResource(found) && found.resourceType === 'StructureDefinition' ? found : undefined
}
