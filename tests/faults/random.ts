/** Chance that can be repeated: every choice of a run follows from one printed seed. */
import type { Test } from 'tap'
import { seed } from '../seed.ts'

export type Random = {
  /** A number in [0, 1). */
  next(): number
  /** A whole number from 0 to below `end`. */
  below(end: number): number
  pick<T>(from: readonly T[]): T
}

export function openRandom(t: Test): Random {
  t.comment(`repeat these choices with SEED=${seed}`)
  return seeded(seed)
}

/** Mulberry32. */
export function seeded(seed: number): Random {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (end: number): number => Math.floor(next() * end)
  return { next, below, pick: from => from[below(from.length)] as (typeof from)[number] }
}
