/**
 * What a definition of a server's or a tenant's own restricts: repetition, alternatives, comparators and modifiers. Those of R4 are
 * not restricted by theirs, which leave out what search.html allows (alternatives of composites). `:missing` always holds, and
 * `chain` only names some of what is possible.
 * https://hl7.org/fhir/R4/searchparameter-definitions.html#SearchParameter.multipleOr
 */
import type { SearchParameter } from '../parameters.ts'
import type { Criterion } from '../query.ts'
import { splitPrefix } from '../questions/prefix.ts'
import { listed, mistake, type Refusal, shown } from './known.ts'
import { UnfitModifier } from './mistakes.ts'

type Asked = { readonly text: string; readonly modifier?: string; readonly values: readonly string[] }

/** Undefined: nothing. A modifier that is not allowed is thrown, as no handling forgives it. */
export function forbidden(parameter: SearchParameter, { text, modifier, values }: Asked): Refusal | undefined {
  if (parameter.own !== true || modifier === 'missing') return undefined
  const { url, multipleOr, modifier: modifiers } = parameter
  if (modifier !== undefined && modifiers !== undefined && !modifiers.includes(codeOf(modifier, parameter)))
    throw new UnfitModifier(
      `${shown(text)}: the definition ${url} does not allow ':${shown(modifier)}': expected ${listed([...modifiers, 'missing'])}`,
    )
  if (multipleOr === false && values.length > 1)
    return () => `the definition ${url} allows no alternatives, received ${values.length} values`
  return modifier === undefined ? uncompared(parameter, values) : undefined
}

/** In a definition the modifiers have names of their own. https://hl7.org/fhir/R4/valueset-search-modifier-code.html */
function codeOf(modifier: string, { type }: SearchParameter): string {
  if (modifier === 'of-type') return 'ofType'
  return type === 'reference' && /^[A-Z]/.test(modifier) ? 'type' : modifier
}

const compared: ReadonlySet<SearchParameter['type']> = new Set(['number', 'date', 'quantity'])

/** "If no prefix is present, the prefix eq is assumed." */
function uncompared({ url, type, comparator }: SearchParameter, values: readonly string[]): Refusal | undefined {
  if (comparator === undefined || !compared.has(type)) return undefined
  const prefix = values.map(text => splitPrefix(text).prefix).find(known => !comparator.includes(known))
  return prefix && (() => `the definition ${url} does not allow the prefix '${prefix}': expected ${listed(comparator)}`)
}

/** For the criteria of one search, one after the other: throws for the second of what may be asked once. */
export function onlyOnce(): (criterion: Criterion) => void {
  const asked = new Set<SearchParameter>()
  return ({ name, asks }) => {
    for (const ask of asks.values()) {
      if (ask.by !== 'parameter' || ask.parameter.own !== true || ask.parameter.multipleAnd !== false) continue
      const { url } = ask.parameter
      if (asked.has(ask.parameter))
        throw mistake('not-supported', `${shown(name)}: the definition ${url} allows it once in a search`)
    }
    for (const ask of asks.values()) if (ask.by === 'parameter') asked.add(ask.parameter)
  }
}
