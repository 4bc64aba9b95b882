import type { Source } from './source.ts'
import { atMost, sql } from './sql.ts'
import type { Statements } from './statements.ts'

const side = 16 // terms that are looked at one by one
const step = 8_000 // rows that anything else is counted up to: 0.3 ms

/** How many rows a source has, by counting a little: there are no statistics to become stale. */
export function openSizes(statements: Statements, few: number) {
  function countTo(most: number, { from, where }: Source): number {
    return statements.get(
      sql`SELECT count(*) FROM (SELECT 1 FROM ${from} WHERE ${where} ${atMost(most + 1)})`,
    )?.[0] as number
  }

  function sizeOfTerm(term: number): number {
    const at = (offset: number) =>
      statements.get(sql`SELECT root FROM found WHERE term = ${term} LIMIT 1 OFFSET ${offset}`)?.[0] as
        | number
        | undefined
    const [first, later] = [at(0), at(few)]
    if (first === undefined || later === undefined || later === first) return few
    const last = statements.get(sql`SELECT max(root) FROM found WHERE term = ${term}`)?.[0] as number
    return Math.max(few, Math.ceil(((last - first) / (later - first)) * few))
  }

  /**
   * What has more rows than its `rival` is not counted further: nobody needs to know how many. Up to `few` it is exact; beyond,
   * a term's rows are taken to lie as densely everywhere as in the beginning, and others are counted further only where that is
   * worth its time.
   */
  return function sizeOf(source: Source, rival = Number.POSITIVE_INFINITY): number {
    const size = countTo(Math.min(few, rival), source)
    if (size > rival) return Number.POSITIVE_INFINITY
    if (size <= few) return size
    if (source.terms && source.terms.length <= side) {
      return source.terms.reduce((sum, term) => sum + sizeOfTerm(term), 0)
    }
    const counted = rival > 10 * step ? countTo(step, source) : step + 1
    return counted > step ? Number.POSITIVE_INFINITY : counted
  }
}
