/** R4's own value sets, as far as they are listed or a grammar tells. https://hl7.org/fhir/R4/terminologies.html#binding */
import type { Codes as Listed, ValueSets } from '../conformance/value-sets.ts'
import type { CodeAnswer, CodeQuestion, Codes } from './codes.ts'
import { grammars } from './grammars.ts'

export function coreCodes(valueSets: ValueSets): Codes {
  /** Those that were asked for, by canonical. */
  const known = new Map<string, Listed>()
  return {
    validate(question) {
      const { valueSet } = question
      const codes = known.get(valueSet) ?? valueSets.codesOf(valueSet)
      if (codes === undefined) return 'unknown value set'
      known.set(valueSet, codes)
      return answerOf(codes, question)
    },
  }
}

function answerOf(codes: Listed, { system, code }: CodeQuestion): CodeAnswer {
  const isListed = codes.has(system, code)
  if (isListed !== undefined) return isListed ? 'in' : 'out'
  const systems = system === undefined ? codes.systems : [system]
  const made = systems.flatMap(each => grammars.get(each) ?? [])
  if (made.some(isCode => isCode(code))) return 'in'
  return made.length === systems.length ? 'out' : 'unknown system'
}
