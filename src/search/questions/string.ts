/** https://hl7.org/fhir/R4/search.html#string */
import type { Part } from '../node.ts'
import { normalized, searched } from '../values/string.ts'
import { unescaped } from './escape.ts'
import { each, type Kind, type Subject } from './kind.ts'

/** "A field matches if it equals or starts with the value, after both have been normalized by case and combining characters." */
export const string: Kind = {
  slots: slot => [slot],
  part: (text, on) => asked(text, on) ?? { is: 'contains', slot: on.slot, text: searched('', unescaped(text)) },
  modifiers: () => ({
    exact: each((text, { slot }) => {
      const exact = unescaped(text)
      return { is: 'term', slot, texts: [searched(normalized(exact), exact)] }
    }),
    contains: each((text, { slot }) => ({
      is: 'contains',
      slot,
      text: normalized(unescaped(text)) || unescaped(text),
    })),
  }),
}

/** `undefined`: there is nothing but punctuation and white space, which only the original text behind the normalized has. */
function asked(text: string, { slot }: Subject): Part | undefined {
  const beginning = normalized(unescaped(text))
  return beginning === '' ? undefined : { is: 'prefix', slot, text: beginning }
}
