/** The marks of the definitions that were seen so far, and what they have in common. */
import type { Parameters } from '../parameters.ts'
import { factsOf, markOf } from './mark.ts'

export type Marks = {
  /** What resources of a type bear that are indexed by these definitions. */
  readonly mark: (type: string) => string
  /**
   * What resources bear whose entries for this parameter are the present ones: one that comes or goes beside it does not concern
   * it. Of definitions that were in force before this process began nothing is known, so they count as different.
   */
  readonly marksFor: (type: string, code: string) => readonly string[]
}

type Facts = ReadonlyMap<string, string>

const remembered = 16 // marks of a type

/** One for a process. */
export function openMarks(): (parameters: Parameters) => Marks {
  const types = new Map<string, Map<string, Facts>>()

  function remember(type: string, mark: string, facts: Facts): void {
    const marks = types.get(type) ?? new Map<string, Facts>()
    types.set(type, marks)
    marks.delete(mark) // the latest comes last
    marks.set(mark, facts)
    const [oldest] = marks.keys()
    if (marks.size > remembered && oldest !== undefined) marks.delete(oldest)
  }

  return parameters => {
    const known = new Map<string, { readonly mark: string; readonly facts: Facts }>()

    function of(type: string): { readonly mark: string; readonly facts: Facts } {
      const found = known.get(type) ?? { mark: markOf(type, parameters), facts: factsOf(type, parameters) }
      if (!known.has(type)) remember(type, found.mark, found.facts)
      known.set(type, found)
      return found
    }

    return {
      mark: type => of(type).mark,
      marksFor(type, code) {
        const { mark, facts } = of(type)
        const same = [...(types.get(type) ?? [])].filter(([, other]) => other.get(code) === facts.get(code))
        return [...new Set([mark, ...same.map(([other]) => other)])]
      },
    }
  }
}
