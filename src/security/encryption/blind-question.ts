/**
 * The same question, asked of blind entries: what is equal is equal there, too; what lies between or begins alike is not, and is
 * refused rather than answered wrongly.
 */
import { fail } from '../../fhir/issue.ts'
import { isContained, plainType } from '../../search/contained.ts'
import { type Leaf, type Node, none, type Part, type SortKey } from '../../search/node.ts'
import { blindStart, blindText, isOpen, isWords, startOf } from './blind.ts'
import type { Mac } from './mac.ts'
import type { Scheme, Ways } from './scheme.ts'

export type Blinding = Pick<Scheme, 'ways' | 'inside'> & {
  readonly mac: Mac
  /** The ids of present resources that fit what is asked of blind entries already. */
  readonly ids: (type: string, where: Node) => Promise<readonly string[]>
  /** Whether there are any of the type. */
  readonly has: (type: string) => Promise<boolean>
}

export async function blindQuestion(node: Node, type: string, by: Blinding): Promise<Node> {
  switch (node.is) {
    case 'and':
    case 'or':
      return { is: node.is, of: await Promise.all(node.of.map(part => blindQuestion(part, type, by))) }
    case 'not':
      return { is: 'not', of: await blindQuestion(node.of, type, by) }
    case 'refers':
      return chain(node, type, by)
    case 'referred':
      if (by.ways(node.type, node.slot) !== 'clear') throw unasked(node.type, node.slot, '_has')
      return { ...node, where: await blindQuestion(node.where, node.type, beyond(node.type, type, by)) }
    case 'element':
      return { is: 'element', of: node.of.map(part => blindPart(part, type, by)) }
    case 'term':
    case 'prefix':
    case 'contains':
    case 'range':
      return asNode(blindLeaf(node, type, by))
    default:
      return node
  }
}

/** An `or` of leaves is one of nodes, too. */
function asNode(part: Part): Node {
  return part.is === 'or' ? { is: 'or', of: part.of.map(asNode) } : part
}

/** A store does not see where a blind reference leads: what it may lead to is looked up first. */
async function chain(node: Extract<Node, { readonly is: 'refers' }>, type: string, by: Blinding): Promise<Node> {
  const { slot } = node
  const ways = by.ways(type, slot)
  // What nothing contains is not to be refused though it could not be asked.
  if (isContained(node.type) && (ways !== 'clear' || by.inside(type) !== 'clear') && !(await by.has(node.type)))
    return none
  const where = await blindQuestion(node.where, node.type, beyond(node.type, type, by))
  if (ways === 'clear') return { ...node, where }
  const ids = await by.ids(node.type, where)
  return {
    is: 'term',
    slot,
    texts: ids.flatMap(id => asked(ways, blindText(by.mac, type, slot, `${node.type}/${id}`), `${node.type}/${id}`)),
  }
}

/** What is contained in a resource is stored as that is; only who asks for contained ones of all sorts has to think of both. */
function beyond(type: string, from: string, by: Blinding): Blinding {
  if (!isContained(type) || isContained(from)) return by
  const inside = by.inside(from)
  return { ...by, ways: (other, slot) => (isContained(other) && !isOpen(slot) ? inside : by.ways(other, slot)) }
}

function blindPart(part: Part, type: string, by: Blinding): Part {
  return part.is === 'or' ? { is: 'or', of: part.of.map(one => blindPart(one, type, by)) } : blindLeaf(part, type, by)
}

function blindLeaf(leaf: Leaf, type: string, by: Blinding): Part {
  const { slot } = leaf
  const ways = by.ways(type, slot)
  if (ways === 'clear') return leaf
  if (leaf.is === 'term') {
    if (leaf.texts.some(text => isWords(slot, text))) throw unasked(type, slot, 'words')
    return {
      is: 'term',
      slot,
      texts: leaf.texts.flatMap(text => asked(ways, blindText(by.mac, type, slot, text), text)),
    }
  }
  if (leaf.is === 'prefix' && leaf.text === '') return leaf // whatever there is
  if (leaf.is !== 'prefix' || startOf(slot, leaf.text) !== leaf.text) throw unasked(type, slot, 'words')
  const blind: Leaf = { is: 'term', slot, texts: [blindStart(by.mac, type, slot, leaf.text)] }
  return ways === 'both' ? { is: 'or', of: [blind, leaf] } : blind
}

function asked(ways: Ways, blind: string, text: string): readonly string[] {
  return ways === 'both' ? [blind, text] : [blind]
}

export function mustSort(type: string, sort: readonly SortKey[], { ways }: Pick<Blinding, 'ways'>): void {
  for (const key of sort) if ('slot' in key && ways(type, key.slot) !== 'clear') throw unasked(type, key.slot, '_sort')
}

const instead = {
  words: 'only by whole codes, identifiers, references and URIs, :missing, _id and _lastUpdated',
  _sort: 'but not sorted by: expected _id or _lastUpdated',
  _has: 'but not by what refers to something else (_has, hierarchies)',
}

function unasked(type: string, slot: string, what: keyof typeof instead): Error {
  const [code = slot] = /^#?[\w.-]+/.exec(slot) ?? []
  const text = `${code}: this of ${plainType(type)} is stored encrypted and can be searched ${instead[what]}`
  return fail('not-supported', text, undefined, { status: 400 })
}
