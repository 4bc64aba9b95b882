/**
 * Whether a search term leads to a text. Both without case and accents.
 * https://docs.snomed.org/snomed-ct-specifications/snomed-ct-expression-constraint-language/behaviour-specification-with-examples/6.8-description-filters
 */
import { fold } from '../../search/values/fold.ts'
import { wordsOf } from '../../search/values/words.ts'
import type { SearchTerm } from './expression.ts'

/** Prepared once for many texts. */
export function termTest({ how, text }: SearchTerm): (text: string) => boolean {
  if (how === 'exact') return candidate => candidate === text
  if (how === 'wild') return wildTest(fold(text))
  const prefixes = wordsOf(text)
  return candidate => {
    const words = wordsOf(candidate)
    return prefixes.every(prefix => words.some(word => word.startsWith(prefix)))
  }
}

/**
 * `*` is any characters; `\*` and `\\` are themselves. The pieces between stars are looked for from left to right, each at its
 * first place: no going back, so no pattern takes long.
 */
function wildTest(pattern: string): (text: string) => boolean {
  const pieces = piecesOf(pattern)
  const head = pieces[0] ?? ''
  const tail = pieces.at(-1) ?? ''
  if (pieces.length === 1) return text => fold(text) === head
  return text => {
    const folded = fold(text)
    if (!folded.startsWith(head) || !folded.endsWith(tail)) return false
    let at = head.length
    for (const piece of pieces.slice(1, -1)) {
      const found = folded.indexOf(piece, at)
      if (found === -1) return false
      at = found + piece.length
    }
    return at <= folded.length - tail.length
  }
}

function piecesOf(pattern: string): readonly string[] {
  const pieces = ['']
  for (const [token] of pattern.matchAll(/\\.|[^\\]/gsu)) {
    if (token === '*') pieces.push('')
    else pieces[pieces.length - 1] += token.length > 1 && token.startsWith('\\') ? token.slice(1) : token
  }
  return pieces
}

/** The text that all a wild term finds begins with, where it is words. */
export function wildHead(text: string): string | undefined {
  const head = piecesOf(text)[0] ?? ''
  return /^[\p{L}\p{N} ]+$/u.test(head) ? head.trim() : undefined
}
