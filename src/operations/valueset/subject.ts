/** What is to be validated: a code and its system, a Coding, or a CodeableConcept. https://hl7.org/fhir/R4/valueset-operation-validate-code.html */
import { fail } from '../../fhir/issue.ts'
import type { Subject } from '../../terminology/value-set/validate-request.ts'
import type { Input } from '../kernel/input.ts'
import { codingOf, codingsOf, incomplete, onlyOne } from '../terminology/subject.ts'

/** Codings of one CodeableConcept: each may be searched for in a whole value set. */
const mostCodings = 1_000

/** `mayInfer`: the value set tells which system a code is of. */
export function subjectOf(input: Input, mayInfer: boolean): Subject {
  const as = onlyOne(input, ['code', 'coding', 'codeableConcept'])
  if (as === 'coding') return { as, coding: codingOf(input.object('coding') ?? {}) }
  if (as === 'codeableConcept') {
    const concept = input.object('codeableConcept') ?? {}
    const codings = codingsOf(concept)
    if (codings.length > mostCodings) throw tooMany(codings.length)
    return { as, concept, codings }
  }
  const parts = { code: 'code', system: 'system', version: 'systemVersion', display: 'display' }
  const said = Object.entries(parts).map(([part, name]) => [part, input.text(name)])
  const coding = codingOf(Object.fromEntries(said))
  if (coding.system !== undefined || mayInfer) return { as, coding }
  throw incomplete(`the code '${coding.code}' has no system: expected the parameter 'system' or inferSystem=true`)
}

function tooMany(count: number): Error {
  const text = `the codeableConcept has ${count} codings: expected at most ${mostCodings}`
  return fail('too-costly', text, 'codeableConcept', { status: 422 })
}
