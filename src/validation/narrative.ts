/**
 * `Narrative.div`: well-formed XHTML without anything active, read in one linear pass. https://hl7.org/fhir/R4/narrative.html
 *
 * It is read as strict XML and then shown as HTML by somebody's browser, so what the two read differently is refused as well:
 * CDATA, processing instructions, markup inside comments. Refused, never cleaned: the sender's words stay the sender's.
 */

import { quote } from './findings.ts'
import type { Fault } from './primitive.ts'
import { activeFault, isAllowedAttribute, isAllowedElement, xhtmlNamespace } from './xhtml.ts'

type Cursor = {
  readonly text: string
  at: number
  /** The elements that wait for their end tag. */
  readonly open: string[]
  /** The one `div` has begun; nothing but white space and comments may stand outside of it. */
  rooted: boolean
  /** Text or an image has been met (txt-2). */
  filled: boolean
  readonly faults: Fault[]
}

const tab = 0x09
const space = 0x20
const bang = 0x21
const ampersand = 0x26
const slash = 0x2f
const less = 0x3c
const more = 0x3e
const question = 0x3f
const most = 100 // faults: as many as a resource may have
// biome-ignore lint/suspicious/noControlCharactersInRegex: XML forbids them, so they are looked for.
const forbidden = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/

export function narrativeFaults(text: string): readonly Fault[] {
  const cursor: Cursor = { text, at: 0, open: [], rooted: false, filled: false, faults: [] }
  const malformed = read(cursor)
  if (malformed !== undefined) {
    cursor.faults.push({ code: 'structure', text: `expected one well-formed XHTML <div>: ${malformed}` })
  } else if (!cursor.filled) {
    cursor.faults.push({
      code: 'invariant',
      text: 'the narrative has no content, expected some text or an image (txt-2)',
    })
  }
  return cursor.faults
}

/** Each reader moves the cursor on, or says what is malformed. */
function read(cursor: Cursor): string | undefined {
  const { text } = cursor
  if (forbidden.test(text) || text.includes(']]>')) {
    return "it contains a control character or ']]>'"
  }
  while (cursor.at < text.length) {
    const fault = text.charCodeAt(cursor.at) === less ? readMarkup(cursor) : readText(cursor)
    if (fault !== undefined) {
      return fault
    }
  }
  if (!cursor.rooted) {
    return 'it has no element, expected one <div>'
  }
  const unclosed = cursor.open.at(-1)
  return unclosed === undefined ? undefined : `<${unclosed}> is not closed`
}

function readText(cursor: Cursor): string | undefined {
  const { text } = cursor
  let filled = false
  for (; cursor.at < text.length; cursor.at++) {
    const code = text.charCodeAt(cursor.at)
    if (code === less) {
      break
    }
    filled ||= code > space
    if (code === ampersand) {
      const end = endOfReference(text, cursor.at)
      if (end === undefined) {
        return badReference(text, cursor.at)
      }
      cursor.at = end - 1
    }
  }
  if (filled && cursor.open.length === 0) {
    return 'there is text outside of its <div>'
  }
  cursor.filled ||= filled
  return undefined
}

function readMarkup(cursor: Cursor): string | undefined {
  switch (cursor.text.charCodeAt(cursor.at + 1)) {
    case slash:
      return readEndTag(cursor)
    case bang:
      return readComment(cursor)
    case question:
      return 'it contains a processing instruction (<?)'
    default:
      return readStartTag(cursor)
  }
}

function readEndTag(cursor: Cursor): string | undefined {
  const { text, open } = cursor
  const name = open.pop()
  if (name === undefined || !text.startsWith(name, cursor.at + 2)) {
    return `${quote(text.slice(cursor.at, cursor.at + 24))} closes nothing${name === undefined ? '' : `, <${name}> is open`}`
  }
  const end = skipSpace(text, cursor.at + 2 + name.length)
  if (text.charCodeAt(end) !== more) {
    return `the end tag of <${name}> is not closed`
  }
  cursor.at = end + 1
  return undefined
}

/** HTML ends a comment earlier than XML does, so markup in one could come alive. */
function readComment(cursor: Cursor): string | undefined {
  const { text } = cursor
  if (!text.startsWith('<!--', cursor.at)) {
    return 'it contains a document type, an entity or CDATA (<!)'
  }
  const end = text.indexOf('-->', cursor.at + 4)
  const comment = text.slice(cursor.at + 4, end)
  if (end === -1 || comment.includes('--') || comment.endsWith('-')) {
    return 'a comment is not closed or contains --'
  }
  if (/[<>]/.test(comment)) {
    forbid(cursor, 'markup inside a comment')
  }
  cursor.at = end + 3
  return undefined
}

function readStartTag(cursor: Cursor): string | undefined {
  const { text, open } = cursor
  const end = endOfName(text, cursor.at + 1)
  const name = text.slice(cursor.at + 1, end)
  if (name === '') {
    return "it contains a bare '<', expected &lt;"
  }
  const outside = open.length === 0
  if (outside && (cursor.rooted || name !== 'div')) {
    return `<${clip(name)}> stands outside, expected one <div> around everything`
  }
  if (!isAllowedElement(name)) {
    forbid(cursor, `the element <${clip(name)}>`)
  }
  cursor.at = end
  cursor.rooted = true
  open.push(name)
  return readAttributes(cursor, name, outside)
}

