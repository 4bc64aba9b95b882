/** What the validator asks of a terminology. https://hl7.org/fhir/R4/terminologies.html#strength */

export type CodeQuestion = {
  /** Canonical, perhaps with `|version`. */
  readonly valueSet: string
  /** Absent for an element that is a bare code: its system follows from the value set. */
  readonly system?: string
  readonly version?: string
  readonly code: string
}

/** `later`: the answer is not in memory. Whoever answers so has noted the question, and the pass is repeated once it is known. */
export type CodeAnswer = 'in' | 'out' | 'unknown value set' | 'unknown system' | 'partly known system' | 'later'

export interface Codes {
  validate(question: CodeQuestion): CodeAnswer
}
