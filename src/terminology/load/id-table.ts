/**
 * A number for each id of a component: SCTIDs of up to 18 digits, and UUIDs by 64 of their bits. Millions of them, as a Map of texts
 * would not fit.
 */
export type IdTable = {
  get(id: string): number | undefined
  set(id: string, value: number): void
  readonly size: number
  /** Gives back its memory at once, not when somebody collects it; nobody may ask it after. */
  close(): void
}

/** `value`: from 0 to 2³¹. */
export function idTable(): IdTable {
  let slots = 1 << 12
  let high = new Uint32Array(slots)
  let low = new Uint32Array(slots)
  let values = new Int32Array(slots).fill(-1)
  let size = 0
  const slotOf = (a: number, b: number): number => {
    let slot = (Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b) >>> 7) & (slots - 1)
    while (values[slot] !== -1 && (high[slot] !== a || low[slot] !== b)) slot = (slot + 1) & (slots - 1)
    return slot
  }
  const grow = (): void => {
    const [oldHigh, oldLow, oldValues] = [high, low, values]
    slots *= 2
    high = new Uint32Array(slots)
    low = new Uint32Array(slots)
    values = new Int32Array(slots).fill(-1)
    for (let old = 0; old < oldValues.length; old++) {
      const value = oldValues[old] ?? -1
      if (value !== -1) put(slotOf(oldHigh[old] ?? 0, oldLow[old] ?? 0), oldHigh[old] ?? 0, oldLow[old] ?? 0, value)
    }
    giveBack(oldHigh, oldLow, oldValues)
  }
  const put = (slot: number, a: number, b: number, value: number): void => {
    high[slot] = a
    low[slot] = b
    values[slot] = value
  }
  return {
    get: id => {
      const value = values[slotOf(highHalf(id), lowHalf(id))] ?? -1
      return value === -1 ? undefined : value
    },
    set: (id, value) => {
      if (size * 2 > slots) grow()
      const a = highHalf(id)
      const b = lowHalf(id)
      const slot = slotOf(a, b)
      if (values[slot] === -1) size++
      put(slot, a, b, value)
    },
    get size() {
      return size
    },
    close: () => giveBack(high, low, values),
  }
}

function giveBack(...arrays: readonly { readonly buffer: ArrayBuffer }[]): void {
  for (const { buffer } of arrays) buffer.transfer(0)
}

const uuidLength = 36

/** One file holds one kind of ids: that a UUID had the halves of an SCTID would not matter. */
function highHalf(id: string): number {
  return id.length === uuidLength ? hexadecimal(id, 0, 8) : decimal(id, 0, id.length - 9)
}

function lowHalf(id: string): number {
  return id.length === uuidLength ? hexadecimal(id, 28, 36) : decimal(id, Math.max(id.length - 9, 0), id.length)
}

function decimal(text: string, start: number, end: number): number {
  let number = 0
  for (let at = start; at < end; at++) number = number * 10 + (text.charCodeAt(at) - 0x30)
  return number
}

/** Of a digit or a letter of either case. */
function hexadecimal(text: string, start: number, end: number): number {
  let number = 0
  for (let at = start; at < end; at++) {
    const char = text.charCodeAt(at)
    number = number * 16 + (char & 15) + (char > 0x39 ? 9 : 0)
  }
  return number >>> 0
}
