/** `url|version`. https://hl7.org/fhir/R4/references.html#canonical */
export type Canonical = { readonly url: string; readonly version?: string }

export function parseCanonical(text: string): Canonical {
  const bar = text.indexOf('|')
  if (bar < 0) return { url: text }
  const version = text.slice(bar + 1)
  return { url: text.slice(0, bar), ...(version === '' ? {} : { version }) }
}

export function printCanonical(url: string, version: string | undefined): string {
  return version === undefined ? url : `${url}|${version}`
}
