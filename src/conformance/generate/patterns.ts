/**
 * The patterns of primitive values, fit for JavaScript. https://hl7.org/fhir/R4/datatypes.html#primitive
 *
 * The published ones are in the dialect of XML Schema, where `\S` is anything but space, tab and line ends; in JavaScript it
 * also leaves out the other spaces of Unicode, which a string may well hold (U+00A0, U+3000).
 */
import type { StructureDefinition } from '@medplum/fhirtypes'

const REGEX = 'http://hl7.org/fhir/StructureDefinition/regex'

/** "Strings SHALL NOT contain Unicode character points below 32, except for u0009, u000D and u000A"; never empty. */
const text = '[^\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F]+'
/** https://hl7.org/fhir/R4/json.html: "String property values can never be empty", which `\S*` would allow. */
const address = '\\S+'

const adapted: Readonly<Record<string, string>> = {
  string: text,
  markdown: text,
  uri: address,
  url: address,
  canonical: address,
  // "No whitespace other than single spaces in the contents"; the published one lets a line end pass.
  code: '[^\\s]+( [^\\s]+)*',
  // The alphabet only: the published `(\s*(…){4}\s*)+` takes exponential time over white space, and V8 runs out of stack
  // on any pattern that counts groups of 4 MB. Whoever validates counts them in code.
  base64Binary: '\\s*[0-9a-zA-Z+/=][0-9a-zA-Z+/=\\s]*',
}

/** Absent for xhtml alone: what a narrative may hold is no matter of a pattern. */
export function patternOf(primitive: StructureDefinition): string | undefined {
  const value = primitive.snapshot?.element.find(({ path }) => path === `${primitive.name}.value`)
  const published = value?.type?.[0]?.extension?.find(({ url }) => url === REGEX)?.valueString
  return published === undefined ? undefined : (adapted[primitive.name] ?? published)
}
