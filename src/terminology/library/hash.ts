/** https://en.wikipedia.org/wiki/Fowler–Noll–Vo_hash_function, over UTF-16 units, its high bits mixed into the low ones. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5 | 0
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash ^ (hash >>> 15)
}
