/** How much work a search is for a store, before it is planned. */
import type { Ask, Criterion } from '../query.ts'
import { mistake, shown } from './known.ts'

const most = 500 // parts; an untyped reference to any type branches into about 145, each a join of its own
const valuesOfOne = 1000 // alternatives that are looked up as fast as a part is joined

/** Throws a 400 if what is asked of a type branches into too many parts. */
export function mustBeLight(criteria: readonly Criterion[], types: readonly string[]): void {
  const weigh = scales()
  for (const type of types) {
    const parts = criteria.map(({ name, asks }) => ({ name, weight: weigh(asks.get(type)) }))
    const sum = parts.reduce((sum, { weight }) => sum + weight, 0)
    if (sum <= most) continue
    const heaviest = parts.reduce((a, b) => (b.weight > a.weight ? b : a))
    throw mistake(
      'too-costly',
      `${shown(heaviest.name)}: branches into ${heaviest.weight} parts, and the whole search may have ${most}: name the types of references, as in subject:Patient.name, or ask for fewer values at once`,
    )
  }
}

/** The same part hangs on many branches: it is weighed once. */
function scales(): (ask: Ask | undefined) => number {
  const known = new Map<Ask, number>()

  function weigh(ask: Ask | undefined): number {
    if (ask === undefined) return 0
    const weight = known.get(ask) ?? weighNew(ask)
    known.set(ask, weight)
    return weight
  }

  function weighNew(ask: Ask): number {
    switch (ask.by) {
      case 'parameter':
        return Math.ceil(ask.values.length / valuesOfOne)
      case 'test':
        return 1
      case 'chain':
        return [...ask.to.values()].reduce((sum, rest) => sum + weigh(rest), 0)
      case 'has':
        return weigh(ask.asks)
      case 'not':
        return weigh(ask.of)
      default:
        return ask.of.reduce((sum, part) => sum + weigh(part), 0)
    }
  }

  return weigh
}
