/** Codes of systems in which upper and lower case are the same. https://hl7.org/fhir/R4/codesystem-definitions.html#CodeSystem.caseSensitive */
import type { Codes } from '../plan.ts'
import { eachSoon, type Soon, soon } from '../soon.ts'
import { splitUnescaped, unescaped } from './escape.ts'
import type { Subject } from './kind.ts'

/**
 * Each alternative `system|code` in all spellings that it may have. They are asked for, as no resource tells whether the system
 * of its codes knows case: an index without case would be one more row for each code.
 */
export function spelled(values: readonly string[], { elements }: Subject, codes: Codes): Soon<readonly string[]> {
  if (elements?.some(type => coded.has(type)) === false) return values
  const most = Math.max(few, mostTexts / values.length)
  const all = eachSoon(values, (text): Soon<readonly string[]> => {
    const [system = '', code = '', ...more] = splitUnescaped(text, '|')
    if (system === '' || code === '' || more.length > 0 || !letter.test(code)) return [text]
    return codes
      .caseless(unescaped(system))
      .then(yes => (yes ? spellings(code, most).map(it => `${system}|${it}`) : [text]))
  })
  return soon(all, each => each.flat())
}

const coded: ReadonlySet<string> = new Set(['Coding', 'CodeableConcept'])
const letter = /\p{L}/u
const mostTexts = 1_024 // of one question
const few = 4

/**
 * Deviates: of a code with so many letters that their spellings are too many to ask for (of one value ten), only those that are
 * found in practice: as it is asked, in capitals, in small letters, and with one capital first.
 */
function spellings(code: string, most: number): readonly string[] {
  const letters = [...code].map(each => [...new Set([each, each.toLowerCase(), each.toUpperCase()])])
  const count = letters.reduce((product, { length }) => product * length, 1)
  if (count <= most)
    return letters.reduce<string[]>((all, of) => all.flatMap(start => of.map(each => start + each)), [''])
  const [lower, upper] = [code.toLowerCase(), code.toUpperCase()]
  return [...new Set([code, lower, upper, upper.slice(0, 1) + lower.slice(1)])]
}
