/** Cuts a byte stream into messages that state their own length near their beginning; both protocols here do. */
export function frames(header: number, lengthOf: (start: Buffer) => number): (chunk: Buffer) => readonly Buffer[] {
  let parts: Buffer[] = []
  let have = 0
  let need = header
  return chunk => {
    parts.push(chunk)
    have += chunk.length
    if (have < need) return []
    let rest = parts.length > 1 ? Buffer.concat(parts) : chunk
    const whole: Buffer[] = []
    need = header
    while (rest.length >= header) {
      const length = lengthOf(rest)
      if (rest.length < length) {
        need = length
        break
      }
      whole.push(rest.subarray(0, length))
      rest = rest.subarray(length)
    }
    parts = rest.length > 0 ? [rest] : []
    have = rest.length
    return whole
  }
}
