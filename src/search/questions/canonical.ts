/** Canonical URLs, under uri and reference parameters alike. https://hl7.org/fhir/R4/references.html#canonical */
import type { Part } from '../node.ts'
import { parseCanonical } from '../values/canonical.ts'
import { unescaped } from './escape.ts'
import { malformed, nothing, type Subject } from './kind.ts'

/** Without version, every version is meant. */
export function canonicalPart(url: string, { slot }: Subject): Part {
  const asked = parseCanonical(url)
  if (asked === undefined) return nothing
  return asked.version === undefined
    ? { is: 'term', slot, texts: [asked.url] }
    : { is: 'term', slot: `${slot}|`, texts: [`${asked.url}|${asked.version}`] }
}

/** A URN has no levels: what it is and nothing else. */
const urn = /^urn:/i

/**
 * "|1 matches |1.0 and |1.1": the version asked, or one that it is the beginning of, but not 10. Without version, every one.
 * https://hl7.org/fhir/R4/search.html#versions
 */
export function belowCanonical(text: string, on: Subject): Part {
  const asked = parseCanonical(unescaped(text))
  if (asked?.version === undefined) return canonicalPart(unescaped(text), on)
  const exact = canonicalPart(unescaped(text), on)
  const start = `${asked.url}|${asked.version}`
  const longer = ['.', '-'].map((mark): Part => ({ is: 'prefix', slot: `${on.slot}|`, text: `${start}${mark}` }))
  return { is: 'or', of: [exact, ...longer] }
}

/** "The value starts with": what is in the resource is the URL asked or lies below it. */
export function belowUrl(text: string, { slot }: Subject): Part {
  const url = unescaped(text)
  return urn.test(url) ? { is: 'term', slot, texts: [url] } : { is: 'prefix', slot, text: url }
}

const mostLevels = 100 // each of them is a text that the store is asked for

/** The URL asked, and everything that it lies below, with and without the slash at its end. */
export function aboveUrl(text: string, on: Subject): Part {
  const url = unescaped(text)
  if (urn.test(url)) return { is: 'term', slot: on.slot, texts: [url] }
  const slashes = [...url.matchAll(/\//g)].map(({ index }) => index)
  if (slashes.length > mostLevels) throw malformed(on, text, `a URL with at most ${mostLevels} slashes`)
  const above = slashes.flatMap(at => [url.slice(0, at), url.slice(0, at + 1)])
  return { is: 'term', slot: on.slot, texts: [...new Set([...above, url])] }
}
