/** What is to be told beside errors. R4 leaves it to the server; https://hl7.org/fhir/R4/best-practices.html names the choices. */
import type * as conformance from '../../conformance/artifact.ts'
import { error, type Issue } from '../../fhir/issue.ts'
import type { Wish } from '../../interactions/validation/validation.ts'
import type { Input } from '../kernel/input.ts'

export const bestPractices = ['off', 'hint', 'warning', 'error'] as const

export type Telling = Pick<Wish, 'bestPractice' | 'mustSupport' | 'preferred'>

/** How broken best practices (dom-6: "a resource should have narrative") are told of; must-support elements that are not there; codes other than the preferred ones. */
export const tellingParameters: readonly conformance.OperationParameter[] = [
  { name: 'bestPractice', use: 'in', min: 0, max: '1', type: 'code' },
  { name: 'mustSupport', use: 'in', min: 0, max: '1', type: 'boolean' },
  { name: 'preferred', use: 'in', min: 0, max: '1', type: 'boolean' },
]

export function tellingOf(input: Input): { readonly telling: Telling; readonly misuse: readonly Issue[] } {
  const asked = input.text('bestPractice') ?? 'off'
  const bestPractice = bestPractices.find(choice => choice === asked)
  const flags = { mustSupport: input.flag('mustSupport') ?? false, preferred: input.flag('preferred') ?? false }
  if (bestPractice !== undefined) return { telling: { bestPractice, ...flags }, misuse: [] }
  const text = `the parameter 'bestPractice' is '${asked}': expected one of ${bestPractices.join(', ')}`
  return { telling: flags, misuse: [error('value', text)] }
}
