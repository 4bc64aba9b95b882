/**
 * Elements taken out of the text of a resource, which stays as it is otherwise, and put back in their places: what comes out is
 * the text that went in, byte for byte. No tree is built: places in the text are all that must be known.
 */
import { endOfString, sign } from '../../fhir/json-token.ts'
import type { Tree } from '../access/elements.ts'

export type Cut = {
  /** What is left: a draft's rest as well. */
  readonly open: string
  /** Where they were, as places in `open`, and what they were. */
  readonly pieces: readonly Piece[]
}

type Piece = { readonly at: number; readonly text: string }

/** `rest`: the text of a draft, which begins within `meta`, printed without spaces. */
export function cut(rest: string, tree: Tree): Cut {
  const found: { from: number; to: number }[] = []

  const goesOn = (at: number, close: number): boolean => at < rest.length && rest.charCodeAt(at) !== close
  const behindComma = (at: number): number => (rest.charCodeAt(at) === sign.comma ? at + 1 : at)

  /** The members of an object; gives the place behind it. `hasKept`: one before `at` stays. */
  function members(at: number, tree: Tree, hasKept: boolean): number {
    let next = at
    let kept = hasKept
    while (goesOn(next, sign.closeObject)) {
      const start = behindComma(next)
      const value = endOfString(rest, start) + 1
      const part = tree.get(elementIn(rest.slice(start + 1, value - 2)))
      if (part?.size === 0) next = take(kept ? next : start, endOfValue(rest, value), kept)
      else {
        next = part === undefined ? endOfValue(rest, value) : within(value, part)
        kept = true
      }
    }
    return next + 1
  }

  /** With one of the commas around it: the one before it, if something stays before. */
  function take(from: number, end: number, hasComma: boolean): number {
    const to = hasComma ? end : behindComma(end)
    found.push({ from, to })
    return to
  }

  function within(at: number, tree: Tree): number {
    const first = rest.charCodeAt(at)
    if (first === sign.openObject) return members(at + 1, tree, false)
    if (first !== sign.openArray) return endOfValue(rest, at)
    let next = at + 1
    while (goesOn(next, sign.closeArray)) next = behindComma(within(next, tree))
    return next + 1
  }

  members(endOfNest(rest, 0), tree, true)
  return parted(rest, found)
}

/** `_birthDate` belongs to `birthDate`. */
function elementIn(name: string): string {
  return name.startsWith('_') ? name.slice(1) : name
}

function parted(rest: string, found: readonly { readonly from: number; readonly to: number }[]): Cut {
  let open = ''
  let end = 0
  const pieces = found.map(({ from, to }): Piece => {
    open += rest.slice(end, from)
    end = to
    return { at: open.length, text: rest.slice(from, to) }
  })
  return { open: open + rest.slice(end), pieces }
}

export function mended({ open, pieces }: Cut): string {
  let rest = ''
  let end = 0
  for (const { at, text } of pieces) {
    rest += open.slice(end, at) + text
    end = at
  }
  return rest + open.slice(end)
}

/** One text of them all: places and lengths in the first line. */
export function printPieces(pieces: readonly Piece[]): string {
  const places = pieces.map(({ at, text }) => `${at}:${text.length}`)
  return `${places.join()}\n${pieces.map(({ text }) => text).join('')}`
}

export function parsePieces(printed: string): readonly Piece[] {
  let from = printed.indexOf('\n') + 1
  const places = printed.slice(0, from - 1)
  if (places === '') return []
  return places.split(',').map(place => {
    const [at = 0, length = 0] = place.split(':').map(Number)
    const text = printed.slice(from, from + length)
    from += length
    return { at, text }
  })
}

/** Behind the value that begins at `at`. */
function endOfValue(text: string, at: number): number {
  const first = text.charCodeAt(at)
  if (first === sign.quote) return endOfString(text, at)
  if (first === sign.openObject || first === sign.openArray) return endOfNest(text, at + 1)
  let end = at
  while (end < text.length && !endsPlain(text.charCodeAt(end))) end++
  return end
}

function endsPlain(char: number): boolean {
  return char === sign.comma || char === sign.closeObject || char === sign.closeArray
}

/** Behind the bracket that closes the one that is open at `at`. */
function endOfNest(text: string, at: number): number {
  let depth = 1
  let next = at
  while (depth > 0 && next < text.length) {
    const char = text.charCodeAt(next)
    if (char === sign.quote) next = endOfString(text, next)
    else {
      next++
      if (char === sign.openObject || char === sign.openArray) depth++
      else if (char === sign.closeObject || char === sign.closeArray) depth--
    }
  }
  return next
}
