/** Codes are codes of their system, and displays what these call them. https://hl7.org/fhir/R4/terminologies.html#code */
import { isObject, type JsonObject } from '../../fhir/resource.ts'
import type { ConceptQuestion } from '../concepts.ts'
import { addAt, type ItemCheck, type Run } from './run.ts'
import { asked, type Scope } from './scope.ts'

/** A quantity names a code of a system too, but no display: its unit is for people. */
const coded = new Set(['Coding', 'Quantity', 'Age', 'Count', 'Distance', 'Duration'])

/** A warning, wherever it stands: another version of the system may have the code, another edition the words. */
export function conceptChecks(type: string, scope: Scope): readonly ItemCheck[] {
  if (!coded.has(type)) return []
  return [
    (value, _twin, _type, run) => {
      const question = isObject(value) ? questionOf(value, run) : undefined
      const fault = question && run.options.concepts?.find(question)
      if (fault === undefined || fault === 'later') return
      const { of, text } = fault
      addAt(run, of, asked(scope, of === 'code' ? 'code-invalid' : 'invalid', text, 'warning'))
    },
  ]
}

function questionOf({ system, version, code, display }: JsonObject, run: Run): ConceptQuestion | undefined {
  if (run.options.lookUp !== true || typeof system !== 'string' || typeof code !== 'string') return undefined
  const { language } = run.resource
  return {
    system,
    code,
    ...(typeof version === 'string' ? { version } : {}),
    ...(typeof display === 'string' ? { display } : {}),
    ...(typeof language === 'string' ? { language } : {}),
  }
}
