/** https://hl7.org/fhir/R4/search.html#string */
import type { Json } from '../../fhir/resource.ts'
import { fold } from './fold.ts'
import { objectOf, textOf } from './member.ts'
import type { Extract, ParameterType } from './parameter-type.ts'

/** One field: of a name its family, each given …, so that "starts with" holds for each. */
export type StringValue = {
  readonly type: 'string'
  /** As it stands, for `:exact`. */
  readonly text: string
  /** For everything else. */
  readonly folded: string
}

/** A control character, which FHIR advises against in texts; of those that have it all the same, another stands for it. */
const separator = '\x1f'
const substitute = '\x1e'

const letters = /^[a-z0-9]+(?: [a-z0-9]+)*$/

/**
 * What is compared: without case and accents, and "punctuation and non-significant whitespace (e.g. repeated space characters,
 * tab vs space) should also be ignored". Symbols, such as $ and +, are no punctuation.
 */
export function normalized(text: string): string {
  const folded = fold(text)
  if (letters.test(folded)) return folded
  return folded
    .replaceAll(separator, substitute)
    .replaceAll(/\p{P}+/gu, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/** Both in one text, which is found by its beginning, and sorts by the first. */
export function searched(folded: string, text: string): string {
  return `${folded}${separator}${text}`
}

const nameParts = ['text', 'family', 'given', 'prefix', 'suffix'] as const
const addressParts = ['text', 'line', 'city', 'district', 'state', 'postalCode', 'country'] as const

const plain: Extract<StringValue> = element => fieldsOf([element])

export const string: ParameterType<StringValue> = {
  extract: {
    string: plain,
    markdown: plain,
    HumanName: partsOf(nameParts),
    Address: partsOf(addressParts),
  },
}

function partsOf(names: readonly string[]): Extract<StringValue> {
  return element => {
    const object = objectOf(element)
    return fieldsOf(names.flatMap((name): Json | readonly Json[] => object[name] ?? []))
  }
}

function fieldsOf(values: readonly Json[]): readonly StringValue[] {
  return values
    .map(textOf)
    .filter(text => text !== undefined)
    .map(text => ({ type: 'string', text, folded: normalized(text) }))
}
