/** Finds concepts by the beginnings of words, in any order, without case and accents; the best come first. */

import { wordsOf } from '../../search/values/words.ts'
import type { Concept, ConceptSet } from '../concept-set.ts'
import { speaks } from '../speaks.ts'

export type Text = { readonly value: string; readonly language?: string }
export type TextLimits = { readonly within?: ConceptSet; readonly language?: string; readonly most: number }

export type TextIndex = { search(text: string, limits: TextLimits): readonly Concept[] }

const mostWords = 40 // of a text that is looked for: each costs a look at all words that begin so

/** Its words with one blank before each, so that ` fem` is found where a word begins so. */
type Line = { readonly words: string; readonly language: string | undefined }

/** `textsOf` tells the display of a concept first. Concepts without texts may be left out. */
export function textIndexOf(concepts: Iterable<Concept>, textsOf: (concept: Concept) => readonly Text[]): TextIndex {
  const lists = new Map<string, Concept[]>()
  const lines = new Map<Concept, readonly Line[]>()
  for (const concept of concepts) {
    const texts = textsOf(concept).map(({ value, language }) => ({ own: wordsOf(value), language }))
    lines.set(
      concept,
      texts.map(({ own, language }) => ({ words: ` ${own.join(' ')}`, language })),
    )
    for (const each of texts.flatMap(({ own }) => own)) {
      const list = lists.get(each)
      if (list === undefined) lists.set(each, [concept])
      else if (list.at(-1) !== concept) list.push(concept)
    }
  }
  const words = [...lists.keys()].sort(byUnits)
  const startingWith = (prefix: string): readonly (readonly Concept[])[] => {
    const found: (readonly Concept[])[] = []
    for (let at = firstFrom(words, prefix); words[at]?.startsWith(prefix); at++)
      found.push(lists.get(words[at] ?? '') ?? [])
    return found
  }
  return {
    search(text, { within, language, most }) {
      const given = wordsOf(text)
      const beginnings = [...new Set(given)].slice(0, mostWords)
      if (beginnings.length === 0) return []
      const asked = { beginnings, whole: ` ${given.join(' ')}`, language }
      // Whoever has the rarest word is asked for the others.
      const [rarest = []] = beginnings.map(startingWith).sort((a, b) => total(a) - total(b))
      const candidates = new Set(rarest.flat())
      const scored: { readonly concept: Concept; readonly score: number }[] = []
      for (const concept of candidates) {
        if (within !== undefined && !within.has(concept)) continue
        const score = best(lines.get(concept) ?? [], asked)
        if (score !== undefined) scored.push({ concept, score })
      }
      scored.sort((a, b) => a.score - b.score || a.concept - b.concept)
      return scored.slice(0, most).map(({ concept }) => concept)
    },
  }
}

function total(lists: readonly (readonly Concept[])[]): number {
  return lists.reduce((sum, list) => sum + list.length, 0)
}

/** Beginnings of words, and the text that they were taken from as a line would have it. */
type Asked = {
  readonly beginnings: readonly string[]
  readonly whole: string
  readonly language: string | undefined
}

/** The lowest wins: texts that are the question, that begin with it, that have its words; then the shorter; then displays. */
function best(lines: readonly Line[], { beginnings, whole, language }: Asked): number | undefined {
  let lowest: number | undefined
  for (const [at, line] of lines.entries()) {
    if (language !== undefined && line.language !== undefined && !speaks(line.language, language)) continue
    if (!beginnings.every(prefix => line.words.includes(` ${prefix}`))) continue
    const kind = line.words === whole ? 0 : line.words.startsWith(whole) ? 1 : 2
    const score = kind * 1e6 + Math.min(line.words.length, 999) * 1e3 + Math.min(at, 999)
    if (lowest === undefined || score < lowest) lowest = score
  }
  return lowest
}

function byUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function firstFrom(words: readonly string[], prefix: string): number {
  let [low, high] = [0, words.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((words[middle] ?? '') < prefix) low = middle + 1
    else high = middle
  }
  return low
}
