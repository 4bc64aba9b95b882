/** What somebody sees of the resources of a tenant. */
import { isContained } from '../../search/contained.ts'
import { all, type Node, or } from '../../search/node.ts'
import type { Version } from '../../store/port.ts'
import type { Access, Letter } from './access.ts'
import { belongs, imageOf, type JudgeNeeds } from './judge.ts'

export type Sight = {
  /** The resources of a type that are seen. What is contained is seen with its container, which the planner asks for. */
  readonly of: (type: string) => Node
  /** Each version by its own text, a deletion by the last text before it. */
  readonly sees: (version: Version) => Promise<boolean>
}

export type SightNeeds = Omit<JudgeNeeds, 'store' | 'tenant'> & {
  readonly store: JudgeNeeds['store'] & {
    vread(key: Version, version: number): Promise<Version | undefined>
  }
}

/** Whoever asks again does so by the same rights: for each of them and the letters, what is seen of each type. */
const known = new WeakMap<Access, Map<string, Map<string, Node>>>()

function knownOf(access: Access, letters: readonly Letter[]): Map<string, Node> {
  const byLetters = known.get(access) ?? new Map<string, Map<string, Node>>()
  known.set(access, byLetters)
  const name = letters.join('')
  const byType = byLetters.get(name) ?? new Map<string, Node>()
  byLetters.set(name, byType)
  return byType
}

/** Who may do one of these things to a resource sees it while doing so. */
export function sightOf(access: Access, letters: readonly Letter[], needs: SightNeeds): Sight {
  const { store } = needs
  const nodes = knownOf(access, letters)
  const of: Sight['of'] = type => {
    if (isContained(type)) return all
    const node = nodes.get(type) ?? or([...new Set(letters.map(letter => access.may(letter, type)))])
    nodes.set(type, node)
    return node
  }
  return {
    of,
    async sees(version) {
      const node = of(version.type)
      if (node.is === 'all' || node.is === 'none') return node.is === 'all'
      // A deletion never follows another: deleting what is not there makes no version.
      const json = version.json ?? (await store.vread(version, version.version - 1))?.json
      if (json === undefined) return false
      const judging = { ...needs, tenant: version.tenant }
      return belongs(judging, node, imageOf(judging, version, json))
    },
  }
}
