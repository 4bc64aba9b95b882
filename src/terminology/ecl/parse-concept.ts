/** What names one concept: `conceptId [ws "|" ws term ws "|"]`; the term is for people, and not compared. */
import type { AlternateIdentifier, ConceptReference } from './expression.ts'
import { eat, eatPattern, mistake, type Scan, skip } from './scan.ts'
import { schemes } from './schemes.ts'

const digits = /[0-9]+/y
const sctId = /^[1-9][0-9]{5,17}$/

export function parseConcept(scan: Scan, label: string): ConceptReference | undefined {
  const found = parseId(scan, label)
  if (found === undefined) return undefined
  skipTerm(scan)
  return { op: 'concept', ...found }
}

export function parseId(scan: Scan, label: string): { readonly code: string; readonly at: number } | undefined {
  skip(scan)
  const at = scan.at
  const code = eatPattern(scan, digits, label)
  if (code === undefined || sctId.test(code)) return code === undefined ? undefined : { code, at }
  const shown = code.length > 24 ? `${code.slice(0, 24)}…` : code
  throw mistake(scan, `'${shown}' is no SNOMED CT identifier: expected 6 to 18 digits, the first of them not 0`, at)
}

function skipTerm(scan: Scan): void {
  if (!eat(scan, '|', '')) return
  const end = scan.text.indexOf('|', scan.at)
  if (end === -1) throw mistake(scan, "the term that opens here is not closed by '|'", scan.at - 1)
  if (scan.text.slice(scan.at, end).trim() === '')
    throw mistake(scan, "expected a term between '|' and '|', found none")
  scan.at = end + 1
}

const alternate = /[A-Za-z][A-Za-z0-9-]*#[A-Za-z0-9._-]+|"[A-Za-z][A-Za-z0-9-]*#[^"\\]+"/y

/** `LOINC#54486-6`, in quotation marks if it has other characters. */
export function parseAlternate(scan: Scan): AlternateIdentifier | undefined {
  skip(scan)
  const at = scan.at
  const found = eatPattern(scan, alternate, '')?.replaceAll('"', '')
  if (found === undefined) return undefined
  const hash = found.indexOf('#')
  const scheme = found.slice(0, hash).toUpperCase()
  if (!Object.hasOwn(schemes, scheme)) {
    const known = Object.keys(schemes).join(', ')
    throw mistake(scan, `the scheme '${found.slice(0, hash).slice(0, 40)}' is not known; expected one of ${known}`, at)
  }
  skipTerm(scan)
  return { op: 'alternate', scheme, identifier: found.slice(hash + 1), at }
}
