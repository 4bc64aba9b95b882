/** https://hl7.org/fhir/R4/search.html#text */
import type { Query } from '../query.ts'
import { splitUnescaped } from '../questions/escape.ts'
import { fold } from '../values/fold.ts'
import { mistake, mustBeEscaped, shown } from './known.ts'

type Words = Query['words'][number]

const word = /[\p{L}\p{N}]+/gu

/** `_text=heart attack,stroke`: both words of the first alternative, or that of the second. */
export function parseWords(name: Words['in'], value: string): Words {
  mustBeEscaped(name, value)
  const alternatives = splitUnescaped(value, ',').map(text => fold(text).match(word) ?? [])
  if (alternatives.some(words => words.length === 0))
    throw mistake('value', `${name} '${shown(value)}': expected words`)
  return { in: name, alternatives }
}
