/** One coding against its code system and the value set. https://hl7.org/fhir/R4/valueset-operation-validate-code.html */
import type { CodeSystem } from '../code-system.ts'
import type { Concept } from '../concept-set.ts'
import { checkDisplay } from './check-display.ts'
import { checkConcept, checkDefinitions, checkMention, notable, statusOf } from './check-status.ts'
import { isPartial } from './clause.ts'
import {
  differsInCase,
  inDoubt,
  isAbstract,
  noCode,
  noSystem,
  noSystemOrCode,
  notActive,
  notIn,
  otherSystem,
  relativeSystem,
  systemIssues,
  unknownCode,
} from './coding-issues.ts'
import { displayFor, displayIn, type Former, formerTerms, type Words, wordsFor } from './language.ts'
import { located, type Unknown } from './locate.ts'
import { hasCode, isDoubtful, type Selection } from './selection.ts'
import type { TxIssue } from './tx-issue.ts'
import { type Coding, type Place, placeOf, type ValidateRequest } from './validate-request.ts'
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
  if (code === undefined || code === '') {
    return { coding, isMember: false, issues: [hasSystem ? noCode(at) : noSystemOrCode(at)] }
  }
  if (!hasSystem) return { coding, isMember: false, issues: [...notAmong(coding, request, at), noSystem(at)], code }
  if (request.ofSystem !== undefined && url !== request.ofSystem) return foreign(coding, request.ofSystem, at)
  const { system, selection, issues, unknown } = located({ ...coding, system: url }, at, request)
  if (system !== undefined) return inSystem({ coding, code, url, system, selection, unknown, at, request }, issues)
  const situation = { coding, code, url, selection, unknown, at, request }
  if (asksForMembershipAlone(request)) return unlocated(situation, [])
  const wrong = systemIssues(url, at.system, request.terminology)
  if (!wrong.some(({ id }) => id !== relativeSystem)) return unlocated(situation, [...wrong, ...issues])
  return unlocated({ ...situation, unknown: undefined }, wrong) // it is known, as something else
}

/** Whether the code system knows the code, or anybody the code system, is then another question. */
function asksForMembershipAlone({ members, membershipOnly }: ValidateRequest): boolean {
  return members !== undefined && membershipOnly === true
}

function notAmong(coding: Coding, { members }: ValidateRequest, at: Place): readonly TxIssue[] {
  return members === undefined ? [] : [notIn(coding, members, at)]
}

function foreign(coding: Coding, expected: string, at: Place): Checked {
  const issues = [otherSystem(coding, expected, at)]
  return { coding, isMember: false, issues, ...(coding.code === undefined ? {} : { code: coding.code }) }
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
  const { members } = request
  if (members !== undefined && !isMember) issues.push(notIn(coding, members, at))
  if (members !== undefined && selection !== undefined && isMember && isDoubtful(selection, code)) {
    issues.push(inDoubt(situation, members))
  }
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
  if (drops && system.inactive(concept)) issues.push(notActive(code, at))
  if (request.abstract === false && system.abstract(concept)) issues.push(isAbstract(coding, at))
  if (request.membershipOnly === true) return issues
  const right = system.code(concept)
  if (right !== code) issues.push(differsInCase(situation, right))
  issues.push(...checkConcept(system, concept, status, at.itself))
  issues.push(...(members === undefined ? aboutSystem(system) : checkDefinitions(system, members)))
  if (members !== undefined) issues.push(...checkMention(members.mentions.get(url)?.get(right), url, members, at.code))
  return issues
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
