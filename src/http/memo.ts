/** Remembers the results for the few texts that almost all clients send; forgets everything when strange ones fill it up. */
export function memo<T>(compute: (text: string) => T, limit = 256): (text: string) => T {
  const known = new Map<string, T>()
  return text => {
    const found = known.get(text)
    if (found !== undefined) return found
    const made = compute(text)
    if (known.size >= limit) known.clear()
    known.set(text, made)
    return made
  }
}
