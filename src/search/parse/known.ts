/** What is known of parameters when a search is read, and the words for what is not. */
import { fail, type IssueCode } from '../../fhir/issue.ts'
import { nearest } from '../../fhir/nearest.ts'
import type { Parameters, SearchParameter } from '../parameters.ts'
import { strayBackslash } from '../questions/escape.ts'

export type Known = {
  readonly parameters: Parameters
  /** Those that can be searched. */
  readonly types: readonly string[]
  /** Why a parameter cannot be asked yet: the text of a 400. */
  readonly refuse?: (type: string, code: string) => string | undefined
}

/** A refusal with status 400, whatever the code stands for elsewhere. */
export function mistake(code: IssueCode, text: string): Error {
  return fail(code, text, undefined, { status: 400 })
}

/** R4 defines these like any other, but no element of a resource answers them: they are asked by their own means, or not at all. */
const unindexed: ReadonlySet<string> = new Set(['_text', '_content', '_query'])

/** Why something cannot be asked, in words; spoken only if nothing else can be asked instead. */
export type Refusal = () => string

/** The parameter, or why it cannot be asked. `others`: what would be understood beside those of the type. */
export function find(
  type: string,
  code: string,
  known: Known,
  others: readonly string[] = [],
): SearchParameter | Refusal {
  const parameter = known.parameters.of(type).get(code)
  if (parameter === undefined) {
    return () => missing(type, code, [...codesOf([type], known), ...others].sort())
  }
  if (unindexed.has(code))
    return () => `'${code}' stands alone: it takes no modifier, and is no part of a chain, a _sort or a _filter`
  const refusal = known.refuse?.(type, code)
  return refusal === undefined ? parameter : () => refusal
}

function missing(type: string, code: string, codes: readonly string[]): string {
  return `${type} has no search parameter '${shown(code)}'${hint(code, codes)}: expected one of ${codes.join(', ')}`
}

/** What may be asked of all of these types. */
export function codesOf(types: readonly string[], { parameters }: Known): readonly string[] {
  const [first = '', ...others] = types
  return [...parameters.of(first).keys()]
    .filter(code => !unindexed.has(code) && others.every(type => parameters.of(type).has(code)))
    .sort()
}

/** Undefined: it exists. */
export function unknownType(type: string, { types }: Known): string | undefined {
  if (types.includes(type)) return undefined
  return `there is no resource type '${shown(type)}'${hint(type, types)}`
}

export function hint(name: string, names: Iterable<string>): string {
  const meant = nearest(name, names)
  return meant === undefined || meant === name ? '' : ` (did you mean '${meant}'?)`
}

/** https://hl7.org/fhir/R4/search.html#escaping */
export function mustBeEscaped(name: string, value: string): void {
  const at = strayBackslash(value)
  if (at === undefined) return
  const escapes = String.raw`expected one of \, \| \$ \\ (the last is a backslash itself)`
  throw mistake(
    'value',
    `${shown(name)} '${shown(value)}': the backslash at character ${at + 1} escapes nothing: ${escapes}`,
  )
}

const longest = 80 // characters of what was received that an error repeats

export function shown(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}

/** `Group, Device or Patient`; of many only the first. */
export function listed(names: readonly string[]): string {
  const most = 12
  if (names.length > most) return `${names.slice(0, most).join(', ')} and ${names.length - most} more`
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} or ${names.at(-1)}` : (names[0] ?? 'nothing')
}
