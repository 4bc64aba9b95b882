/** Where the strings and numbers of JSON text end. https://www.rfc-editor.org/rfc/rfc8259#section-6 */
import { numberOf } from './decimal.ts'

/** Character codes: comparing these is what makes walking the text cheap. */
export const sign = {
  space: 0x20,
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  openArray: 0x5b,
  closeArray: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
} as const

const backslash = 0x5c
const minus = 0x2d
const zero = 0x30
const nine = 0x39

export function startsNumber(char: number): boolean {
  return char <= nine && (char >= zero || char === minus)
}

/** Behind the closing quote of the string that opens at `start`; the end of the text if it never closes. */
export function endOfString(text: string, start: number): number {
  let close = text.indexOf('"', start + 1)
  while (close !== -1 && isEscaped(text, close)) close = text.indexOf('"', close + 1)
  return close === -1 ? text.length : close + 1
}

/** An odd number of backslashes before it. */
function isEscaped(text: string, at: number): boolean {
  let before = at - 1
  while (text.charCodeAt(before) === backslash) before--
  return (at - before) % 2 === 0
}

/** Takes whatever looks like a part of a number; the grammar is judged by others. */
export function endOfNumber(text: string, start: number): number {
  let end = start + 1
  while (isNumeric(text.charCodeAt(end))) end++
  return end
}

/** 0-9 + - . e E */
function isNumeric(char: number): boolean {
  return (char >= 0x2b && char <= 0x39 && char !== 0x2c && char !== 0x2f) || char === 0x65 || char === 0x45
}

/** JavaScript prints the number as it is written. */
export function isExact(text: string, start: number, end: number): boolean {
  return end - start === 1 || typeof numberOf(text.slice(start, end)) === 'number'
}
