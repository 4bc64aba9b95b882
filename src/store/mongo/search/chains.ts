/** https://hl7.org/fhir/R4/search.html#chaining: questions about other resources are answered first, and become questions about ids. */
import { all, and, type Node, none, not, or } from '../../../search/node.ts'
import type { Look } from './look.ts'

type Chain = Extract<Node, { readonly is: 'refers' | 'referred' }>

export const hasChain = (node: Node) => typesOf(node).length > 0

/** Of other resources that the node asks about. */
export function typesOf(node: Node): readonly string[] {
  switch (node.is) {
    case 'refers':
    case 'referred':
      return [node.type, ...typesOf(node.where)]
    case 'and':
    case 'or':
      return node.of.flatMap(typesOf)
    case 'not':
      return typesOf(node.of)
    default:
      return []
  }
}

export const isChain = (node: Node): boolean => node.is === 'refers' || node.is === 'referred'

/** What holds wherever the node does, without its parts that are `open`: those may hold or not. */
export function relaxed(node: Node, open = isChain, positive = true): Node {
  if (open(node)) return positive ? all : none
  switch (node.is) {
    case 'and':
      return and(node.of.map(part => relaxed(part, open, positive)))
    case 'or':
      return or(node.of.map(part => relaxed(part, open, positive)))
    case 'not':
      return not(relaxed(node.of, open, !positive))
    default:
      return node
  }
}

/** The node without chains; `undefined`: one of them leads through more than `most` resources. */
export function resolve(look: Look, type: string, node: Node, most: number): Promise<Node | undefined> {
  return replace(node, async chain => {
    const where = await resolve(look, chain.type, chain.where, most)
    if (where === undefined || where.is === 'none') return where
    const question = { type: chain.type, where }
    if (chain.is === 'referred') return idNode(await look.targets(question, chain.slot, type, most))
    const ids = await look.ids(question, most + 1)
    return ids.length > most ? undefined : refersTo(chain, ids)
  })
}

/** As `resolve`, however many there are, but right for these resources alone. */
async function resolveAmong(look: Look, type: string, node: Node, ids: readonly string[]): Promise<Node> {
  const resolved = await replace(node, async chain =>
    chain.is === 'refers'
      ? refersTo(chain, await fitting(look, chain.type, await referencesOf(look, type, ids, chain), chain.where))
      : idNode(await referredAmong(look, type, ids, chain)),
  )
  if (resolved === undefined) throw new Error('every chain is resolved among few resources')
  return resolved
}

/** Those of the resources that fit. */
export async function fitting(
  look: Look,
  type: string,
  ids: readonly string[],
  where: Node,
): Promise<readonly string[]> {
  if (where.is === 'none') return []
  const found: string[] = []
  const { stride } = look.reach
  for (let at = 0; at < ids.length; at += stride) {
    const some = ids.slice(at, at + stride)
    const resolved = hasChain(where) ? await resolveAmong(look, type, where, some) : where
    found.push(...(await look.ids({ type, where: and([{ is: 'id', ids: some }, resolved]) })))
  }
  return found
}

async function referencesOf(look: Look, type: string, ids: readonly string[], chain: Chain) {
  const question = { type, where: { is: 'id', ids } } as const
  return (await look.targets(question, chain.slot, chain.type, ids.length)) ?? []
}

/** Those of the resources that one refers to which fits. */
async function referredAmong(look: Look, type: string, ids: readonly string[], { type: from, slot, where }: Chain) {
  const refers: Node = { is: 'term', slot, texts: ids.map(id => `${type}/${id}`) }
  const among = (node: Node) => look.targetsAmong({ type: from, where: and([refers, node]) }, slot, type, ids)
  if (!hasChain(where)) return among(where)
  const referred = new Set<string>()
  for await (const some of batches(look, from, and([refers, relaxed(where)]))) {
    const fit = await fitting(look, from, some, where)
    for (const id of fit.length > 0 ? await among({ is: 'id', ids: fit }) : []) referred.add(id)
    if (referred.size === ids.length) break
  }
  return [...referred]
}

async function* batches(look: Look, type: string, where: Node): AsyncGenerator<readonly string[]> {
  const { stride } = look.reach
  let last: Awaited<ReturnType<Look['places']>>[number] | undefined
  do {
    const found = await look.places({ type, where }, { sort: [], after: last?.place, limit: stride })
    if (found.length > 0) yield found.map(({ id }) => id)
    last = found.length < stride ? undefined : found.at(-1)
  } while (last)
}

const idNode = (ids: readonly string[] | undefined): Node | undefined =>
  ids && (ids.length > 0 ? { is: 'id', ids } : none)

function refersTo({ slot, type }: Chain, ids: readonly string[]): Node {
  return ids.length === 0 ? none : { is: 'term', slot, texts: ids.map(id => `${type}/${id}`) }
}

/** The node with other nodes in place of its chains; `undefined` as soon as there is none for one of them. */
async function replace(node: Node, by: (chain: Chain) => Promise<Node | undefined>): Promise<Node | undefined> {
  switch (node.is) {
    case 'refers':
    case 'referred':
      return by(node)
    case 'not': {
      const of = await replace(node.of, by)
      return of && not(of)
    }
    case 'and':
    case 'or': {
      // At once: a chain that may lead into contained resources, too, takes no longer than one that does not.
      const replaced = await Promise.all(node.of.map(part => replace(part, by)))
      const of = replaced.filter(part => part !== undefined)
      if (of.length < replaced.length) return undefined
      return node.is === 'and' ? and(of) : or(of)
    }
    default:
      return node
  }
}
