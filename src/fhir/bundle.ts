/** A Bundle put together from the texts of its entries: stored resources go out as they are. https://hl7.org/fhir/R4/bundle.html */

export type Link = { readonly relation: 'self' | 'first' | 'previous' | 'next' | 'last'; readonly url: string }

export type BundleHead = {
  readonly type: 'history' | 'searchset' | 'batch-response' | 'transaction-response'
  readonly total?: number | undefined
  readonly link?: readonly Link[]
}

/** An empty `entry` is left out: in FHIR an array that is there has members. */
export function bundleText({ type, total, link = [] }: BundleHead, entries: readonly string[]): string {
  const parts = [`"resourceType":"Bundle","type":"${type}"`]
  if (total !== undefined) parts.push(`"total":${total}`)
  if (link.length > 0) parts.push(`"link":${JSON.stringify(link)}`)
  if (entries.length > 0) parts.push(`"entry":[${entries.join(',')}]`)
  return `{${parts.join(',')}}`
}
