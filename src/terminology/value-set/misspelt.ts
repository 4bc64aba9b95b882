/** Why a code of ICD-10, or of a variant of it, is not known that nearly is one. https://hl7.org/fhir/R4/icd.html */
import type { CodeSystem } from '../code-system.ts'

const icd10 = /\/icd-10(?:-|$)/i
const form = /^[A-Z]\d[0-9A-Z](?:\.?[0-9A-Z]{1,4})?$/i

export function misspelt(code: string, system: CodeSystem): string | undefined {
  if (!icd10.test(system.facts.url)) return undefined
  // Dagger, asterisk and exclamation mark stand behind a code, to say how it is used.
  const codes = code.split(/[\s†‡+*!]+/).filter(part => part !== '')
  if (codes.length > 1 && codes.every(each => form.test(each))) {
    const named = codes.map(each => `'${rightly(each, system) ?? each}'`)
    return `several codes in one are not supported; expected ${named.join(' and ')} as codings of their own`
  }
  const right = rightly(codes.length === 1 ? (codes[0] ?? '') : code, system)
  if (right === undefined) return undefined
  const why = codes[0] === code ? 'codes are written with their period' : 'marks of usage are no part of a code'
  return `${why}; expected '${right}'`
}

/** As the system has it; `undefined`: with the period in its place, it is not known either. */
function rightly(text: string, system: CodeSystem): string | undefined {
  const bare = text.replaceAll(/[.-]/g, '')
  const concept = system.find(text) ?? system.find(bare.length > 3 ? `${bare.slice(0, 3)}.${bare.slice(3)}` : bare)
  return concept === undefined ? undefined : system.code(concept)
}
