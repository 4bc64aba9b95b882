/** An object while it is being made: its members by the name of the element, whatever type a choice has and whether it is value or twin. */
import type { Json } from '../../../src/fhir/resource.ts'
import type { Random } from '../../faults/random.ts'

export type Members = Record<string, Json>

export type Draft = {
  readonly members: Members
  readonly random: Random
  has(...elements: readonly string[]): boolean
  /** `value[x]` for all of a choice. */
  drop(...elements: readonly string[]): void
  /** Where it is not there yet. */
  make(element: string): void
  put(element: string, value: Json): void
}

/** At most one of them stays. */
export function oneAtMost({ has, drop, random }: Draft, ...elements: readonly string[]): void {
  const there = elements.filter(element => has(element))
  const kept = there.length > 1 ? random.pick(there) : there[0]
  drop(...elements.filter(element => element !== kept))
}

export function oneAtLeast({ has, make, random }: Draft, ...elements: readonly string[]): void {
  if (!elements.some(element => has(element))) make(random.pick(elements))
}

export function exactlyOne(draft: Draft, ...elements: readonly string[]): void {
  oneAtMost(draft, ...elements)
  oneAtLeast(draft, ...elements)
}

/** The first stands only beside all of the others. */
export function needs({ has, drop, make, random }: Draft, element: string, ...others: readonly string[]): void {
  if (!has(element) || others.every(other => has(other))) return
  if (random.next() < 0.5) drop(element)
  else for (const other of others) make(other)
}
