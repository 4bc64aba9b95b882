/** What belongs to one patient, encounter, practitioner … https://hl7.org/fhir/R4/compartmentdefinition.html */
import type { Definitions } from '../conformance/definitions.ts'
import { fail } from '../fhir/issue.ts'
import { type Node, none, or } from './node.ts'

export type Compartment = {
  /** The types that may be in it: what `Patient/1/*` searches. */
  readonly types: readonly string[]
  /** `none` for a type that never is. */
  readonly where: (type: string) => Node
}

/** Throws a 404 for a type that has no compartments. Of several ids: what belongs to any of them. */
export function compartment(
  { compartments }: Pick<Definitions, 'compartments'>,
  type: string,
  id: string | readonly string[],
): Compartment {
  const definition = compartments.find(({ code }) => code === type)
  if (definition === undefined) {
    const known = compartments.map(({ code }) => code).join(', ')
    throw fail('not-found', `there are no compartments of ${type}: expected one of ${known}`)
  }
  const { resources } = definition
  const ids = typeof id === 'string' ? [id] : id
  const texts = ids.map(id => `${type}/${id}`)
  return {
    types: [...new Set([type, ...Object.keys(resources)])].sort(),
    where(of) {
      const links = (resources[of] ?? []).filter(code => code !== self)
      const linked = links.map((slot): Node => ({ is: 'term', slot, texts }))
      // R4's definitions say so of Encounter, Practitioner and RelatedPerson; of Patient and Device it is no less true.
      const own: Node = of === type ? { is: 'id', ids } : none
      return or([own, ...linked])
    },
  }
}

/** In place of a parameter: the resource is the compartment. */
const self = '{def}'
