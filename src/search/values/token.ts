/** https://hl7.org/fhir/R4/search.html#token */
import { isObject, type Json } from '../../fhir/resource.ts'
import { fold } from './fold.ts'
import { listOf, objectOf, textOf } from './member.ts'
import type { Extract, ParameterType } from './parameter-type.ts'

/** At least one of `system`, `code` and `text` is there. */
export type TokenValue = {
  readonly type: 'token'
  /**
   * Absent: the element has none (`|code` finds it), or its type cannot have one. The system of a `code` follows from its binding
   * and is not told here: whoever compares must know that an element of type `code`, `boolean`, `string`, `id`, `uri` or
   * `ContactPoint` has no say in the system.
   */
  readonly system?: string
  readonly code?: string
  /** Folded, for `:text`: the display of a coding, the text of a concept, the text of an identifier's type. */
  readonly text?: string
  /** Of an identifier, the codings of its type, for `:of-type`. */
  readonly ofType?: readonly { readonly system?: string; readonly code: string }[]
}

const plain: Extract<TokenValue> = element => tokens(undefined, textOf(element), undefined)

export const token: ParameterType<TokenValue> = {
  extract: {
    code: plain,
    id: plain,
    string: plain,
    uri: plain,
    boolean: element => (typeof element === 'boolean' ? tokens(undefined, String(element), undefined) : []),
    Coding: codingOf,
    CodeableConcept: conceptOf,
    Identifier: identifierOf,
    ContactPoint: element => tokens(undefined, textOf(objectOf(element)['value']), undefined),
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

function tokens(system: string | undefined, code: string | undefined, text: string | undefined): readonly TokenValue[] {
  if (system === undefined && code === undefined && text === undefined) return []
  return [
    {
      type: 'token',
      ...(system === undefined ? undefined : { system }),
      ...(code === undefined ? undefined : { code }),
      ...(text === undefined ? undefined : { text: fold(text) }),
    },
  ]
}
