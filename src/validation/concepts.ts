/** What the validator asks of a code system, whatever value set a code is in. https://hl7.org/fhir/R4/datatypes.html#Coding */

export type ConceptQuestion = {
  readonly system: string
  readonly version?: string
  readonly code: string
  readonly display?: string
  /** In which the resource says that it is written. */
  readonly language?: string
}

/** What is wrong, and how it should be. */
export type ConceptFault = { readonly of: 'code' | 'display'; readonly text: string }

export interface Concepts {
  /** `undefined`: nothing is wrong, or nobody can tell. `later`: as with value sets. */
  find(question: ConceptQuestion): ConceptFault | undefined | 'later'
}
