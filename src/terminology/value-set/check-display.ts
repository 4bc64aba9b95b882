/** Whether a display is one that the code has. https://hl7.org/fhir/R4/terminologies.html#display */
import type { Severity } from '../../fhir/issue.ts'
import { speaks } from '../speaks.ts'
import { currentOf, type Former, formerOf, isDisplayUse, type Languages, nothingElse, type Words } from './language.ts'
import { type TxIssue, txIssue } from './tx-issue.ts'

type Given = {
  readonly display: string
  /** `http://loinc.org#8480-6` */
  readonly name: string
  readonly code: string
  readonly words: readonly Words[]
  /** What it was called once, where the code system keeps that apart. */
  readonly former: () => readonly Former[]
  readonly languages: Languages
  readonly lenient: boolean
  readonly at: string
}

/** Case does not count; the amount of white space does, but is told apart. */
export function checkDisplay(given: Given): TxIssue | undefined {
  const { languages } = given
  const words = currentOf(given.words)
  if (words.length === 0) return undefined
  const fitting = words.filter(word => isFor(word, languages))
  if (fitting.some(word => sameText(word.value, given.display))) return undefined
  const outdated = [...formerOf(given.words), ...given.former()].find(word => sameText(word.value, given.display))
  const proper = fitting.length === 0 ? words : fitting
  if (outdated !== undefined && isFor(outdated, languages)) return noLonger(given, outdated, proper)
  return fitting.length === 0 ? withoutLanguage({ ...given, words }) : wrong(given, fitting)
}

function isFor({ language }: Pick<Words, 'language'>, languages: Languages): boolean {
  if (languages.length === 0 || language === undefined) return true
  return languages.some(asked => asked === '*' || speaks(language, asked))
}

export function sameText(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

function spaced(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ')
}

function wrong(given: Given, fitting: readonly Words[]): TxIssue {
  const { display, name, languages } = given
  const hasOtherSpaces = fitting.some(word => sameText(spaced(word.value), spaced(display)))
  const proper = properOf(fitting)
  const choices = [
    ...new Set(proper.map(({ value, language }) => `'${value}'${language === undefined ? '' : ` (${language})`}`)),
  ]
  const list = choices.length === 1 ? choices.join() : `one of ${choices.length} choices: ${oneOf(choices)}`
  const what = hasOtherSpaces ? 'Wrong whitespace in Display Name' : 'Wrong Display Name'
  const spoken = namesOf(languages)
  const id = hasOtherSpaces
    ? 'Display_Name_WS_for__should_be_one_of__instead_of'
    : 'Display_Name_for__should_be_one_of__instead_of'
  const text = `${what} '${display}' for ${name}. Valid display is ${list} (for the language(s) '${spoken}')`
  return found(given, given.lenient ? 'warning' : 'error', id, text)
}

/** It was right once: what became of it is told, and what is right now. */
function noLonger({ display, code, at, lenient }: Given, { status }: Former, fitting: readonly Words[]): TxIssue {
  const choices = [...new Set(properOf(fitting).map(({ value }) => value))].sort()
  const [only = ''] = choices
  const list = choices.map(value => (/\s/.test(value) ? `"${value}"` : value)).join()
  const right = choices.length === 1 ? `The correct display is '${only}'` : `The correct display is one of ${list}.`
  return txIssue({
    severity: lenient ? 'warning' : 'error',
    code: 'invalid',
    type: 'display-comment',
    id: 'INACTIVE_DISPLAY_FOUND',
    text: `'${display}' is no longer considered a correct display for code '${code}' (status = ${status}). ${right}`,
    at,
  })
}

/** Nobody has put it into these languages: then the words it has are right. */
function withoutLanguage(given: Given): TxIssue {
  const { display, name, words, languages } = given
  const none = 'There are no valid display names found for'
  const spoken = `language(s) '${namesOf(languages)}'`
  if (words.some(word => sameText(word.value, display))) {
    const text = `${none} the code ${name} for ${spoken}. The display is '${display}' which is a valid display for the default language`
    return found(given, 'information', 'NO_VALID_DISPLAY_FOUND_NONE_FOR_LANG_OK', text)
  }
  const text = `Wrong Display Name '${display}' for ${name}. ${none} ${spoken}. Default display is '${words[0]?.value ?? ''}'`
  return found(given, given.lenient ? 'warning' : 'error', 'NO_VALID_DISPLAY_FOUND_NONE_FOR_LANG_ERR', text)
}

/** A designation for another use is accepted, but nothing to recommend as a display. */
function properOf(words: readonly Words[]): readonly Words[] {
  const proper = words.filter(({ use }) => use === undefined || isDisplayUse(use))
  return proper.length === 0 ? words : proper
}

function namesOf(languages: Languages): string {
  const named = languages.filter(language => language !== nothingElse)
  return named.length === 0 ? '--' : named.join(', ')
}

function found({ at }: Given, severity: Severity, id: string, text: string): TxIssue {
  return txIssue({ severity, code: 'invalid', type: 'invalid-display', id, text, at })
}

function oneOf(choices: readonly string[]): string {
  return `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`
}
