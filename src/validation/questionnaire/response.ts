/** Does a QuestionnaireResponse answer its Questionnaire? https://hl7.org/fhir/R4/questionnaireresponse.html */
import type { Issue } from '../../fhir/issue.ts'
import { parseReference } from '../../fhir/reference.ts'
import { isObject, isResource, type JsonObject, type Resource } from '../../fhir/resource.ts'
import type { Codes } from '../codes.ts'
import { add, type Findings, findingsAt, issuesOf, quote } from '../findings.ts'
import type { Questionnaires } from '../questionnaires.ts'
import { checkValue, type Report } from './answer.ts'
import { type Chain, type Enabling, enablingIn } from './enabled.ts'
import { type Form, formOf, type Level, listOf, objectsIn, type Question } from './form.ts'
import { valueIn } from './value.ts'

/** Without questionnaires nobody knows any; `strict`: one that nobody knows is an error. */
export type Known = { readonly questionnaires?: Questionnaires; readonly codes: Codes; readonly strict?: boolean }

type Run = {
  readonly found: Findings
  readonly form: Form
  readonly codes: Codes
  readonly enabling: Enabling
  readonly report: Report
  /** "In progress" and "stopped" responses may lack answers. */
  readonly isComplete: boolean
}

/** Of a well-formed response. `at` is its path within another resource. */
export function checkResponse(response: Resource, known: Known, at = 'QuestionnaireResponse'): readonly Issue[] {
  const found = findingsAt(at)
  const { questionnaire: canonical, status } = response
  if (typeof canonical !== 'string' || status === 'entered-in-error') return []
  const questionnaire = find(canonical, response, known)
  if (questionnaire === 'later') return []
  const report = reporter(found, canonical)
  if (questionnaire?.resourceType !== 'Questionnaire') {
    const text = `the questionnaire ${canonical} is not known here, expected one that is: whether it is answered was not checked`
    report('not-found', text, known.strict === true ? 'error' : 'warning', 'questionnaire')
    return issuesOf(found)
  }
  const form = formOf(questionnaire)
  const enabling = enablingIn(response, form)
  const isComplete = status === 'completed' || status === 'amended'
  const run: Run = { found, form, codes: known.codes, enabling, report, isComplete }
  checkSubject(response, run)
  checkItems(form.top, response, [response], true, run)
  return issuesOf(found)
}

function find(canonical: string, { contained }: Resource, { questionnaires }: Known): Resource | undefined | 'later' {
  if (!canonical.startsWith('#')) return questionnaires?.find(canonical)
  return listOf(contained)
    .filter(isResource)
    .find(({ id }) => id === canonical.slice(1))
}

function reporter(found: Findings, source: string): Report {
  return (code, diagnostics, severity = 'error', ...steps) => {
    found.path.push(...steps)
    add(found, { severity, code, diagnostics, source })
    found.path.length -= steps.length
  }
}

function checkSubject({ subject }: Resource, { form: { subjects }, report }: Run): void {
  const text = isObject(subject) ? subject['reference'] : undefined
  const reference = typeof text === 'string' ? parseReference(text) : undefined
  const type = reference?.kind === 'local' || reference?.kind === 'absolute' ? reference.type : undefined
  if (subjects.length > 0 && type !== undefined && !subjects.includes(type)) {
    report('invariant', `the questionnaire is about ${subjects.join(' or ')}, found a ${type}`, 'error', 'subject')
  }
}

/** How often each question has occurred so far, and how far down the questionnaire the items have come. */
type Progress = { readonly counts: Map<string, number>; latest: number }

/** `isOn`: all that is around is enabled. */
function checkItems(level: Level, owner: JsonObject, chain: Chain, isOn: boolean, run: Run): void {
  const { path } = run.found
  const progress: Progress = { counts: new Map(), latest: 0 }
  for (const [index, item] of objectsIn(owner['item']).entries()) {
    path.push('item', index)
    const place = level.places.get(String(item['linkId'])) ?? -1
    const question = level.questions[place]
    if (question === undefined) {
      reportStray(String(item['linkId']), run)
    } else {
      checkPlace(question, place, progress, run)
      checkItem(question, item, chain, isOn, run)
    }
    path.length -= 2
  }
  if (run.isComplete && isOn) checkMissing(level, progress.counts, chain, run)
}

