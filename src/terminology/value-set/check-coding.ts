/** One coding against its code system and the value set. https://hl7.org/fhir/R4/valueset-operation-validate-code.html */
import { printCanonical } from '../canonical.ts'
import type { CodeSystem } from '../code-system.ts'
import type { Concept } from '../concept-set.ts'
import { textOf } from '../element.ts'
import { checkDisplay } from './check-display.ts'
import { checkConcept, checkDefinitions, checkMention, notable, statusOf } from './check-status.ts'
import { isPartial } from './clause.ts'
import { displayFor, displayIn, type Former, formerTerms, type Words, wordsFor } from './language.ts'
import { located, type Unknown } from './locate.ts'
import type { Members } from './membership.ts'
import { misspelt } from './misspelt.ts'
import { hasCode, isDoubtful, type Selection } from './selection.ts'
import type { Terminology } from './terminology.ts'
import { type TxIssue, txIssue } from './tx-issue.ts'
import { type Coding, type Place, placeOf, printCoding, type ValidateRequest } from './validate-request.ts'
import { unknownSystem } from './version-rules.ts'

export type Checked = {
  readonly coding: Coding
  readonly isMember: boolean
  readonly issues: readonly TxIssue[]
  readonly code?: string | undefined
  readonly version?: string | undefined
  readonly display?: string | undefined
  /** The code in the case in which its system has it, where it came in another. */
  readonly normalized?: string | undefined
  readonly inactive?: boolean | undefined
  readonly status?: string | undefined
  readonly unknown?: Unknown | undefined
}

export function checkCoding(coding: Coding, index: number, request: ValidateRequest): Checked {
  const at = placeOf(request.subject.as, index)
  const { system: url, code } = coding
  const hasSystem = url !== undefined && url !== ''
  if (code === undefined || code === '') return codeless(coding, hasSystem, at)
  if (!hasSystem) return { coding, isMember: false, issues: [...notAmong(coding, request, at), noSystem(at)], code }
  if (request.ofSystem !== undefined && url !== request.ofSystem) return foreign(coding, request.ofSystem, at)
  const { system, selection, issues, unknown } = located({ ...coding, system: url }, at, request)
  if (system !== undefined) return inSystem({ coding, code, url, system, selection, unknown, at, request }, issues)
  const situation = { coding, code, url, selection, unknown, at, request }
  if (asksForMembershipAlone(request)) return unlocated(situation, [])
  const wrong = systemIssues(url, at.system, request.terminology)
  if (!wrong.some(({ id }) => id !== relative)) return unlocated(situation, [...wrong, ...issues])
  return unlocated({ ...situation, unknown: undefined }, wrong) // it is known, as something else
}

/** Whether the code system knows the code, or anybody the code system, is then another question. */
function asksForMembershipAlone({ members, membershipOnly }: ValidateRequest): boolean {
  return members !== undefined && membershipOnly === true
}

/** One finding: what has neither is one mistake, not two. */
function codeless(coding: Coding, hasSystem: boolean, at: Place): Checked {
  const noCode = incomplete(
    'Coding_has_no_code__cannot_validate',
    'Coding has no code, so there is nothing to validate',
    at,
  )
  const neither = incomplete(
    'Coding_has_no_system_or_code__cannot_validate',
    'Coding has neither a system nor a code, so it cannot be validated. A system and a code should be provided',
    at,
  )
  return { coding, isMember: false, issues: [hasSystem ? noCode : neither] }
}

function noSystem(at: Place): TxIssue {
  const text =
    'Coding has no system. A code with no system has no defined meaning, and it cannot be validated. A system should be provided'
  return incomplete('Coding_has_no_system__cannot_validate', text, at)
}

/** Only who asks can tell whether such data is acceptable where it stands, so it is no error; it is not valid either. */
function incomplete(id: string, text: string, at: Place): TxIssue {
  return txIssue({ severity: 'warning', code: 'invalid', type: 'invalid-data', id, text, at: at.itself })
}

function notAmong(coding: Coding, { members }: ValidateRequest, at: Place): readonly TxIssue[] {
  return members === undefined ? [] : [notIn(coding, members, at)]
}

export const ofOtherSystem = 'CODING_OF_OTHER_SYSTEM'

function foreign(coding: Coding, expected: string, at: Place): Checked {
  const text = `The provided code '${printCoding(coding)}' is not of the CodeSystem '${expected}'`
  const found = txIssue({ code: 'code-invalid', type: 'invalid-code', id: ofOtherSystem, text, at: at.system })
  return { coding, isMember: false, issues: [found], ...(coding.code === undefined ? {} : { code: coding.code }) }
}

const relative = 'Terminology_TX_System_Relative'

