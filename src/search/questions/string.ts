/** https://hl7.org/fhir/R4/search.html#string */
import { fold } from '../values/fold.ts'
import { searched, withoutSeparator } from '../values/string.ts'
import { unescaped } from './escape.ts'
import { each, type Kind } from './kind.ts'

/** "A field matches if it equals or starts with the value, after both have been normalized by case and combining characters." */
export const string: Kind = {
  slots: slot => [slot],
  part: (text, { slot }) => ({ is: 'prefix', slot, text: beginning(text) }),
  modifiers: () => ({
    exact: each((text, { slot }) => {
      const exact = unescaped(text)
      return { is: 'term', slot, texts: [searched(fold(exact), exact)] }
    }),
    contains: each((text, { slot }) => ({ is: 'contains', slot, text: beginning(text) })),
  }),
}

function beginning(text: string): string {
  return withoutSeparator(fold(unescaped(text)))
}