function checkPlace(question: Question, place: number, progress: Progress, run: Run): void {
  const { linkId } = question
  if (place < progress.latest) {
    run.report('invariant', `the item ${quote(linkId)} is out of order, expected that of the questionnaire`)
  }
  const count = (progress.counts.get(linkId) ?? 0) + 1
  progress.latest = Math.max(progress.latest, place)
  progress.counts.set(linkId, count)
  if (count > 1) reportRepeated(question, run)
}

function reportStray(linkId: string, { form, report }: Run): void {
  const text = form.linkIds.has(linkId)
    ? `the item ${quote(linkId)} stands elsewhere in the questionnaire, expected it in the same place`
    : `the questionnaire has no item ${quote(linkId)}, expected one of its linkIds`
  report('invariant', text, 'error', 'linkId')
}

function reportRepeated({ linkId, type, repeats }: Question, { report }: Run): void {
  if (type === 'group' && repeats) return
  const expected = repeats ? 'one item with all answers' : 'it once, because it does not repeat'
  report('invariant', `the item ${quote(linkId)} occurs again, expected ${expected}`)
}

/** What a human cannot answer is not missed. */
function checkMissing({ questions }: Level, counts: ReadonlyMap<string, number>, chain: Chain, run: Run): void {
  for (const question of questions) {
    const { linkId, required, readOnly, type } = question
    if (!required || readOnly || type === 'display' || counts.has(linkId) || !run.enabling(question, chain)) continue
    run.report('required', `missing item: expected ${quote(linkId)}, which is required`, 'error', 'item')
  }
}

function checkItem(question: Question, item: JsonObject, chain: Chain, wasOn: boolean, run: Run): void {
  const isOn = wasOn && run.enabling(question, chain, item)
  if (wasOn && !isOn && (item['answer'] !== undefined || item['item'] !== undefined)) {
    const text = `the item ${quote(question.linkId)} is not enabled by the answers that its conditions ask for, expected no answers to it`
    run.report('invariant', text, run.isComplete ? 'error' : 'warning')
  }
  const within = [...chain, item]
  if (question.type === 'group') checkGroup(question, item, within, isOn, run)
  else if (question.type === 'display') checkDisplay(item, run)
  else checkQuestion(question, item, within, isOn, run)
}

function checkGroup(
  { linkId, required, readOnly, inside }: Question,
  item: JsonObject,
  chain: Chain,
  isOn: boolean,
  run: Run,
): void {
  if (item['answer'] !== undefined) {
    run.report('structure', `${quote(linkId)} is a group, expected items in it and no answer`, 'error', 'answer')
  }
  if (required && !readOnly && run.isComplete && isOn && item['item'] === undefined) {
    run.report(
      'required',
      `missing item: expected at least one in the group ${quote(linkId)}, which is required`,
      'error',
      'item',
    )
  }
  checkItems(inside, item, chain, isOn, run)
}

function checkDisplay(item: JsonObject, { report }: Run): void {
  for (const name of ['answer', 'item'] as const) {
    if (item[name] !== undefined)
      report('structure', `found ${name}, expected none, because it is only a text for display`, 'error', name)
  }
}

function checkQuestion(question: Question, item: JsonObject, chain: Chain, isOn: boolean, run: Run): void {
  const { linkId, repeats, required, readOnly } = question
  const { found, report } = run
  const answers = objectsIn(item['answer'])
  if (item['item'] !== undefined) {
    report('structure', `${quote(linkId)} is a question, expected what belongs to it in its answers`, 'error', 'item')
  }
  if (required && !readOnly && run.isComplete && isOn && !answers.some(answer => valueIn(answer, 'value'))) {
    report('required', `missing answer: expected one to ${quote(linkId)}, which is required`, 'error', 'answer')
  }
  if (answers.length > 1 && !repeats) {
    report(
      'invariant',
      `found ${answers.length} answers to ${quote(linkId)}, expected one, because it does not repeat`,
      'error',
      'answer',
      1,
    )
  }
  for (const [index, answer] of answers.entries()) {
    found.path.push('answer', index)
    checkAnswer(question, answer, [...chain, answer], isOn, run)
    found.path.length -= 2
  }
}

function checkAnswer(question: Question, answer: JsonObject, chain: Chain, isOn: boolean, run: Run): void {
  const { found, form, codes, report } = run
  const value = valueIn(answer, 'value')
  if (value !== undefined) {
    found.path.push('value')
    checkValue(value, question, form, codes, report)
    found.path.pop()
  }
  checkItems(question.inside, answer, chain, isOn, run)
}
