/** So many bytes at a time out of a stream whose chunks have other sizes. */

/** `undefined` if the stream ends before. */
export type Take = (size: number) => Promise<Uint8Array | undefined>

export function openTaker(chunks: AsyncIterable<Uint8Array>): { readonly take: Take; close(): Promise<void> } {
  const iterator = chunks[Symbol.asyncIterator]()
  let held: Uint8Array = new Uint8Array()

  async function take(size: number): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = []
    for (let missing = size; missing > 0; ) {
      if (held.length === 0) {
        const next = await iterator.next()
        if (next.done) return undefined
        held = next.value
      }
      const part = held.subarray(0, missing)
      held = held.subarray(part.length)
      missing -= part.length
      parts.push(part)
    }
    return Buffer.concat(parts) // a copy: what is taken keeps no chunk alive
  }

  return {
    take,
    async close() {
      await iterator.return?.()
    },
  }
}