/** What is wrong with the URL of a code system that is not known. */
export function systemIssues(url: string, at: string, terminology: Terminology): readonly TxIssue[] {
  const found = (id: string, text: string): readonly TxIssue[] => [
    txIssue({ code: 'invalid', type: 'invalid-data', id, text, at }),
  ]
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:/.test(url)) {
    return found(relative, 'Coding.system must be an absolute reference, not a local reference')
  }
  if (terminology.codeSystem(url) === undefined && terminology.valueSet(url) !== undefined) {
    return found('Terminology_TX_System_ValueSet2', `The Coding references a value set, not a code system ('${url}')`)
  }
  const supplement = terminology.codeSystem(url) === undefined ? terminology.supplement(url) : undefined
  if (supplement !== undefined) {
    const named = printCanonical(url, textOf(supplement, 'version'))
    const text = `CodeSystem ${named} is a supplement, so can't be used as a value in Coding.system`
    return found('CODESYSTEM_CS_NO_SUPPLEMENT', text)
  }
  return []
}

/** Codes that the value set names one by one are members even without a definition. */
function unlocated(situation: Omit<Situation, 'system'>, issues: readonly TxIssue[]): Checked {
  const { coding, code, url, selection, unknown, at, request } = situation
  const { members, languages, terminology } = request
  if (members !== undefined && selection?.unlisted.has(code) === true) {
    const display = displayFor(wordsFor(undefined, undefined, members.mentions.get(url)?.get(code)), languages)
    const lacking = unknownSystem(terminology, url, coding.version, 'code cannot be validated', at.system)
    const note = { ...lacking, severity: 'warning' } as const
    return { coding, isMember: true, issues: [...issues, note], code, ...(display === undefined ? {} : { display }) }
  }
  const causedBy = members?.unknown.some(each => each.url === url) ?? false
  const found = members === undefined || causedBy ? issues : [notIn(coding, members, at), ...issues]
  return {
    coding,
    isMember: false,
    issues: found,
    code,
    ...(unknown === undefined ? {} : { unknown }),
    ...(members === undefined ? { version: coding.version } : {}),
  }
}

type Situation = {
  readonly coding: Coding
  readonly code: string
  readonly url: string
  readonly system: CodeSystem
  readonly selection: Selection | undefined
  readonly unknown: Unknown | undefined
  readonly at: Place
  readonly request: ValidateRequest
}

function inSystem(situation: Situation, before: readonly TxIssue[]): Checked {
  const { coding, code, system, selection, unknown, at, request } = situation
  const concept = system.find(code)
  const isMember = belongs(situation, concept)
  const issues = [...before]
  if (request.members !== undefined && !isMember) issues.push(notIn(coding, request.members, at))
  if (selection !== undefined && isMember && isDoubtful(selection, code)) issues.push(inDoubt(situation))
  const found = concept === undefined ? notListed(situation, issues) : listed(situation, concept, issues)
  return { coding, isMember, code, version: system.facts.version, unknown, ...found }
}

function belongs({ code, system, selection, request }: Situation, concept: Concept | undefined): boolean {
  if (request.activeOnly === true && concept !== undefined && system.inactive(concept)) return false
  if (request.abstract === false && concept !== undefined && system.abstract(concept)) return false
  if (request.members !== undefined) {
    return selection !== undefined && (hasCode(selection, code) || isDoubtful(selection, code))
  }
  return concept !== undefined || isPartial(system) || system.grammar?.check(code).valid === true
}

function inDoubt({ code, url, system, at, request }: Situation): TxIssue {
  const set = request.members?.definition.canonical
  const text = `Whether the code '${code}' is in the value set '${set}' cannot be told: the CodeSystem '${printCanonical(url, system.facts.version)}' is labeled as a fragment, and may lack what would put it there`
  return txIssue({
    severity: 'warning',
    code: 'business-rule',
    type: 'code-comment',
    id: 'UNKNOWN_MEMBERSHIP_IN_FRAGMENT',
    text,
    at: at.code,
  })
}

type Findings = Omit<Checked, 'coding' | 'isMember' | 'code' | 'version' | 'unknown'>

function notListed(situation: Situation, issues: TxIssue[]): Findings {
  const { code, system, at, request } = situation
  const answer = system.grammar?.check(code)
  if (answer?.valid !== true) {
    if (!asksForMembershipAlone(request)) issues.push(unknownCode(code, system, at.code, answer?.why))
    return { issues }
  }
  const { display, normal = code } = answer
  if (request.membershipOnly !== true) {
    if (normal !== code) issues.push(differsInCase(situation, normal))
    issues.push(...checkDefinitions(system, request.members))
  }
  return { ...(display === undefined ? {} : { display }), ...(normal === code ? {} : { normalized: normal }), issues }
}

function listed(situation: Situation, concept: Concept, issues: TxIssue[]): Findings {
  const { code, url, system, request } = situation
  const right = system.code(concept)
  const status = statusOf(system, concept)
  issues.push(...conceptIssues(situation, concept, status))
  const mention = request.members?.mentions.get(url)?.get(right)
  const display = displayIn(system, concept, request.languages, mention)
  if (situation.coding.display !== undefined)
    judgeDisplay(situation, concept, wordsFor(system, concept, mention), issues)
  return {
    display,
    normalized: right === code ? undefined : right,
    inactive: system.inactive(concept) ? true : undefined,
    status: notable(system, concept, status),
    issues,
  }
}

