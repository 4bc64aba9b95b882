/** https://hl7.org/fhir/R4/http.html#return and RFC 7240: a preference that is unknown or misspelled is ignored. */
export type Return = 'minimal' | 'representation' | 'OperationOutcome'

export type Preferences = {
  readonly return: Return | undefined
  readonly handling: 'strict' | 'lenient' | undefined
}

const nothing: Preferences = { return: undefined, handling: undefined }
const minimal: Preferences = { ...nothing, return: 'minimal' } // what every entry of a Bundle says

export function parsePrefer(header: string | undefined): Preferences {
  if (header === undefined) return nothing
  if (header === 'return=minimal') return minimal
  const found = new Map<string, string>()
  for (const preference of header.split(/[,;]/)) {
    const [name = '', value = ''] = preference.split('=', 2).map(part => part.trim())
    const key = name.toLowerCase()
    // RFC 7240, 2: of a preference that is given twice, the first counts.
    if (!found.has(key)) found.set(key, value.replace(/^"(.*)"$/, '$1'))
  }
  return {
    return: oneOf(['minimal', 'representation', 'OperationOutcome'], found.get('return')),
    handling: oneOf(['strict', 'lenient'], found.get('handling')),
  }
}

function oneOf<T extends string>(allowed: readonly T[], value: string | undefined): T | undefined {
  return allowed.find(one => one.toLowerCase() === value?.toLowerCase())
}
