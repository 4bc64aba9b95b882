/** The resources of ours that a resource refers to. https://hl7.org/fhir/R4/references.html#literal */
import { parseReference, references } from '../fhir/reference.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Context } from './interaction.ts'

/** `Type/id` each, without doubles; absolute references to our base are ours too. */
export function localReferences({ shapes }: Context, base: string, resource: Resource): readonly string[] {
  const found = new Set<string>()
  for (const { reference } of references(resource, shapes)) {
    const it = parseReference(reference, base)
    if (it?.kind === 'local') found.add(`${it.type}/${it.id}`)
  }
  return [...found]
}
