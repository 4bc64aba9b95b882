/** What stands before a number, date or quantity. https://hl7.org/fhir/R4/search.html#prefix */

const prefixes = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'] as const

export type Prefix = (typeof prefixes)[number]

/** "If no prefix is present, the prefix eq is assumed." */
export function splitPrefix(text: string): { readonly prefix: Prefix; readonly rest: string } {
  const prefix = prefixes.find(known => text.startsWith(known))
  return prefix === undefined ? { prefix: 'eq', rest: text } : { prefix, rest: text.slice(prefix.length) }
}
