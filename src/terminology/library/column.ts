/** Millions of whole numbers, four bytes each, outside the heap: what a build gathers before it knows how much will come. */
export class Column {
  #values = new Int32Array(1024)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Where it lies. */
  push(value: number): number {
    if (this.#length === this.#values.length) {
      // What was there before is given back at once, and not when somebody collects it.
      this.#values = new Int32Array(this.#values.buffer.transfer(this.#values.byteLength * 2))
    }
    this.#values[this.#length] = value
    return this.#length++
  }

  at(index: number): number {
    return this.#values[index] ?? 0
  }

  /** Without a copy: until the next push. */
  values(): Int32Array {
    return this.#values.subarray(0, this.#length)
  }
}

/** Lists of whole numbers, one per key 0 … keys-1, in two arrays. */
export type Lists = {
  /** The list of key k is `items` from `starts[k]` to `starts[k + 1]`. */
  readonly starts: Int32Array
  readonly items: Int32Array
}

/** The numbers of the pairs by their key, in the order in which they come; a pair whose key is below 0 is left out. */
export function grouped(keys: Int32Array, count: number): Lists {
  const starts = new Int32Array(count + 1)
  for (const key of keys) if (key >= 0) starts[key + 1] = (starts[key + 1] ?? 0) + 1
  accumulate(starts)
  const next = starts.slice()
  const items = new Int32Array(starts[count] ?? 0)
  for (let pair = 0; pair < keys.length; pair++) {
    const key = keys[pair] ?? -1
    if (key < 0) continue
    const at = next[key] ?? 0
    items[at] = pair
    next[key] = at + 1
  }
  return { starts, items }
}

export function listOf({ starts, items }: Lists, key: number): Int32Array {
  return items.subarray(starts[key] ?? 0, starts[key + 1] ?? 0)
}

/** Each number once. */
export function distinct(sorted: Int32Array): Int32Array {
  return sorted.filter((item, at) => item !== sorted[at - 1])
}

/** Who is listed where: the list of n are the keys, rising, whose lists have n. */
export function inverted({ starts, items }: Lists): Lists {
  const count = starts.length - 1
  const turned = new Int32Array(count + 1)
  for (const item of items) turned[item + 1] = (turned[item + 1] ?? 0) + 1
  accumulate(turned)
  const next = turned.slice()
  const keys = new Int32Array(items.length)
  for (let key = 0; key < count; key++) {
    for (let at = starts[key] ?? 0, end = starts[key + 1] ?? 0; at < end; at++) {
      const item = items[at] ?? 0
      const to = next[item] ?? 0
      keys[to] = key
      next[item] = to + 1
    }
  }
  return { starts: turned, items: keys }
}

/** How many list k has, at k + 1 → where it starts. */
export function accumulate(counts: Int32Array): void {
  for (let at = 1; at < counts.length; at++) counts[at] = (counts[at] ?? 0) + (counts[at - 1] ?? 0)
}
