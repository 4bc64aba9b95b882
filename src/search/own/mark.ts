/**
 * Under which definitions a resource was indexed: one more term. Those that bear another mark than the present one of their type
 * are to be indexed anew; that is all that anybody must remember of it.
 */
import { createHash } from 'node:crypto'
import type { Entries } from '../entry.ts'
import { type Node, not, or } from '../node.ts'
import type { Parameters, SearchParameter } from '../parameters.ts'

/** No code of a parameter is like this. */
const slot = '#'

/** To be changed when R4's parameters come to find other values in the type: whatever bears an old mark is then indexed anew. */
const rules: Readonly<Record<string, string>> = { Bundle: 'r4, and what a Bundle carries' }
const before = 'r4'

const digits = 32 // of the few marks that a tenant has at one time, two are the same in one of a thousand million cases

/**
 * The same for all who have the same definitions for the type. Written in digits of two kinds, because all other marks can then
 * be named by where they begin to differ: an index finds what a negation would have to look for.
 */
export function markOf(type: string, parameters: Parameters): string {
  const facts = [...factsOf(type, parameters).values()].sort()
  const hash = createHash('sha256').update([rules[type] ?? before, ...facts].join('\n'))
  return hash.digest().readUInt32BE(0).toString(2).padStart(digits, '0')
}

/** By code, what decides about the entries of the type's own parameters; a description may change without them. */
export function factsOf(type: string, { of, at }: Parameters): ReadonlyMap<string, string> {
  const own = [...of(type).values()].filter(each => each.own)
  return new Map(own.map(each => [each.code, JSON.stringify(factOf(each, at))]))
}

function factOf({ code, type, expression, target, component = [] }: SearchParameter, at: Parameters['at']): unknown {
  const components = component.map(part => {
    const { type, target } = at(part.definition) ?? {}
    return [part.expression, type, target]
  })
  return [code, type, expression, target, components]
}

export function marked({ terms, ranges }: Entries, mark: string): Entries {
  return { terms: [...terms, { slot, text: mark, element: 0 }], ranges }
}

/** Indexed under other definitions, or never: for who walks through all resources anyway. */
export function isStale(mark: string): Node {
  return not({ is: 'term', slot, texts: [mark] })
}

/** Indexed under definitions that have none of these marks, all resources bearing one: for who asks whether there are any. */
export function bearsOther(marks: readonly string[]): Node {
  return or(beginnings(marks, '').map((text): Node => ({ is: 'prefix', slot, text })))
}

/** Of all marks but these, as far as they begin with `start`. */
function beginnings(marks: readonly string[], start: string): readonly string[] {
  if (marks.length === 0) return [start]
  if (start.length === digits) return []
  return ['0', '1'].flatMap(digit =>
    beginnings(
      marks.filter(mark => mark[start.length] === digit),
      start + digit,
    ),
  )
}
