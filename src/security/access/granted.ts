/** What scopes and policies grant, put together to an Access. */
import { and, type Node, none, or } from '../../search/node.ts'
import type { Access, Letter } from './access.ts'

export type Grant = {
  /** `*`: all. */
  readonly type: string
  readonly letters: readonly Letter[]
  /** To which resources of a type; `none` for those that it does not speak of. */
  readonly where: (type: string) => Node
}

/** Whatever one of them grants. `types`: all that there are. */
export function granted(grants: readonly Grant[], types: readonly string[]): Access {
  return accessBy(types, (letter, type) => {
    const speaking = grants.filter(
      grant => (grant.type === '*' || grant.type === type) && grant.letters.includes(letter),
    )
    return or(speaking.map(({ where }) => where(type)))
  })
}

/** Only what all of them allow. */
export function jointly(all: readonly Access[], types: readonly string[]): Access {
  const limiting = all.filter(one => !one.unlimited)
  const [first, second] = limiting
  if (first !== undefined && second === undefined) return first
  return accessBy(types, (letter, type) => and(limiting.map(one => one.may(letter, type))))
}

const letters: readonly Letter[] = ['c', 'r', 'u', 'd', 's']

function accessBy(types: readonly string[], decide: (letter: Letter, type: string) => Node): Access {
  const known = new Map<string, Node>()
  const may: Access['may'] = (letter, type) => {
    const key = `${letter} ${type}`
    const node = known.get(key) ?? decide(letter, type)
    known.set(key, node)
    return node
  }
  const somewhere = (letter: Letter): boolean => types.some(type => may(letter, type).is !== 'none')
  const unlimited = letters.every(letter => types.every(type => may(letter, type).is === 'all'))
  return { unlimited, may, somewhere }
}

export const nothing: Access = { unlimited: false, may: () => none, somewhere: () => false }
