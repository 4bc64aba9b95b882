/** A large Bundle's JSON, parsed and printed entry by entry: in one go, 10 MB would hold up everybody else for a tenth of a second. */
import { decode, parseJson, printJson } from './json.ts'
import { type JsonLimits, jsonLimits } from './json-limits.ts'
import { endOfString, sign } from './json-token.ts'
import { isObject, type Json, type JsonObject } from './resource.ts'

/** As `parseJson`, with the same refusals. `turn` lets others have theirs. */
export async function parseJsonInPortions(
  bytes: Uint8Array,
  turn: () => Promise<unknown>,
  limits: JsonLimits = jsonLimits,
): Promise<Json> {
  const text = await decoded(bytes, turn)
  const cuts = await scanned(text, turn, limits)
  // What is wrong is told by whoever sees the whole.
  return (cuts && (await parsed(text, cuts, turn, limits))) ?? parseJson(text, limits)
}

const portion = 1_000_000 // bytes or characters that are looked through in one go: some milliseconds
const further = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }) // a mark is one at the beginning only

/** As `decode`. */
async function decoded(bytes: Uint8Array, turn: () => Promise<unknown>): Promise<string> {
  let text = ''
  try {
    for (let at = 0, end = 0; at < bytes.length; at = end) {
      end = startOfCharacter(bytes, at + portion)
      const part = bytes.subarray(at, end)
      text += at === 0 ? decode(part) : further.decode(part)
      await turn()
    }
    return text
  } catch {
    return decode(bytes) // which says what is wrong
  }
}

/** The first at or behind this place. */
function startOfCharacter(bytes: Uint8Array, from: number): number {
  let at = from
  while (((bytes[at] ?? 0) & 0xc0) === 0x80) at++
  return at
}

const few = 16 // entries that are printed in one go
const printed = new WeakMap<readonly Json[], string>()

/**
 * Prints the entries of a large Bundle, for when the whole is printed. They are joined portion by portion: thousands of texts that
 * are only strung together would be copied one by one in the moment in which somebody reads them.
 */
export async function printEntries({ entry }: JsonObject, turn: () => Promise<unknown>): Promise<void> {
  if (!Array.isArray(entry) || entry.length <= few) return
  const portions: string[] = []
  let texts: string[] = []
  let length = 0
  for (const item of entry) {
    const text = printJson(item)
    texts.push(text)
    length += text.length
    if (length >= portion) {
      portions.push(texts.join(','))
      texts = []
      length = 0
    }
    await turn()
  }
  printed.set(entry, [...portions, ...texts].join(','))
}

/**
 * As `printJson`, but for the opening brace. Where no array is empty, and quotes in strings are escaped, `"entry":[]` stands in
 * one place only.
 */
export function printMembers(object: JsonObject): string {
  const { entry } = object
  const text = Array.isArray(entry) ? printed.get(entry) : undefined
  if (text === undefined) return printJson(object).slice(1)
  // Nothing is cut off behind this: of a text that was put together, that would copy the whole.
  const around = printJson({ ...object, entry: [] }).slice(1)
  return around.replace('"entry":[]', () => `"entry":[${text}]`)
}

/** Where the array `entry` of the outermost object stands, and where its items do. */
type Cuts = { readonly open: number; readonly close: number; readonly items: readonly (readonly [number, number])[] }

async function parsed(
  text: string,
  { open, close, items }: Cuts,
  turn: () => Promise<unknown>,
  limits: JsonLimits,
): Promise<Json | undefined> {
  try {
    const shell = parseJson(text.slice(0, open + 1) + text.slice(close), limits)
    if (!isObject(shell)) return undefined
    const within = { ...limits, depth: limits.depth - 2 }
    const entry: Json[] = []
    for (const [start, end] of items) {
      entry.push(parseJson(text.slice(start, end), within))
      await turn()
    }
    // Nobody else has it yet, and members keep their order so.
    return Object.assign(shell, { entry })
  } catch {
    return undefined
  }
}

type Scan = {
  at: number
  depth: number
  values: number
  /** Where the last string of the outermost object starts: before a colon it is a name. */
  name: number
  /** The array that is being read is the one. */
  isInside: boolean
  open: number
  close: number
  /** Where each item of it ends, and at last where it does itself. */
  readonly ends: number[]
  /** Arrays of that name. */
  found: number
}

/** `undefined`: no such array, or two of them; or a limit is broken. Of malformed text the result means nothing. */
async function scanned(text: string, turn: () => Promise<unknown>, { values }: JsonLimits): Promise<Cuts | undefined> {
  const scan: Scan = {
    ...{ at: 0, depth: 0, values: 1, name: 0, isInside: false },
    ...{ open: 0, close: 0, ends: [], found: 0 },
  }
  while (scan.at < text.length) {
    scanTo(text, Math.min(text.length, scan.at + portion), scan)
    await turn()
  }
  if (scan.found !== 1 || scan.isInside || scan.values > values) return undefined
  const { open, close, ends } = scan
  const items = ends.map((end, index) => [(index === 0 ? open : (ends[index - 1] ?? 0)) + 1, end] as const)
  return { open, close, items: items.length === 1 && text.slice(open + 1, close).trim() === '' ? [] : items }
}

function scanTo(text: string, end: number, scan: Scan): void {
  for (; scan.at < end; scan.at++) {
    switch (text.charCodeAt(scan.at)) {
      case sign.quote:
        if (scan.depth === 1) scan.name = scan.at
        scan.at = endOfString(text, scan.at) - 1
        break
      case sign.comma:
        scan.values++
        if (scan.depth === 2) separate(scan)
        break
      case sign.openArray:
      case sign.openObject:
        scan.values++
        if (++scan.depth === 2) enter(text, scan)
        break
      case sign.closeArray:
      case sign.closeObject:
        if (--scan.depth === 1) leave(scan)
    }
  }
}

function separate({ isInside, ends, at }: Scan): void {
  if (isInside) ends.push(at)
}

function enter(text: string, scan: Scan): void {
  const { at, name, ends } = scan
  if (text.charCodeAt(at) !== sign.openArray || !text.startsWith('"entry"', name)) return
  scan.found++
  scan.isInside = true
  scan.open = at
  ends.length = 0
}

function leave(scan: Scan): void {
  if (!scan.isInside) return
  scan.isInside = false
  scan.close = scan.at
  scan.ends.push(scan.at)
}
