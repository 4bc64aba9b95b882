/** JSON Pointer: a place in a JSON document. https://www.rfc-editor.org/rfc/rfc6901 */
import { isObject, type Json } from '../resource.ts'

export type Pointer = readonly string[]

/** The tokens, unescaped; `undefined` if the text is no pointer: it starts with `/` or is empty, `~` stands before 0 or 1. */
export function parsePointer(text: string): Pointer | undefined {
  if (!/^(?:\/(?:[^~/]|~[01])*)*$/.test(text)) return undefined
  return text
    .split('/')
    .slice(1)
    .map(token => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The value at the place, `undefined` if there is none: inherited members and `-` are no places that hold something. */
export function valueAt(document: Json, pointer: Pointer): Json | undefined {
  let value: Json | undefined = document
  for (const token of pointer) value = memberOf(value, token)
  return value
}

function memberOf(value: Json | undefined, token: string): Json | undefined {
  if (Array.isArray(value)) {
    const index = indexOf(token)
    return index === undefined ? undefined : value[index]
  }
  return isObject(value) && Object.hasOwn(value, token) ? value[token] : undefined
}

/** "digits … leading zeros are not allowed" (section 4). */
export function indexOf(token: string): number | undefined {
  return /^(?:0|[1-9]\d{0,8})$/.test(token) ? Number(token) : undefined
}

export function isPrefix(prefix: Pointer, pointer: Pointer): boolean {
  return prefix.length <= pointer.length && prefix.every((token, i) => token === pointer[i])
}
