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
    const known = this.#held.get(key)
    if (known) {
      this.#held.delete(key)
      this.#held.set(key, known)
      return known.value
    }
    const made = make()
    this.#held.set(key, made)
    this.#bytes += made.bytes
    for (const [oldest, { bytes }] of this.#held) {
      if (this.#bytes <= this.#most) break
      this.#held.delete(oldest)
      this.#bytes -= bytes
    }
    return made.value
  }
}
