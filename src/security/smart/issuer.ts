/** What OAuth calls the server of a base: all its endpoints are below it, and tokens are issued in its name. */
export function issuerOf(base: string): string {
  return base.replace(/\/fhir$/, '')
}
