/**
 * What a Binary belongs to: "the server … treats this Binary as if it was the other resource" when it decides who may see it. No
 * search parameter asks for it. https://hl7.org/fhir/R4/binary-definitions.html#Binary.securityContext
 */
import { parseReference } from '../fhir/reference.ts'
import { isObject, type Resource } from '../fhir/resource.ts'
import type { Entries } from './entry.ts'
import { type Node, none, not, or } from './node.ts'

/** No code of a parameter is like this. */
const slot = '#context'

export function withSecurityContext(entries: Entries, resource: Resource, base: string): Entries {
  const { resourceType, securityContext } = resource
  const reference = isObject(securityContext) ? securityContext['reference'] : undefined
  if (resourceType !== 'Binary' || securityContext === undefined) return entries
  const found = typeof reference === 'string' ? parseReference(reference, base) : undefined
  // What is not here is seen by nobody, so its Binary is not seen either.
  const text = found?.kind === 'local' ? `${found.type}/${found.id}` : ''
  return { ...entries, terms: [...entries.terms, { slot, text, element: 0 }] }
}

export const hasSecurityContext: Node = { is: 'present', slots: [slot] }

/** Those that belong to nothing, or to something that is seen. */
export function inSeenContext(types: readonly string[], seen: (type: string) => Node): Node {
  const contexts = types
    .filter(type => type !== 'Binary')
    .map((type): Node => {
      const where = seen(type)
      return where.is === 'none' ? none : { is: 'refers', slot, type, where }
    })
  return or([not(hasSecurityContext), ...contexts])
}
