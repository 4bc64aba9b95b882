/** Numbers that look like chance and are the same for the same seed (mulberry32). */
export type Chance = {
  /** From 0 to 1. */
  readonly next: () => number
  readonly between: (low: number, high: number) => number
  readonly one: <T>(of: readonly [T, ...T[]]) => T
}

export function openChance(seed: number): Chance {
  let state = seed >>> 0
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1))
  return { next, between, one: of => of[between(0, of.length - 1)] ?? of[0] }
}
