/** Whose a resource is: that of the one patient in whose compartment it is. https://hl7.org/fhir/R4/compartmentdefinition-patient.html */
import type { Definitions } from '../../conformance/definitions.ts'
import type { Entries } from '../../search/entry.ts'

/** The patient's id; `undefined`: nobody's, or that of several. */
export type OwnerOf = (resource: {
  readonly type: string
  readonly id: string
  readonly entries: Entries
}) => string | undefined

const start = 'Patient/'

export function ownerIn({ compartments }: Pick<Definitions, 'compartments'>): OwnerOf {
  const links = compartments.find(({ code }) => code === 'Patient')?.resources ?? {}
  const slots = new Map(Object.entries(links).map(([type, codes]) => [type, new Set(codes)]))
  return ({ type, id, entries }) => {
    if (type === 'Patient') return id
    const own = slots.get(type)
    if (own === undefined) return undefined
    const ids = new Set(
      entries.terms
        .filter(({ slot, text }) => own.has(slot) && text.startsWith(start))
        .map(({ text }) => text.slice(start.length)),
    )
    const [only] = ids
    return ids.size === 1 ? only : undefined
  }
}
