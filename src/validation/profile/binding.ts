/** Codes and the value set that they are bound to. https://hl7.org/fhir/R4/terminologies.html#strength */
import type { Binding } from '../../conformance/structure-definition.ts'
import type { Severity } from '../../fhir/issue.ts'
import { isObject, type Json, type JsonObject } from '../../fhir/resource.ts'
import type { CodeAnswer } from '../codes.ts'
import { add, quote } from '../findings.ts'
import type { Part } from './part.ts'
import type { ItemCheck, Run } from './run.ts'
import { type Against, asked, type Scope } from './scope.ts'

/** `maximum`: what codes may be taken from where the binding is looser. */
type Strength = Exclude<Binding['strength'], 'example'> | 'maximum'

type Bound = { readonly strength: Strength; readonly valueSet: string; readonly scope: Scope }

/** Of a code outside of the value set: plain text may stand for it unless the binding is required. */
const ifOut: Readonly<Record<Strength, Severity>> = {
  required: 'error',
  maximum: 'error',
  extensible: 'warning',
  preferred: 'information',
}

const ifUnknown: Readonly<Record<Strength, Severity>> = {
  required: 'warning',
  maximum: 'warning',
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
  const { strength = 'example', valueSet, maxValueSet } = definition.binding ?? {}
  const checks: ItemCheck[] = []
  const isGiven = (isSame: (binding: Binding) => boolean): boolean =>
    against.some(({ definition: { binding } }) => binding !== undefined && isSame(binding))
  const isSame = (given: Binding) => given.strength === strength && given.valueSet === valueSet
  if (strength !== 'example' && valueSet !== undefined && !isGiven(isSame)) {
    checks.push(bindingCheck({ strength, valueSet, scope }))
  }
  const hasMost = maxValueSet !== undefined && strength !== 'required'
  if (hasMost && !isGiven(given => given.maxValueSet === maxValueSet)) {
    checks.push(bindingCheck({ strength: 'maximum', valueSet: maxValueSet, scope }))
  }
  return checks
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
  return type === 'CodeableConcept' ? listed(value) : [value]
}

function listed({ coding }: JsonObject): readonly JsonObject[] {
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
  'partly known system': 'only a part of the code system is known here',
}

function answerTo({ system, version, code }: JsonObject, valueSet: string, run: Run): CodeAnswer | undefined {
  if (typeof code !== 'string') return undefined
  const { codes } = run.options
  if (typeof system !== 'string') return codes.validate({ valueSet, code })
  return codes.validate(typeof version === 'string' ? { valueSet, system, version, code } : { valueSet, system, code })
}

/** For `memberOf()`: `undefined` if it cannot be told. */
export function isMember(coded: Json, valueSet: string, run: Run): boolean | undefined {
  const alone = isObject(coded) ? coded : { code: coded }
  const answers = (alone['coding'] === undefined ? [alone] : listed(alone)).map(coding =>
    answerTo(coding, valueSet, run),
  )
  if (answers.includes('in')) return true
  return answers.every(answer => answer === 'out' || answer === undefined) ? false : undefined
}

/** `'M' of http://…, 'X' without system` */
function name(codings: readonly JsonObject[]): string {
  const coded = codings.filter(({ code }) => typeof code === 'string')
  return coded
    .map(({ system, code }) => `${quote(String(code))}${typeof system === 'string' ? ` of ${system}` : ''}`)
    .join(', ')
}
