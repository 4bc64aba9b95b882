/**
 * What a store may tell beside each entry of a resource, so that who comes by one of them need not look further: whose it is, and
 * when it was. R4 gives both one name, whatever the type: https://hl7.org/fhir/SearchParameter/clinical-patient, …/clinical-date.
 */
import type { Entries } from './entry.ts'
import type { Node, SortKey } from './node.ts'

const slots = { patient: 'patient', date: 'date' } as const

export type Told = {
  /** `Patient/id`, if the resource names one patient of ours and no other. */
  readonly patient?: string
  /** The end of its latest date. */
  readonly date?: number
}

/** It follows from the entries as they are kept: what is hidden in them is not told either. */
export function toldOf({ terms, ranges }: Entries): Told {
  const patients = terms.filter(({ slot }) => slot === slots.patient)
  const dates = ranges.filter(({ slot }) => slot === slots.date)
  const patient = patients[0]?.text
  const isOne = patient?.startsWith('Patient/') && patients.every(({ text }) => text === patient)
  return {
    ...(isOne && patient !== undefined && { patient }),
    ...(dates.length > 0 && {
      date: dates.reduce((latest, { high }) => Math.max(latest, high), Number.NEGATIVE_INFINITY),
    }),
  }
}

/** What fits tells no date before this one, if it tells any: a range that ends behind it is among its dates. */
export function leastDate(node: Node): number {
  switch (node.is) {
    case 'and':
      return node.of.reduce((least, part) => Math.max(least, leastDate(part)), Number.NEGATIVE_INFINITY)
    case 'or':
      return node.of.reduce((least, part) => Math.min(least, leastDate(part)), Number.POSITIVE_INFINITY)
    case 'range': {
      const bounds = node.slot === slots.date ? node.tests.filter(({ op }) => op.startsWith('>')) : []
      return bounds.reduce((least, { than }) => Math.max(least, than), Number.NEGATIVE_INFINITY)
    }
    default:
      return Number.NEGATIVE_INFINITY
  }
}

/** Whom one refers to by this slot is the patient that its entries tell, where they tell one. */
export function tellsTarget({ slot }: Extract<Node, { readonly is: 'refers' | 'referred' }>): boolean {
  return slot === slots.patient
}

/** The value in this order is the date that its entries tell, where they tell one. */
export function tellsValue(key: SortKey): boolean {
  return key.by === 'range' && key.descending && key.slot === slots.date
}
