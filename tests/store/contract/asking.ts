/** Questions to a store as its contract asks them. */
import { type Entries, noEntries, type Range, type Term } from '../../../src/search/entry.ts'
import type { Node } from '../../../src/search/node.ts'
import type { SearchQuery } from '../../../src/store/port.ts'
import type { Desk } from '../place.ts'

export const budget = 60_000 // ms; more than any of these takes on a slow machine

export function question(desk: Desk, where: Node, more: Partial<SearchQuery> = {}): SearchQuery {
  return { tenant: desk.tenant, type: 'Patient', where, sort: [], limit: 50, budget, ...more }
}

export async function find(desk: Desk, where: Node, type = 'Patient'): Promise<readonly string[]> {
  const { matches } = await desk.store.search(question(desk, where, { type }))
  return matches.map(({ version }) => version.id)
}

export function count(desk: Desk, where: Node): Promise<number> {
  return desk.store.count({ tenant: desk.tenant, type: 'Patient', where, budget })
}

export async function walk(
  desk: Desk,
  where: Node,
  limit: number,
  more: Partial<SearchQuery> = {},
): Promise<readonly string[]> {
  const found: string[] = []
  for (let after: SearchQuery['after']; ; ) {
    const page = await desk.store.search(question(desk, where, { ...more, limit, ...(after && { after }) }))
    found.push(...page.matches.map(({ version }) => version.id))
    after = page.matches.at(-1)?.place
    if (!page.more) return found
  }
}

export function terms(...of: readonly (readonly [slot: string, text: string])[]): Entries {
  return { ...noEntries, terms: of.map(([slot, text]): Term => ({ slot, text, element: 0 })) }
}

export function range(slot: string, low: number, high: number, more: Partial<Range> = {}): Range {
  return { slot, unit: '', low, high, from: low, to: high, element: 0, ...more }
}

export function term(slot: string, text: string): Node {
  return { is: 'term', slot, texts: [text] }
}

export function below(slot: string, than: number): Node {
  return { is: 'range', slot, unit: '', tests: [{ end: 'low', op: '<', than }] }
}
