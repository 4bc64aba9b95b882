/** What was used last, as long as all of it together does not take more than so many bytes. */
export class ByteCache<Key, Value> {
  readonly #most: number
  readonly #held = new Map<Key, { readonly value: Value; readonly bytes: number }>()
  #bytes = 0

  constructor(most: number) {
    this.#most = most
  }

  /** `bytes`: of a value that is made now. */
  get(key: Key, make: () => { readonly value: Value; readonly bytes: number }): Value {
    if (this.#held.has(key)) return this.find(key) as Value
    const { value, bytes } = make()
    this.add(key, value, bytes)
    return value
  }

  find(key: Key): Value | undefined {
    const known = this.#held.get(key)
    if (known === undefined) return undefined
    this.#held.delete(key)
    this.#held.set(key, known)
    return known.value
  }

  add(key: Key, value: Value, bytes: number): void {
    this.#bytes += bytes - (this.#held.get(key)?.bytes ?? 0)
    this.#held.set(key, { value, bytes })
    if (this.#bytes <= this.#most) return
    // An eighth at once: a Map steps over all that was deleted before it finds its first entry.
    for (const [oldest, { bytes }] of this.#held) {
      if (this.#bytes <= (this.#most / 8) * 7) break
      this.#held.delete(oldest)
      this.#bytes -= bytes
    }
  }
}