/** Adds what is wrong with the display. A grammar only proposes displays: units have no official name. */
function judgeDisplay(
  { coding, url, code, system, at, request }: Situation,
  concept: Concept,
  words: readonly Words[],
  issues: TxIssue[],
): void {
  const { display } = coding
  if (display === undefined || request.membershipOnly === true || system.grammar !== undefined) return
  const { languages, lenientDisplay: lenient = false } = request
  const former = (): readonly Former[] => formerTerms(system, concept)
  const name = `${url}#${code}`
  const found = checkDisplay({ display, name, code, words, former, languages, lenient, at: at.display })
  const isOld = found?.type === 'display-comment' && issues.some(({ type }) => type === 'not-in-vs')
  if (found !== undefined && !isOld) issues.push(found) // an old display is not worth a word where the code itself is wrong
}

function conceptIssues(situation: Situation, concept: Concept, status: string | undefined): readonly TxIssue[] {
  const { coding, code, url, system, at, request } = situation
  const { members } = request
  const issues: TxIssue[] = []
  const drops = request.activeOnly === true || members?.definition.inactive === false
  if (drops && system.inactive(concept)) {
    const text = `The concept '${code}' is valid but is not active`
    issues.push(rule('error', 'STATUS_CODE_WARNING_CODE', text, at.code))
  }
  if (request.abstract === false && system.abstract(concept)) {
    const text = `Code '${printCoding(coding)}' is abstract, and not allowed in this context`
    issues.push(rule('error', 'ABSTRACT_CODE_NOT_ALLOWED', text, at.code))
  }
  if (request.membershipOnly === true) return issues
  const right = system.code(concept)
  if (right !== code) issues.push(differsInCase(situation, right))
  issues.push(...checkConcept(system, concept, status, at.itself))
  issues.push(...(members === undefined ? aboutSystem(system) : checkDefinitions(system, members)))
  if (members !== undefined) issues.push(...checkMention(members.mentions.get(url)?.get(right), url, members, at.code))
  return issues
}

function differsInCase({ code, url, system, at }: Situation, right: string): TxIssue {
  const text = `The code '${code}' differs from the correct code '${right}' by case. Although the code system '${printCanonical(url, system.facts.version)}' is case insensitive, implementers are strongly encouraged to use the correct case anyway`
  return rule('information', 'CODE_CASE_DIFFERENCE', text, at.code)
}

/** Told with every code of it. */
const told = new WeakMap<CodeSystem, readonly TxIssue[]>()

function aboutSystem(system: CodeSystem): readonly TxIssue[] {
  const before = told.get(system)
  if (before !== undefined) return before
  const issues = checkDefinitions(system, undefined)
  told.set(system, issues)
  return issues
}

function rule(severity: 'error' | 'information', id: string, text: string, at: string): TxIssue {
  return txIssue({ severity, code: 'business-rule', type: 'code-rule', id, text, at })
}

export function unknownCode(code: string, system: CodeSystem, at: string, why: string | undefined): TxIssue {
  const { url, version } = system.facts
  const where = `in the CodeSystem '${url}'${version === undefined ? '' : ` version '${version}'`}`
  const slip = why ?? misspelt(code, system) ?? expressionIn(code, system)
  if (isPartial(system)) {
    return txIssue({
      severity: 'warning',
      code: 'code-invalid',
      type: 'invalid-code',
      id: 'UNKNOWN_CODE_IN_FRAGMENT',
      text: `Unknown Code '${code}' ${where}${slip === undefined ? '' : `: ${slip}`} - note that the code system is labeled as a fragment, so the code may be valid in some other fragment`,
      at,
    })
  }
  return txIssue({
    code: 'code-invalid',
    type: 'invalid-code',
    id: version === undefined ? 'Unknown_Code_in' : 'Unknown_Code_in_Version',
    text: `Unknown code '${code}' ${where}${slip === undefined ? '' : `: ${slip}`}`,
    at,
  })
}

function expressionIn(code: string, { facts }: CodeSystem): string | undefined {
  return facts.compositional && /[:+|=]/.test(code) ? 'post-coordinated expressions are not supported' : undefined
}

export function notIn(coding: Coding, { definition }: Members, at: Place): TxIssue {
  return txIssue({
    code: 'code-invalid',
    type: 'not-in-vs',
    id: 'None_of_the_provided_codes_are_in_the_value_set_one',
    text: `The provided code '${printCoding(coding)}${coding.display === undefined ? '' : ` ('${coding.display}')`}' was not found in the value set '${definition.canonical}'`,
    at: at.code,
  })
}
