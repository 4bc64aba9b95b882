/** Whether a code is one of its system, and its display one that it has. https://hl7.org/fhir/R4/terminologies.html#code */
import type { CodeSystem } from '../../terminology/code-system.ts'
import type { Concept } from '../../terminology/concept-set.ts'
import { speaks } from '../../terminology/speaks.ts'
import { checkDisplay, sameText } from '../../terminology/value-set/check-display.ts'
import { isPartial } from '../../terminology/value-set/clause.ts'
import { unknownCode } from '../../terminology/value-set/coding-issues.ts'
import { formerTerms, wordsFor } from '../../terminology/value-set/language.ts'
import { isDefined, type Terminology } from '../../terminology/value-set/terminology.ts'
import type { ConceptFault, ConceptQuestion } from '../../validation/concepts.ts'

/** Nothing is said of systems and versions that nobody knows, nor of codes that a fragment lacks. */
export type FindFault = (question: ConceptQuestion) => ConceptFault | undefined

export function concepts(terminology: Terminology): FindFault {
  return question => {
    const system = terminology.codeSystem(question.system, question.version)
    if (system === undefined || !isDefined(system)) return undefined
    const concept = system.find(question.code)
    return concept === undefined ? unlisted(question.code, system) : wrongDisplay(question, system, concept)
  }
}

function unlisted(code: string, system: CodeSystem): ConceptFault | undefined {
  if (isPartial(system) || isExpression(code, system)) return undefined
  const answer = system.grammar?.check(code)
  if (answer?.valid === true) return undefined
  return { of: 'code', text: unknownCode(code, system, '', answer?.why).diagnostics }
}

/** Put together of codes, in a syntax that nobody here reads. */
function isExpression(code: string, { facts, grammar }: CodeSystem): boolean {
  return facts.compositional && grammar === undefined && /\W/.test(code)
}

/** A grammar only proposes displays: units have no official name. In a language that the system does not speak nobody can tell. */
function wrongDisplay(
  { system: url, code, display, language }: ConceptQuestion,
  system: CodeSystem,
  concept: Concept,
): ConceptFault | undefined {
  if (display === undefined || system.grammar !== undefined) return undefined
  if (sameText(system.display(concept) ?? display, display)) return undefined
  const words = wordsFor(system, concept)
  const isSpoken = words.some(word => word.language === undefined || speaks(word.language, language ?? word.language))
  if (!isSpoken) return undefined
  const former = () => formerTerms(system, concept)
  const name = `${url}#${code}`
  const found = checkDisplay({ display, name, code, words, former, languages: [], lenient: true, at: '' })
  return found && { of: 'display', text: found.diagnostics }
}
