/** `url|version#fragment`. https://hl7.org/fhir/R4/references.html#canonical */

export type Canonical = { readonly url: string; readonly version?: string }

const form = /^([^|#]+)(?:\|([^#]*))?(?:#.*)?$/s

/** The fragment is a place within the resource, and no part of its name. `undefined`: only a fragment, a contained resource. */
export function parseCanonical(text: string): Canonical | undefined {
  const [, url, version] = form.exec(text) ?? []
  return url === undefined ? undefined : { url, ...(version && { version }) }
}
