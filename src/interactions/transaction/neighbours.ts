/**
 * What references lead to among the resources of a transaction: entries are judged by each other as they will be, whatever
 * stands in the store by now. https://hl7.org/fhir/R4/bundle.html#references
 */
import { parseJson } from '../../fhir/json.ts'
import { parseReference } from '../../fhir/reference.ts'
import { isResource, type Resource } from '../../fhir/resource.ts'
import { unmarked } from '../../fhir/subset.ts'
import type { Version } from '../../store/port.ts'
import { type Identities, nameOf } from './identify.ts'
import type { Resolved } from './references.ts'
import { baseOf } from './resolve.ts'
import type { Step } from './step.ts'

/** The resource that an entry brings, as it is judged. */
export type Given = { readonly step: Step; readonly given: Resource }

/** `base`: of this server, as the client sees it. */
export function neighbours(
  entries: readonly Given[],
  { keys, found, urls }: Identities,
  base: string,
  { known, standing }: Pick<Resolved, 'known' | 'standing'> = noneResolved,
): (reference: string, from: Resource) => Resource | undefined {
  const byName = new Map<string, () => Resource | undefined>()
  const bases = new Map<Resource, string | undefined>()
  for (const version of standing) byName.set(nameOf(version), parsed(version))
  for (const { key, version } of found.values()) byName.set(nameOf(key), parsed(version))
  for (const { step, given } of entries) {
    bases.set(given, baseOf(step.fullUrl))
    for (const key of keys.get(step.index) ?? []) byName.set(nameOf(key), () => given)
  }
  return (reference, from) => {
    const [url = reference] = reference.split('/_history/')
    const own = bases.get(from)
    const named = urls.get(url) ?? (own === undefined ? undefined : urls.get(own + url))
    const name = named ?? known.get(reference) ?? localName(url, base)
    return name === undefined ? undefined : byName.get(name)?.()
  }
}

function localName(reference: string, base: string): string | undefined {
  const parsed = parseReference(reference, base)
  return parsed.kind === 'local' ? nameOf(parsed) : undefined
}

const noneResolved: Pick<Resolved, 'known' | 'standing'> = { known: new Map(), standing: [] }

/**
 * What is there already: instead of what a conditional create would make, or where a conditional reference leads. Of what is only
 * seen in part nothing is said.
 */
function parsed(version: Version | undefined): () => Resource | undefined {
  let resource: Resource | undefined
  return () => {
    const tree = resource ?? (version?.json === undefined ? undefined : parseJson(version.json))
    resource = isResource(tree) && unmarked(tree) === tree ? tree : undefined
    return resource
  }
}
