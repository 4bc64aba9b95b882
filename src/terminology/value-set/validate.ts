/** $validate-code: is it in the value set, and is it right? https://hl7.org/fhir/R4/valueset-operation-validate-code.html */
import { isError } from '../../fhir/issue.ts'
import type { Json, JsonObject, Resource } from '../../fhir/resource.ts'
import { type Checked, checkCoding } from './check-coding.ts'
import { notIn, ofOtherSystem } from './coding-issues.ts'
import type { Members } from './membership.ts'
import { hasCode } from './selection.ts'
import { refusal, type TxIssue, type TxIssueType, txIssue, txOutcome } from './tx-issue.ts'
import { type Coding, placeOf, type Subject, type ValidateRequest } from './validate-request.ts'
import { meets } from './version-pattern.ts'

export type Validation = {
  readonly result: boolean
  /** The coding that decides: the one that is a member, else the first. */
  readonly checked: Checked | undefined
  readonly issues: readonly TxIssue[]
  readonly subject: Subject
}

export function validate(request: ValidateRequest): Validation {
  const { subject, members } = request
  const fatal = members?.faults.filter(isFatal) ?? []
  const meaningless = fatal.filter(isRefused)
  if (meaningless.length > 0) throw refusal(meaningless)
  const codings = subject.as === 'codeableConcept' ? subject.codings : [subject.coding]
  const all = codings.map((coding, index) => inferred(coding, index, request))
  const checked = all.find(each => each.isMember) ?? all[0]
  // They may be why it is none.
  const strange = checked?.isMember === true ? [] : (members?.warnings ?? [])
  const issues = fatal.length > 0 ? fatal : inOrder([...issuesOf(all, request), ...strange])
  return { result: checked?.isMember === true && !issues.some(isError), checked, issues, subject }
}

/** Whether a code is a member, as fast as can be: for searches and bindings. */
export function isMember(members: Members, { system = '', version, code = '' }: Coding): boolean {
  const selections = members.selections.get(system)
  if (selections === undefined) return false
  return selections.some(selection => {
    const fits = version === undefined || (selection.version !== undefined && meets(selection.version, version))
    return fits && hasCode(selection, code)
  })
}

/** What cannot be answered at all: the definition is malformed, or wants a supplement that nobody has. */
function isRefused({ id, type }: TxIssue): boolean {
  return type === 'vs-invalid' || id === 'VALUESET_SUPPLEMENT_MISSING'
}

/** Systems that are not known concern their own codes alone; all else leaves open what the value set is. */
export function isFatal({ id, type }: TxIssue): boolean {
  return !id.startsWith('UNKNOWN_CODESYSTEM') && type !== 'version-error'
}

function inferred(coding: Coding, index: number, request: ValidateRequest): Checked {
  const { members, inferSystem, subject } = request
  const { code } = coding
  const mayInfer = inferSystem === true && subject.as === 'code' // "only … with the code parameter"
  const hasSystem = coding.system !== undefined && coding.system !== ''
  if (hasSystem || !mayInfer || members === undefined || code === undefined) {
    return checkCoding(coding, index, request)
  }
  const systems = [...members.selections].filter(([, all]) => all.some(each => hasCode(each, code))).map(([url]) => url)
  const [system, ...others] = systems
  if (system !== undefined && others.length === 0) return checkCoding({ ...coding, system }, index, request)
  const at = placeOf(subject.as, index)
  const several = others.length === 0 ? '' : `: value set expansion has multiple matches: ${systems.join()}`
  const text = `The System URI could not be determined for the code '${code}' in the ValueSet '${members.definition.canonical}'${several}`
  const id =
    others.length === 0 ? 'UNABLE_TO_INFER_CODESYSTEM' : 'Unable_to_resolve_system__value_set_has_multiple_matches'
  const unclear = txIssue({ code: 'not-found', type: 'cannot-infer', id, text, at: at.code })
  return { coding, isMember: false, issues: [notIn(coding, members, at), unclear], code }
}

/** One good coding makes a concept valid, so what the others are not is only worth a note. */
function issuesOf(all: readonly Checked[], { subject, members }: ValidateRequest): readonly TxIssue[] {
  if (subject.as !== 'codeableConcept') return all[0]?.issues ?? []
  const isValid = all.some(each => each.isMember)
  const issues = all.flatMap(each => each.issues.map(issue => softened(issue, isValid && !each.isMember)))
  if (isValid || all.some(isOpen)) return issues
  if (members !== undefined) return [noneIn(members), ...issues]
  return all.length === 0 ? [noCoding()] : issues
}

