/** `conceptId [ws "|" ws term ws "|"]`; the term is for people, and not compared. */
import type { ConceptReference } from './expression.ts'
import { eat, eatPattern, mistake, type Scan, skip } from './scan.ts'

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
