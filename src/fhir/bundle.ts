/** A Bundle put together from the texts of its entries: stored resources go out as they are. https://hl7.org/fhir/R4/bundle.html */

export type Link = { readonly relation: 'self' | 'first' | 'previous' | 'next' | 'last'; readonly url: string }

export type BundleHead = {
  readonly type: 'history' | 'searchset' | 'batch-response' | 'transaction-response'
  readonly total?: number | undefined
  readonly link?: readonly Link[]
}

/**
 * An empty `entry` is left out: in FHIR an array that is there has members. One text is added to the other, and copied once
 * when it is sent: each `join` would copy the whole Bundle once more.
 */
export function bundleText({ type, total, link = [] }: BundleHead, entries: readonly string[]): string {
  let text = `{"resourceType":"Bundle","type":"${type}"`
  if (total !== undefined) text += `,"total":${total}`
  if (link.length > 0) text += `,"link":${JSON.stringify(link)}`
  let before = ',"entry":['
  for (const entry of entries) {
    text += before + entry
    before = ','
  }
  return `${text}${entries.length > 0 ? ']}' : '}'}`
}
