/**
 * A number for each id of a component: SCTIDs of up to 18 digits, and UUIDs by 64 of their bits. Millions of them, as a Map of texts
 * would not fit.
 */
import type { TabLine } from './tab-line.ts'

/** Ids are columns of lines: none of them is made a text. */
export type IdTable = Lookup & {
  /** `next`: from the value that is there, if any; from 0 to 2³¹ - 2. */
  set(line: TabLine, column: number, next: (value: number | undefined) => number): void
  /** What it consists of, for another thread. */
  slots(): Slots
}

export type Lookup = {
  get(line: TabLine, column: number): number | undefined
  /** Gives back its memory at once, not when somebody collects it; nobody may ask it after. */
  close(): void
}

/** Three numbers each, which mostly lie in one line of the processor's cache: 0, or a value and one; and the halves of its id. */
export type Slots = Int32Array<ArrayBuffer>

const [value, high, low, perSlot] = [0, 1, 2, 3]

export function lookupIn(slots: Slots): Lookup {
  return { get: (line, column) => valueIn(slots, line, column), close: () => giveBack(slots) }
}

export function idTable(): IdTable {
  let slots: Slots = new Int32Array(perSlot << 12)
  let size = 0
  const put = (at: number, stored: number, a: number, b: number): void => {
    slots[at + value] = stored
    slots[at + high] = a
    slots[at + low] = b
  }
  const grow = (): void => {
    const old = slots
    slots = new Int32Array(old.length * 2)
    for (let at = 0; at < old.length; at += perSlot) {
      const [stored = 0, a = 0, b = 0] = [old[at + value], old[at + high], old[at + low]]
      if (stored !== 0) put(placeIn(slots, a, b), stored, a, b)
    }
    giveBack(old)
  }
  return {
    get: (line, column) => valueIn(slots, line, column),
    set(line, column, next) {
      if (size * 2 * perSlot > slots.length) grow()
      const [a, b] = [highHalf(line, column), lowHalf(line, column)]
      const at = placeIn(slots, a, b)
      const stored = slots[at + value] ?? 0
      if (stored === 0) size++
      put(at, next(stored === 0 ? undefined : stored - 1) + 1, a, b)
    },
    slots: () => slots,
    close: () => giveBack(slots),
  }
}

function valueIn(slots: Slots, line: TabLine, column: number): number | undefined {
  const stored = slots[placeIn(slots, highHalf(line, column), lowHalf(line, column)) + value] ?? 0
  return stored === 0 ? undefined : stored - 1
}

/** Where the slot of an id begins, or a free one. */
function placeIn(slots: Slots, a: number, b: number): number {
  const last = slots.length / perSlot - 1
  let slot = (Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b) >>> 7) & last
  for (;;) {
    const at = slot * perSlot
    if (slots[at + value] === 0 || (slots[at + high] === a && slots[at + low] === b)) return at
    slot = (slot + 1) & last
  }
}

function giveBack({ buffer }: Slots): void {
  buffer.transfer(0)
}

const uuidLength = 36

/** One file holds one kind of ids: that a UUID had the halves of an SCTID would not matter. */
function highHalf(line: TabLine, column: number): number {
  const [from, to] = [line.from(column), line.to(column)]
  return to - from === uuidLength ? hexadecimal(line, from, from + 8) : decimal(line, from, to - 9)
}

function lowHalf(line: TabLine, column: number): number {
  const [from, to] = [line.from(column), line.to(column)]
  return to - from === uuidLength ? middleAndEnd(line, from) : decimal(line, Math.max(to - 9, from), to)
}

/** All that differs between those that one machine made one after the other: its node stands at the end, the time before it. */
function middleAndEnd(line: TabLine, from: number): number {
  const time = (hexadecimal(line, from + 9, from + 13) << 16) | hexadecimal(line, from + 14, from + 18)
  return hexadecimal(line, from + 28, from + uuidLength) ^ time
}

function decimal({ bytes }: TabLine, from: number, to: number): number {
  let number = 0
  for (let at = from; at < to; at++) number = number * 10 + ((bytes[at] ?? 0) - 0x30)
  return number | 0
}

/** Of a digit or a letter of either case. */
function hexadecimal({ bytes }: TabLine, from: number, to: number): number {
  let number = 0
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0
    number = (number << 4) | ((byte & 15) + (byte > 0x39 ? 9 : 0))
  }
  return number
}
