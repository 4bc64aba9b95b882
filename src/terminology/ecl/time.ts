/** `effectiveTime`: days as RF2 writes them, so that their order is that of their digits. */
import type { Comparison } from './expression.ts'

type Times = { readonly compare: Comparison; readonly anyOf: readonly string[] }

/** `!=`: none of them; else one of them. */
export function timeTest({ compare, anyOf }: Times): (time: string) => boolean {
  const holds = tests[compare]
  return time => {
    const day = time.replaceAll('-', '')
    return compare === '!=' ? anyOf.every(each => holds(day, each)) : anyOf.some(each => holds(day, each))
  }
}

const tests: Readonly<Record<Comparison, (a: string, b: string) => boolean>> = {
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
}