function readAttributes(cursor: Cursor, element: string, outermost: boolean): string | undefined {
  const { text } = cursor
  const seen: string[] = []
  for (;;) {
    const start = skipSpace(text, cursor.at)
    const code = text.charCodeAt(start)
    if (code === more || (code === slash && text.charCodeAt(start + 1) === more)) {
      return endStartTag(cursor, element, start, seen, outermost)
    }
    if (start === cursor.at) {
      return `the tag <${clip(element)}> is broken`
    }
    cursor.at = start
    const fault = readAttribute(cursor, element, seen)
    if (fault !== undefined) {
      return fault
    }
  }
}

function endStartTag(
  cursor: Cursor,
  element: string,
  end: number,
  seen: readonly string[],
  outermost: boolean,
): string | undefined {
  if (outermost && !seen.includes('xmlns')) {
    return `its <div> lacks xmlns="${xhtmlNamespace}"`
  }
  cursor.filled ||= element === 'img' && seen.includes('src')
  const closed = cursor.text.charCodeAt(end) === slash
  if (closed) {
    cursor.open.pop()
  }
  cursor.at = end + (closed ? 2 : 1)
  return undefined
}

function readAttribute(cursor: Cursor, element: string, seen: string[]): string | undefined {
  const { text } = cursor
  const nameEnd = endOfName(text, cursor.at)
  const name = text.slice(cursor.at, nameEnd)
  const equals = skipSpace(text, nameEnd)
  const start = skipSpace(text, equals + 1)
  const mark = text[start]
  const end = mark === '"' || mark === "'" ? text.indexOf(mark, start + 1) : -1
  if (name === '' || text[equals] !== '=' || end === -1) {
    return `an attribute of <${clip(element)}> is broken, expected name="value"`
  }
  cursor.at = end + 1
  const written = text.slice(start + 1, end)
  if (written.includes('<')) {
    return `the attribute ${clip(name)} contains '<', expected &lt;`
  }
  const fault = written.includes('&') ? valueFault(written) : undefined
  return fault ?? judge(cursor, element, name, written, seen)
}

/** `seen` holds allowed names only, so it stays short however many attributes there are. */
function judge(cursor: Cursor, element: string, name: string, written: string, seen: string[]): string | undefined {
  if (!isAllowedAttribute(name)) {
    forbid(cursor, `the attribute ${clip(name)} of <${clip(element)}>`)
    return undefined
  }
  if (seen.includes(name)) {
    return `<${clip(element)}> has the attribute ${name} twice`
  }
  seen.push(name)
  if (name === 'xmlns') {
    return written === xhtmlNamespace ? undefined : `the namespace is ${quote(written)}, expected '${xhtmlNamespace}'`
  }
  const active = activeFault(element, name, written.includes('&') ? decode(written) : written)
  if (active !== undefined) {
    forbid(cursor, `${name}=${quote(written)} of <${clip(element)}>, which ${active}`)
  }
  return undefined
}

function forbid({ faults }: Cursor, what: string): void {
  if (faults.length < most) {
    faults.push({ code: 'invariant', text: `the narrative contains ${what}: expected formatting only (txt-1)` })
  }
}

function valueFault(value: string): string | undefined {
  for (let at = value.indexOf('&'); at !== -1; at = value.indexOf('&', at + 1)) {
    if (endOfReference(value, at) === undefined) {
      return badReference(value, at)
    }
  }
  return undefined
}

const reference = /&(?:lt|gt|amp|quot|apos|#([0-9]{1,7})|#x([0-9a-fA-F]{1,6}));/y
const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** Without a DTD, XML knows five names; every other character is written as itself or by number. */
function endOfReference(text: string, at: number): number | undefined {
  reference.lastIndex = at
  const match = reference.exec(text)
  if (match === null) {
    return undefined
  }
  const [, decimal, hexadecimal] = match
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '20', 16) : Number(decimal)
  return isCharacter(code) ? reference.lastIndex : undefined
}

/** https://www.w3.org/TR/xml/#NT-Char */
function isCharacter(code: number): boolean {
  return code < space
    ? code === tab || code === 0x0a || code === 0x0d
    : code < 0xd800 || (code > 0xdfff && code < 0xfffe) || (code > 0xffff && code <= 0x10ffff)
}

function badReference(text: string, at: number): string {
  return `${quote(text.slice(at, at + 12))} is no character reference, expected &lt; &gt; &amp; &quot; &apos; or a number`
}

function decode(value: string): string {
  return value.replace(/&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([a-z]+));/g, (_all, hexadecimal, decimal, name) =>
    name === undefined
      ? String.fromCodePoint(decimal === undefined ? Number.parseInt(hexadecimal, 16) : Number(decimal))
      : (named[name] ?? ''),
  )
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (isSpace(text.charCodeAt(at))) {
    at += 1
  }
  return at
}

function isSpace(code: number): boolean {
  return code === space || code === tab || code === 0x0a || code === 0x0d
}

/** Letters, digits and `_ - . :`; names beyond ASCII are well-formed but never allowed. */
function endOfName(text: string, from: number): number {
  let at = from
  while (isNameCharacter(text.charCodeAt(at), at === from)) {
    at += 1
  }
  return at
}

function isNameCharacter(code: number, first: boolean): boolean {
  const lower = code | 0x20
  if ((lower >= 0x61 && lower <= 0x7a) || code === 0x5f || code === 0x3a) {
    return true
  }
  return !first && ((code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x2e)
}

function clip(name: string): string {
  return name.length > 32 ? `${name.slice(0, 32)}…` : name
}
