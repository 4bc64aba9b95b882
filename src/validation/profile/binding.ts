/** Codes and the value set that they are bound to. https://hl7.org/fhir/R4/terminologies.html#strength */
import type { Binding } from '../../conformance/structure-definition.ts'
import type { Severity } from '../../fhir/issue.ts'
import { isObject, type JsonObject } from '../../fhir/resource.ts'
import type { CodeAnswer } from '../codes.ts'
import { add, quote } from '../findings.ts'
import type { Part } from './part.ts'
import type { ItemCheck, Run } from './run.ts'
import { type Against, asked, type Scope } from './scope.ts'

type Strength = Exclude<Binding['strength'], 'example'>

type Bound = { readonly strength: Strength; readonly valueSet: string; readonly scope: Scope }

/** Of a code outside of the value set: plain text may stand for it unless the binding is required. */
const ifOut: Readonly<Record<Strength, Severity>> = {
  required: 'error',
  extensible: 'warning',
  preferred: 'information',
}

const ifUnknown: Readonly<Record<Strength, Severity>> = {
  required: 'warning',
  extensible: 'information',
  preferred: 'information',
}

/** https://hl7.org/fhir/R4/terminologies.html#4.1: of a choice, only these of its types are bound. */
const bindable = new Set([
  'code',
  'string',
  'uri',
  'Coding',
  'CodeableConcept',
  'Quantity',
  'Age',
  'Count',
  'Distance',
  'Duration',
])

export function bindingChecks({ definition }: Part, against: Against, scope: Scope): readonly ItemCheck[] {
  const { strength = 'example', valueSet } = definition.binding ?? {}
  if (strength === 'example' || valueSet === undefined) return []
  const isSame = ({ definition: { binding } }: Part) => binding?.strength === strength && binding.valueSet === valueSet
  return against.some(isSame) ? [] : [bindingCheck({ strength, valueSet, scope })]
}

function bindingCheck(bound: Bound): ItemCheck {
  const { strength, valueSet } = bound
  return (value, _twin, type, run) => {
    if (value === undefined || !bindable.has(type)) return
    if (strength === 'preferred' && run.options.preferred !== true) return
    if (typeof value === 'string') {
      const answer = run.options.codes.validate({ valueSet, code: value })
      if (answer !== 'in') tell(answer, [{ code: value }], bound, run)
    } else if (isObject(value)) {
      judge(codingsOf(value, type), bound, run)
    }
  }
}

function codingsOf(value: JsonObject, type: string): readonly JsonObject[] {
  if (type !== 'CodeableConcept') return [value]
  const { coding } = value
  return Array.isArray(coding) ? coding.filter(isObject) : []
}

/** One of the codings has to be in the value set. */
function judge(codings: readonly JsonObject[], bound: Bound, run: Run): void {
  let worst: CodeAnswer | undefined
  for (const coding of codings) {
    const answer = answerTo(coding, bound.valueSet, run)
    if (answer === 'in') return
    if (answer !== undefined && (worst === undefined || worst === 'out' || answer === 'later')) worst = answer
  }
  tell(worst, codings, bound, run)
}

/** Of codings that are not in the value set, or not known to be; `undefined`: none has a code. */
function tell(answer: CodeAnswer | undefined, codings: readonly JsonObject[], bound: Bound, run: Run): void {
  const { strength, valueSet, scope } = bound
  if (answer === 'out') {
    const text = `${name(codings)} is not in the value set ${valueSet}: expected one of its codes (${strength})`
    add(run.found, asked(scope, 'code-invalid', text, ifOut[strength]))
  } else if (answer === undefined) {
    const text = `found no code, expected one of the value set ${valueSet} (required)`
    if (strength === 'required') add(run.found, asked(scope, 'code-invalid', text))
  } else if (answer !== 'later') {
    const text = `cannot tell whether ${name(codings)} is in the value set ${valueSet} (${strength}): ${reasons[answer]}`
    add(run.found, asked(scope, 'not-found', text, ifUnknown[strength]))
  }
}

const reasons: Readonly<Record<string, string>> = {
  'unknown value set': 'the value set is not known here',
  'unknown system': 'the code system is not known here',
}

function answerTo({ system, version, code }: JsonObject, valueSet: string, run: Run): CodeAnswer | undefined {
  if (typeof code !== 'string') return undefined
  return run.options.codes.validate({
    valueSet,
    code,
    ...(typeof system === 'string' ? { system } : {}),
    ...(typeof version === 'string' ? { version } : {}),
  })
}

/** `'M' of http://…, 'X' without system` */
function name(codings: readonly JsonObject[]): string {
  const coded = codings.filter(({ code }) => typeof code === 'string')
  return coded
    .map(({ system, code }) => `${quote(String(code))}${typeof system === 'string' ? ` of ${system}` : ''}`)
    .join(', ')
}
