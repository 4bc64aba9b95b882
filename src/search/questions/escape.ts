/** "Literal commas, dollars and bars are escaped with a backslash." https://hl7.org/fhir/R4/search.html#escaping */

/** A backslash before anything else stands for itself: in what a client sent there is none, see `strayBackslash`. */
export function unescaped(text: string): string {
  return text.includes('\\') ? text.replaceAll(/\\([\\,$|])/g, '$1') : text
}

/** Cut at each separator that is not escaped; the parts are as escaped as they were. */
export function splitUnescaped(text: string, separator: ',' | '$' | '|'): readonly string[] {
  const parts: string[] = []
  let start = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === separator) {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  return [...parts, text.slice(start)]
}

/** Where a backslash stands that escapes nothing ("the parameter value `xx\xx` is illegal"); `undefined`: nowhere. */
export function strayBackslash(text: string): number | undefined {
  const at = text.replaceAll(/\\[\\,$|]/g, '  ').indexOf('\\')
  return at < 0 ? undefined : at
}