/** What the value set takes from a code system that nobody knows here, it may well have. */
function isOpen({ unknown, issues }: Checked): boolean {
  return unknown?.causedBy === true && !issues.some(({ type }) => type === 'not-in-vs')
}

/** `isSpare`: another coding makes the concept valid. */
function softened(issue: TxIssue, isSpare: boolean): TxIssue {
  if (issue.type === 'not-in-vs') {
    const { code, id, diagnostics: text, expression } = issue
    const at = expression === undefined ? {} : { at: expression }
    return txIssue({ severity: 'information', code, type: 'this-code-not-in-vs', id, text, ...at })
  }
  if (isSpare && issue.id === ofOtherSystem) return { ...issue, severity: 'information' }
  if (!isSpare || issue.type !== 'not-found' || issue.severity !== 'error') return issue
  return { ...issue, severity: 'warning', id: issue.id === 'UNKNOWN_CODESYSTEM' ? notChecked : issue.id }
}

const notChecked = 'UNKNOWN_CODESYSTEM_CODING_NOT_CHECKED'

function noneIn({ definition }: Members): TxIssue {
  return txIssue({
    code: 'code-invalid',
    type: 'not-in-vs',
    id: 'TX_GENERAL_CC_ERROR_MESSAGE',
    text: `No valid coding was found for the value set '${definition.canonical}'`,
  })
}

function noCoding(): TxIssue {
  return txIssue({
    code: 'invalid',
    type: 'invalid-data',
    id: 'CODEABLECONCEPT_HAS_NO_CODING',
    text: 'The CodeableConcept has no coding, so there is nothing to validate',
    at: 'CodeableConcept',
  })
}

const severities = ['fatal', 'error', 'warning', 'information'] as const

/** The worst first. */
function inOrder(issues: readonly TxIssue[]): readonly TxIssue[] {
  if (issues.length < 2) return issues
  return [...issues].sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity))
}

export function validationParameters({ result, checked, issues, subject }: Validation): Resource {
  const isConcept = subject.as === 'codeableConcept'
  const { inactive, status, normalized, unknown, coding, code, version, display } = checked ?? nothing
  const parameter: JsonObject[] = [{ name: 'result', valueBoolean: result }]
  const add = <V extends Json>(
    name: string,
    as: (name: string, value: V) => JsonObject,
    value: V | undefined,
  ): void => {
    if (value !== undefined) parameter.push(as(name, value))
  }
  const tells = !isConcept || checked?.isMember === true
  if (tells) add('code', valueCode, code)
  if (isConcept) add('codeableConcept', valueCodeableConcept, subject.concept)
  if (tells && code !== undefined) add('system', valueUri, coding?.system)
  if (tells) add('version', valueString, version)
  if (tells) add('display', valueString, display)
  add('normalized-code', valueCode, normalized)
  add('inactive', valueBoolean, inactive)
  add('status', valueCode, status)
  add('message', valueString, messageOf(issues))
  const cause = unknown?.causedBy === true ? 'caused-by-' : ''
  add(`x-${cause}unknown-system`, valueCanonical, unknown?.canonical)
  if (issues.length > 0) parameter.push({ name: 'issues', resource: txOutcome(issues) })
  return { resourceType: 'Parameters', parameter }
}

/** Each a literal of its own: objects whose names are computed take longer to make and to print, and every answer has several. */
const valueBoolean = (name: string, valueBoolean: boolean) => ({ name, valueBoolean })
const valueCanonical = (name: string, valueCanonical: string) => ({ name, valueCanonical })
const valueCode = (name: string, valueCode: string) => ({ name, valueCode })
const valueCodeableConcept = (name: string, valueCodeableConcept: JsonObject) => ({ name, valueCodeableConcept })
const valueString = (name: string, valueString: string) => ({ name, valueString })
const valueUri = (name: string, valueUri: string) => ({ name, valueUri })

const nothing: Partial<Checked> = {}
const cautions = new Set(['INACTIVE_CONCEPT_FOUND', 'DEPRECATED_CONCEPT_FOUND', notChecked])
const told: ReadonlySet<TxIssueType> = new Set(['invalid-display', 'invalid-data'])

/** All that speaks against it, what is to be said of its display or lacks, and that its use should be reviewed. */
export function messageOf(issues: readonly TxIssue[]): string | undefined {
  if (issues.length === 0) return undefined
  const telling = issues.filter(issue => isError(issue) || told.has(issue.type) || cautions.has(issue.id))
  const texts = [...new Set(telling.map(issue => issue.diagnostics))].sort()
  return texts.length === 0 ? undefined : texts.join('; ')
}
