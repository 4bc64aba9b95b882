/** The rules of single types that are part of being well-formed; the other invariants come with the full validator. */
import { localType, parseReference } from '../fhir/reference.ts'
import type { JsonObject } from '../fhir/resource.ts'
import { type Findings, quote, report } from './findings.ts'

export type Rule = (object: JsonObject, found: Findings) => void

/** https://hl7.org/fhir/R4/extensibility.html#Extension: ext-1, "Must have either extensions or value[x], not both". */
export function extensionRule(object: JsonObject, found: Findings): void {
  const nested = object['extension'] !== undefined
  if (nested === hasValue(object)) {
    const what = nested ? 'both a value and extensions' : 'neither a value nor extensions'
    report(found, 'invariant', `the extension has ${what}, expected one of the two (ext-1)`)
  }
}

function hasValue(object: JsonObject): boolean {
  for (const name in object) {
    if (name.startsWith('value') || name.startsWith('_value')) {
      return true
    }
  }
  return false
}

/**
 * https://hl7.org/fhir/R4/references.html#literal: relative to a base, absolute, or `#`. A search, as in transactions,
 * passes: it is resolved or refused by the interaction.
 */
export function referenceRule(isType: (name: string) => boolean): Rule {
  return ({ reference: text }, found) => {
    if (typeof text !== 'string') {
      return
    }
    const local = localType(text)
    if (local !== undefined && isType(local)) return
    const reference = parseReference(text)
    const { kind } = reference
    if (kind === 'invalid' || ((kind === 'local' || kind === 'conditional') && !isType(reference.type))) {
      const expected = "a form such as 'Patient/123', 'https://…', 'urn:uuid:…' or '#contained'"
      report(found, 'value', `${quote(text)} is not a reference: expected ${expected}`, 'reference')
    }
  }
}
