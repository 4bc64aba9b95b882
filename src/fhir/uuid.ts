/**
 * Ids of resources that the server names: UUIDs that rise with time (version 7). Random ones land all over the index, and
 * each create dirties a page of its own. https://www.rfc-editor.org/rfc/rfc9562#section-5.7
 */
export function timeOrderedId(now: number, random: `${string}-${string}-${string}-${string}-${string}`): string {
  const time = now.toString(16).padStart(12, '0')
  // What follows the version in a random UUID (version 4) is 74 random bits and the same variant.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(15)}`
}
