/** https://hl7.org/fhir/R4/search.html#token */
import { isObject, type Json } from '../../fhir/resource.ts'
import { listOf, objectOf, textOf } from './member.ts'
import type { Extract, ParameterType } from './parameter-type.ts'
import { normalized } from './string.ts'

/** At least one of `system`, `code` and `text` is there. */
export type TokenValue = {
  readonly type: 'token'
  /** Absent: the element has none (`|code` finds it), or its type cannot have one. */
  readonly system?: string
  readonly code?: string
  /** Folded, for `:text`: the display of a coding, the text of a concept, the text of an identifier's type. */
  readonly text?: string
  /** Of an identifier, the codings of its type, for `:of-type`. */
  readonly ofType?: readonly { readonly system?: string; readonly code: string }[]
  /** No value of this parameter can have a system: see `isPlain`. */
  readonly plain?: true
}

/** Types that have no system of their own. That of a `code` follows from its binding, which questions look at. */
const plainTypes: ReadonlySet<string> = new Set(['code', 'id', 'string', 'uri', 'boolean', 'ContactPoint'])

/**
 * None of the elements that a parameter searches has a system of its own: unless a value set tells that it cannot be, whatever
 * system is asked is taken to be right. Where only some cannot have one, `Group?value=…` a CodeableConcept or a boolean, those have none.
 */
export function isPlain(types: readonly string[] | undefined): boolean {
  return types?.every(type => plainTypes.has(type) || !Object.hasOwn(token.extract, type)) === true
}

/** For a parameter with elements of these types. */
export function tokenExtractors(types: readonly string[] | undefined): ParameterType<TokenValue>['extract'] {
  if (isPlain(types)) return token.extract
  const withSystem = ([type, extract]: [string, Extract<TokenValue>]): [string, Extract<TokenValue>] =>
    plainTypes.has(type)
      ? [type, (element, base) => extract(element, base).map(({ plain, ...value }) => value)]
      : [type, extract]
  return Object.fromEntries(Object.entries(token.extract).map(withSystem))
}

const plain: Extract<TokenValue> = element => plainTokens(textOf(element))

export const token: ParameterType<TokenValue> = {
  extract: {
    code: plain,
    id: plain,
    string: element => plainTokens(caseless(textOf(element) ?? '') || undefined),
    uri: plain,
    boolean: element => (typeof element === 'boolean' ? plainTokens(String(element)) : []),
    Coding: codingOf,
    CodeableConcept: conceptOf,
    Identifier: identifierOf,
    ContactPoint: element => plainTokens(textOf(objectOf(element)['value'])),
  },
}

function codingOf(element: Json): readonly TokenValue[] {
  const { system, code, display } = objectOf(element)
  return tokens(textOf(system), textOf(code), textOf(display))
}

/** The text is the concept's, not a coding's: it stands for itself, unless it only repeats a display. */
function conceptOf(element: Json): readonly TokenValue[] {
  const { coding, text } = objectOf(element)
  const codings = listOf(coding).flatMap(codingOf)
  const [own] = tokens(undefined, undefined, textOf(text))
  return own === undefined || codings.some(value => value.text === own.text) ? codings : [...codings, own]
}

function identifierOf(element: Json): readonly TokenValue[] {
  const { system, value, type } = objectOf(element)
  if (!isObject(type)) return tokens(textOf(system), textOf(value), undefined)
  const ofType = listOf(type['coding']).flatMap(coding => {
    const [found] = codingOf(coding)
    return found?.code === undefined ? [] : [{ ...(found.system && { system: found.system }), code: found.code }]
  })
  const found = tokens(textOf(system), textOf(value), textOf(type['text']))
  return ofType.length === 0 ? found : found.map(token => ({ ...token, ofType }))
}

/** "If the underlying data type is string then the search is not case sensitive." */
export function caseless(text: string): string {
  return text.toLowerCase()
}

function plainTokens(code: string | undefined): readonly TokenValue[] {
  return code === undefined ? [] : [{ type: 'token', code, plain: true }]
}

function tokens(system: string | undefined, code: string | undefined, text: string | undefined): readonly TokenValue[] {
  if (system === undefined && code === undefined && text === undefined) return []
  return [
    {
      type: 'token',
      ...(system === undefined ? undefined : { system }),
      ...(code === undefined ? undefined : { code }),
      ...(text === undefined ? undefined : { text: normalized(text) }),
    },
  ]
}
