/**
 * What references lead to among the resources of a transaction: entries are judged by each other as they will be, whatever
 * stands in the store by now. https://hl7.org/fhir/R4/bundle.html#references
 */
import { parseJson } from '../../fhir/json.ts'
import { parseReference } from '../../fhir/reference.ts'
import { isResource, type Resource } from '../../fhir/resource.ts'
import { unmarked } from '../../fhir/subset.ts'
import { type Identities, nameOf } from './identify.ts'
import { baseOf } from './resolve.ts'
import type { Step } from './step.ts'

/** The resource that an entry brings, as it is judged. */
export type Given = { readonly step: Step; readonly given: Resource }

/** `base`: of this server, as the client sees it. */
export function neighbours(
  entries: readonly Given[],
  { keys, found, urls }: Identities,
  base: string,
): (reference: string, from: Resource) => Resource | undefined {
  const byName = new Map<string, () => Resource | undefined>()
  const bases = new Map<Resource, string | undefined>()
  for (const { key, version } of found.values()) byName.set(nameOf(key), () => standing(version?.json))
  for (const { step, given } of entries) {
    bases.set(given, baseOf(step.fullUrl))
    for (const key of keys.get(step.index) ?? []) byName.set(nameOf(key), () => given)
  }
  return (reference, from) => {
    const [url = reference] = reference.split('/_history/')
    const own = bases.get(from)
    const name = urls.get(url) ?? (own === undefined ? undefined : urls.get(own + url)) ?? localName(url, base)
    return name === undefined ? undefined : byName.get(name)?.()
  }
}

function localName(reference: string, base: string): string | undefined {
  const parsed = parseReference(reference, base)
  return parsed.kind === 'local' ? nameOf(parsed) : undefined
}

/** What is there instead of what a conditional create would make, unless it is only seen in part. */
function standing(json: string | undefined): Resource | undefined {
  const resource = json === undefined ? undefined : parseJson(json)
  return isResource(resource) && unmarked(resource) === resource ? resource : undefined
}
