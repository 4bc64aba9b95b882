/** Regular expressions within limits. http://hl7.org/fhirpath/N1/#matchesregex-string-boolean */
import { cutOff } from '../time-limit.ts'
import type { Run } from './item.ts'
import { isSafe } from './pattern-safety.ts'

/** ms; only for patterns that might take for ever, so that no clock decides about the others. */
const patience = 250

/** Characters; a safe pattern without an anchor is tried from each of them: a few milliseconds for as many. */
const short = 4_000

type Pattern = { readonly regex: RegExp; readonly safe: boolean; readonly anchored: boolean }

const known = new Map<string, Pattern>()
const kept = 1_000

export function matches(text: string, source: string, whole: boolean, run: Run): boolean {
  const pattern = patternOf(whole ? `^(?:${source})$` : source, run)
  return within(pattern, text, run, () => pattern.regex.test(text))
}

export function replaced(text: string, source: string, by: string, run: Run): string {
  const pattern = patternOf(source, run)
  // There is a match at each letter at most; the text before and behind it may be part of what replaces it.
  run.spendText((text.length + 1) * (by.length + 1) * (/\$[`']/.test(by) ? text.length + 1 : 1))
  return within(pattern, text, run, () => text.replaceAll(new RegExp(pattern.regex, `${pattern.regex.flags}g`), by))
}

function within<T>({ safe, anchored }: Pattern, text: string, run: Run, work: () => T): T {
  run.spend(1 + (text.length >> 6))
  if (safe && (anchored || text.length <= short)) return work()
  const result = cutOff(patience, () => ({ value: work() }))
  return (result ?? run.fault(`a pattern takes more than ${patience} ms`)).value
}

function patternOf(source: string, run: Run): Pattern {
  const pattern = known.get(source) ?? {
    regex: regexOf(source, run),
    safe: isSafe(source),
    anchored: /^\^[^|]*$/.test(source),
  }
  if (!known.has(source) && known.size >= kept) known.clear()
  known.set(source, pattern)
  return pattern
}

function regexOf(source: string, run: Run): RegExp {
  try {
    return new RegExp(source, 'su')
  } catch {
    // Outside of the strict mode, escapes of letters that need none are fine: R4's own patterns have some.
    try {
      return new RegExp(source, 's')
    } catch (cause) {
      return run.fault(`'${source}' is no regular expression (${String(cause)})`)
    }
  }
}
