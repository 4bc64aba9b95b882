/** From codes to concepts: a table of slots, in which a code's own is found by its letters. */
import type { Concept } from '../concept-set.ts'
import { hashOf } from './hash.ts'

/** Of each slot: 0, or a concept and one. Half of them at most are taken, so that most codes are in their own. */
export function packCodes(keys: readonly string[]): Uint8Array {
  const slots = new Uint32Array(2 ** Math.ceil(Math.log2(keys.length * 2 + 1)))
  for (const [concept, key] of keys.entries()) {
    let slot = slotOf(key, slots)
    while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1)
    slots[slot] = concept + 1
  }
  return new Uint8Array(slots.buffer)
}

/** `has`: whether this is the concept's code, as it is compared. */
export function findCode(
  key: string,
  slots: Uint32Array,
  has: (concept: Concept, key: string) => boolean,
): Concept | undefined {
  for (let slot = slotOf(key, slots); ; slot = (slot + 1) & (slots.length - 1)) {
    const concept = (slots[slot] ?? 0) - 1
    if (concept < 0) return undefined
    if (has(concept, key)) return concept
  }
}

function slotOf(key: string, { length }: Uint32Array): number {
  return hashOf(key) & (length - 1)
}
