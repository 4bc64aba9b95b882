/** What scopes and policies grant, put together to an Access. */
import { and, type Node, none, or } from '../../search/node.ts'
import { type Access, isUnbounded, type Letter, type Limits, unbounded } from './access.ts'

export type Grant = {
  /** `*`: all. */
  readonly type: string
  readonly letters: readonly Letter[]
  /** To which resources of a type; `none` for those that it does not speak of. */
  readonly where: (type: string) => Node
}

/** What holds beside grants, whichever resource it is. */
export type Beside = Pick<Access, 'limits' | 'runs'>

const free: Beside = { limits: () => unbounded, runs: () => true }

/** Whatever one of them grants. `types`: all that there are. */
export function granted(grants: readonly Grant[], types: readonly string[], beside: Beside = free): Access {
  const decide = (letter: Letter, type: string): Node => {
    const speaking = grants.filter(
      grant => (grant.type === '*' || grant.type === type) && grant.letters.includes(letter),
    )
    return or(speaking.map(({ where }) => where(type)))
  }
  return accessBy(types, decide, beside)
}

/** Only what all of them allow. */
export function jointly(all: readonly Access[], types: readonly string[]): Access {
  const limiting = all.filter(one => !one.unlimited)
  const [first, second] = limiting
  if (first !== undefined && second === undefined) return first
  return accessBy(types, (letter, type) => and(limiting.map(one => one.may(letter, type))), {
    limits: type => together(limiting.map(one => one.limits(type))),
    runs: operation => limiting.every(one => one.runs(operation)),
  })
}

/** What is closed by one of them is closed. */
export function together(all: readonly Limits[]): Limits {
  const bounded = all.filter(limits => !isUnbounded(limits))
  const [only = unbounded, second] = bounded
  if (second === undefined) return only
  const every = (of: keyof Limits): readonly string[] => [...new Set(bounded.flatMap(limits => limits[of]))]
  return { hidden: every('hidden'), fixed: every('fixed'), rules: every('rules') }
}

const letters: readonly Letter[] = ['c', 'r', 'u', 'd', 's']

/** No operation has this name: who may ask for it may ask for all. */
const anyOperation = '*'

function accessBy(
  types: readonly string[],
  decide: (letter: Letter, type: string) => Node,
  { limits, runs }: Beside,
): Access {
  const known = new Map<string, Node>()
  const may: Access['may'] = (letter, type) => {
    const key = `${letter} ${type}`
    const node = known.get(key) ?? decide(letter, type)
    known.set(key, node)
    return node
  }
  const somewhere = (letter: Letter): boolean => types.some(type => may(letter, type).is !== 'none')
  const unlimited =
    letters.every(letter => types.every(type => may(letter, type).is === 'all')) &&
    types.every(type => isUnbounded(limits(type))) &&
    runs(anyOperation)
  return { unlimited, may, somewhere, limits: remembered(limits), runs }
}

/** The same object for the same type: masks are made once for each. */
function remembered(limits: Access['limits']): Access['limits'] {
  const known = new Map<string, Limits>()
  return type => {
    const found = known.get(type) ?? limits(type)
    known.set(type, found)
    return found
  }
}

export const nothing: Access = {
  unlimited: false,
  may: () => none,
  somewhere: () => false,
  limits: () => unbounded,
  runs: () => false,
}
