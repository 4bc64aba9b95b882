import type { Cardinality, Comparison } from './expression.ts'

type Ordered = number | string

const holds: Readonly<Record<Comparison, (a: Ordered, b: Ordered) => boolean>> = {
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
}

/** Two numbers, or two texts whose order is that of their digits. */
export function isInOrder<T extends Ordered>(a: T, how: Comparison, b: T): boolean {
  return holds[how](a, b)
}

export function isWithin(count: number, { least, most = Number.POSITIVE_INFINITY }: Cardinality): boolean {
  return count >= least && count <= most
}
