/** What FHIR asks of characters, in one pass each. https://hl7.org/fhir/R4/datatypes.html#string */

const maxLength = 1024 * 1024 // characters: "Strings SHALL NOT exceed 1MB (1024*1024 characters)"

/** "Strings SHALL NOT contain Unicode character points below 32, except 9, 10 and 13", nor be empty or all whitespace. */
export function stringFault(text: string): string | undefined {
  if (text.length > maxLength) {
    return `is ${text.length} characters long, expected at most ${maxLength}`
  }
  let blank = true
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x20 && code < 0xfffe) {
      blank = false
    } else if (isForbidden(code)) {
      return `contains the character U+${code.toString(16).toUpperCase().padStart(4, '0')}, expected only what XML can carry`
    }
  }
  return blank ? 'is empty or only whitespace, expected text (leave the element out instead)' : undefined
}

/** U+FFFE and U+FFFF cannot be written in XML. Lone surrogates do not get past the JSON codec. */
function isForbidden(code: number): boolean {
  return code >= 0xfffe || (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d)
}

export function hasWhitespace(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code <= 0x20) {
      return true
    }
    if (code >= 0x80) {
      return /\s/.test(text)
    }
  }
  return false
}

/** "No leading or trailing whitespace and … no whitespace other than single spaces in the contents." */
export function hasOddSpaces(text: string): boolean {
  let space = true
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x20 || (code === 0x20 && space) || (code >= 0x80 && /[^\S ]/.test(text.charAt(i)))) {
      return true
    }
    space = code === 0x20
  }
  return space
}

/**
 * The R4 pattern `(\s*([0-9a-zA-Z\+/=]){4}\s*)+` backtracks exponentially over white space and lets `=` stand anywhere:
 * this reads RFC 4648 instead, in groups of four that white space may part.
 */
export function isBase64(text: string): boolean {
  if (/[^0-9A-Za-z+/=]/.test(text)) {
    return !/[^0-9A-Za-z+/= \t\r\n]/.test(text) && inGroups(text)
  }
  const padding = text.indexOf('=')
  return text.length % 4 === 0 && text !== '' && (padding === -1 || isPadding(text, padding))
}

function inGroups(text: string): boolean {
  const groups = text.split(/[ \t\r\n]+/).filter(group => group !== '')
  return groups.every(group => group.length % 4 === 0) && isBase64(groups.join(''))
}

function isPadding(text: string, from: number): boolean {
  return text.length - from === 1 || (text.length - from === 2 && text.endsWith('=='))
}
