/** Which words of a concept a reader gets. https://hl7.org/fhir/R4/languages.html, https://www.rfc-editor.org/rfc/rfc4647 */
import { fail } from '../../fhir/issue.ts'
import type { CodeSystem, Designation } from '../code-system.ts'
import type { Concept } from '../concept-set.ts'
import { speaks } from '../resource/text-index.ts'
import type { ConceptReference } from './definition.ts'

/** Best first; `*` is any. Empty: whatever the code system calls its display. */
export type Languages = readonly string[]

const item = /^([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)(?:\s*;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/

/** `displayLanguage`: what is no list of languages is refused. */
export function parseLanguages(text: string, expression = 'displayLanguage'): Languages {
  const languages = languagesIn(text)
  if (languages === undefined) throw fail('processing', `Invalid displayLanguage: '${text}'`, expression)
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
  return ranges
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ tag }) => tag)
}

export type Words = { readonly value: string; readonly language?: string }

/** All that a concept may be called, its display first: by value sets, by its code system, by supplements. */
export function wordsFor(
  system: CodeSystem | undefined,
  concept: Concept | undefined,
  mention?: ConceptReference,
): readonly Words[] {
  const words: Words[] = []
  if (mention?.display !== undefined) words.push({ value: mention.display })
  words.push(...(mention?.designations ?? []))
  if (system === undefined || concept === undefined) return words
  const display = system.display(concept)
  const { language } = system.facts
  if (display !== undefined) words.push({ value: display, ...(language === undefined ? {} : { language }) })
  words.push(...[...system.designations(concept)].sort((a, b) => rank(a) - rank(b)))
  return words
}

/** The best for these languages; where none fits, the first. A fully specified name is the last choice. */
export function displayFor(words: readonly Words[], languages: Languages): string | undefined {
  for (const asked of languages) {
    if (asked === '*') break
    const exact = words.find(word => word.language?.toLowerCase() === asked.toLowerCase())
    const found = exact ?? words.find(word => word.language !== undefined && speaks(word.language, asked))
    if (found !== undefined) return found.value
  }
  return words[0]?.value
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

function rank({ use }: Designation): number {
  if (use === undefined) return 1
  if (preferred.has(use.code)) return 0
  return full.has(use.code) ? 3 : 2
}
