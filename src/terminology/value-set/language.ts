/** Which words of a concept a reader gets. https://hl7.org/fhir/R4/languages.html, https://www.rfc-editor.org/rfc/rfc4647 */
import type { CodeSystem, Designation } from '../code-system.ts'
import type { Concept } from '../concept-set.ts'
import { textOf } from '../element.ts'
import { standardsStatus } from '../resource/facts.ts'
import { isRelated } from '../resource/supplemented.ts'
import { speaks } from '../speaks.ts'
import type { ConceptReference } from './definition.ts'
import { refusal, txIssue } from './tx-issue.ts'

/** Best first; `*` is any, `nothingElse` the end of what will do. Empty: whatever the code system calls its display. */
export type Languages = readonly string[]

/** Who asks for `de, *;q=0` gets German words or none. */
export const nothingElse = '*;q=0'

const item = /^([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)(?:\s*;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/

/** `displayLanguage`: what is no list of languages is refused. */
export function parseLanguages(text: string, expression = 'displayLanguage'): Languages {
  const languages = languagesIn(text)
  if (languages === undefined) {
    const what = { code: 'processing', type: 'invalid-display', id: 'INVALID_DISPLAY_NAME', at: expression } as const
    throw refusal([txIssue({ ...what, text: `Invalid displayLanguage: '${text}'` })])
  }
  return languages
}

/** `Accept-Language`: `de-CH, de;q=0.8, en;q=0.5`; `undefined`: it is none. */
export function languagesIn(text: string): Languages | undefined {
  const parts = text.split(',').map(part => part.trim())
  const ranges = parts
    .filter(part => part !== '')
    .map(part => {
      const [, tag = '', quality = '1'] = item.exec(part) ?? []
      return { tag, quality: Number(quality) }
    })
  if (ranges.some(({ tag }) => tag === '')) return undefined
  const refusesOthers = ranges.some(({ tag, quality }) => tag === '*' && quality === 0)
  const wanted = ranges
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ tag }) => tag)
  return refusesOthers && wanted.length > 0 ? [...wanted, nothingElse] : wanted
}

export type Words = Designation

/** All that a concept may be called, its display first: as the value set says, else its code system. Of others, those of the value set come first. */
export function wordsFor(
  system: CodeSystem | undefined,
  concept: Concept | undefined,
  mention?: ConceptReference,
): readonly Words[] {
  const words: Words[] = []
  if (mention?.display !== undefined) words.push({ value: mention.display })
  if (system === undefined || concept === undefined) return [...words, ...(mention?.designations ?? [])]
  const own = ownDisplay(system, concept)
  if (own !== undefined) words.push(own)
  words.push(...(mention?.designations ?? []))
  words.push(...[...system.designations(concept)].sort((a, b) => rank(a) - rank(b)))
  return words
}

/** What was right once, and what became of it. */
export type Former = Pick<Words, 'value' | 'language'> & { readonly status: string }

/** Descriptions that SNOMED CT has taken back. */
export function formerTerms(system: CodeSystem, concept: Concept): readonly Former[] {
  const descriptions = isRelated(system) ? (system.descriptions?.of(concept) ?? []) : []
  return descriptions
    .filter(({ active }) => !active)
    .map(({ term, language }) => ({ value: term, status: 'inactive', ...(language === undefined ? {} : { language }) }))
}

/** The display of the code system, with the language that displays have there. */
export function ownDisplay(system: CodeSystem, concept: Concept): Words | undefined {
  const value = system.display(concept)
  const { language } = system.facts
  return value === undefined ? undefined : { value, ...(language === undefined ? {} : { language }) }
}

/** The best for these languages; where none fits, the first, unless nothing else will do. A fully specified name is the last choice. */
export function displayFor(words: readonly Words[], languages: Languages): string | undefined {
  const current = currentOf(words)
  for (const asked of languages) {
    if (asked === '*') break
    if (asked === nothingElse) return undefined
    const exact = current.find(word => word.language?.toLowerCase() === asked.toLowerCase())
    const found = exact ?? current.find(word => word.language !== undefined && speaks(word.language, asked))
    if (found !== undefined) return found.value
  }
  return words[0]?.value
}

/** Without those that are no longer to be used, which most code systems do not have. */
export function currentOf(words: readonly Words[]): readonly Words[] {
  return words.some(isEnded) ? words.filter(word => !isEnded(word)) : words
}

export function formerOf(words: readonly Words[]): readonly Former[] {
  return words.flatMap(word => {
    const status = standingOf(word)
    return status !== undefined && isEnded(word) ? [{ ...word, status }] : []
  })
}

function isEnded(word: Words): boolean {
  const status = standingOf(word)
  return status === 'withdrawn' || status === 'deprecated'
}

function standingOf({ extensions }: Words): string | undefined {
  return (
    extensions &&
    textOf(
      extensions.find(({ url }) => url === standardsStatus),
      'valueCode',
    )
  )
}

/** What a concept is called. Only for a value set's own words, and for certain languages, all words have to be read. */
export function displayIn(
  system: CodeSystem,
  concept: Concept,
  languages: Languages,
  mention?: ConceptReference,
): string | undefined {
  const own = isAnyLanguage(languages) && mention === undefined ? system.display(concept) : undefined
  return own ?? displayFor(wordsFor(system, concept, mention), languages)
}

export function isAnyLanguage([best]: Languages): boolean {
  return best === undefined || best === '*'
}

const preferred = new Set(['preferredForLanguage', 'display', 'preferred'])
const full = new Set(['900000000000003001', 'fully-specified', 'fullySpecified'])

/** All terms of SNOMED CT are displays, but for what defines a concept in words. */
export function isDisplayUse({ system, code }: NonNullable<Designation['use']>): boolean {
  return preferred.has(code) || (system === 'http://snomed.info/sct' && code !== '900000000000550004')
}

function rank({ use }: Designation): number {
  if (use === undefined) return 1
  if (preferred.has(use.code)) return 0
  return full.has(use.code) ? 3 : 2
}
