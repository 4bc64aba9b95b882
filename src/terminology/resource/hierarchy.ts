/** Who is above whom: links without cycles, and what follows from them. https://hl7.org/fhir/R4/codesystem.html#hierarchy */
import { type Concept, ConceptSet } from '../concept-set.ts'

export type Hierarchy = {
  parents(concept: Concept): readonly Concept[]
  children(concept: Concept): readonly Concept[]
  isA(concept: Concept, ancestor: Concept): boolean
  descendants(concept: Concept): ConceptSet
  ancestors(concept: Concept): ConceptSet
}

const none: readonly Concept[] = []

/** Bytes of closures kept: those asked for last stay. */
const kept = 32 << 20

/** `onCycle` hears of each cycle, a concept at both its ends; the link that closes it does not count. */
export function hierarchyOf(
  links: readonly (readonly Concept[])[],
  onCycle: (cycle: readonly Concept[]) => void,
): Hierarchy {
  const size = links.length
  const parents = withoutCycles(links, onCycle)
  const children = turned(parents)
  const reach = (concept: Concept, next: readonly (readonly Concept[])[]): ConceptSet => {
    const found = new Set<Concept>()
    const waiting = [...(next[concept] ?? none)]
    for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
      if (found.has(one)) continue
      found.add(one)
      waiting.push(...(next[one] ?? none))
    }
    return ConceptSet.of(size, found)
  }
  const closures = new Map<Concept, ConceptSet>()
  const most = Math.max(16, Math.floor(kept / (size / 8 + 1)))
  const descendants = (concept: Concept): ConceptSet => {
    const known = closures.get(concept)
    if (known !== undefined) return known
    const found = reach(concept, children)
    if (closures.size >= most) for (const oldest of closures.keys().take(1)) closures.delete(oldest)
    closures.set(concept, found)
    return found
  }
  return {
    parents: concept => parents[concept] ?? none,
    children: concept => children[concept] ?? none,
    isA: (concept, ancestor) => concept === ancestor || descendants(ancestor).has(concept),
    descendants,
    ancestors: concept => reach(concept, parents),
  }
}

function turned(parents: readonly (readonly Concept[])[]): Concept[][] {
  const children: Concept[][] = parents.map(() => [])
  for (const [child, above] of parents.entries()) for (const parent of above) children[parent]?.push(child)
  return children
}

/** Goes up from each concept, without recursion: a chain may be as long as the code system. */
function withoutCycles(
  links: readonly (readonly Concept[])[],
  onCycle: (cycle: readonly Concept[]) => void,
): readonly (readonly Concept[])[] {
  const state = new Uint8Array(links.length) // 0 new, 1 on the way, 2 done
  const kept = [...links]
  for (const start of links.keys()) {
    if (state[start] !== 0) continue
    const way: { readonly concept: Concept; at: number }[] = [{ concept: start, at: 0 }]
    state[start] = 1
    for (let top = way.at(-1); top !== undefined; top = way.at(-1)) {
      const { concept } = top
      const next = links[concept]?.[top.at++]
      if (next === undefined) {
        state[concept] = 2
        way.pop()
      } else if (state[next] === 1) {
        const from = way.findIndex(step => step.concept === next)
        onCycle([...way.slice(from).map(step => step.concept), next])
        kept[concept] = kept[concept]?.filter(parent => parent !== next) ?? none
      } else if (state[next] === 0) {
        state[next] = 1
        way.push({ concept: next, at: 0 })
      }
    }
  }
  return kept
}
