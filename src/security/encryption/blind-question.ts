/**
 * The same question, asked of blind entries: what is equal is equal there, too; what lies between or begins alike is not, and is
 * refused rather than answered wrongly.
 */
import { fail } from '../../fhir/issue.ts'
import { isContained, plainType } from '../../search/contained.ts'
import { type Leaf, type Node, none, type Part, type SortKey } from '../../search/node.ts'
import { blindStart, blindText, isOpen, isWords, startOf } from './blind.ts'
import type { Mac } from './mac.ts'

export type Blinding = {
  readonly mac: Mac
  readonly isBlind: (type: string) => boolean
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
      if (by.isBlind(node.type) && !isOpen(node.slot)) throw unasked(node.type, node.slot, '_has')
      return { ...node, where: await blindQuestion(node.where, node.type, beyond(node.type, type, by)) }
    case 'element':
      return by.isBlind(type) ? { is: 'element', of: node.of.map(part => blindPart(part, type, by.mac)) } : node
    case 'term':
    case 'prefix':
    case 'contains':
    case 'range':
      return by.isBlind(type) ? blindLeaf(node, type, by.mac) : node
    default:
      return node
  }
}

/** A store does not see where a blind reference leads: what it may lead to is looked up first. */
async function chain(node: Extract<Node, { readonly is: 'refers' }>, type: string, by: Blinding): Promise<Node> {
  // What nothing contains is not to be refused though it could not be asked.
  if (isContained(node.type) && by.isBlind(type) && !(await by.has(node.type))) return none
  const where = await blindQuestion(node.where, node.type, beyond(node.type, type, by))
  if (!by.isBlind(type) || isOpen(node.slot)) return { ...node, where }
  const ids = await by.ids(node.type, where)
  return { is: 'term', slot: node.slot, texts: ids.flatMap(id => asked(type, node.slot, `${node.type}/${id}`, by.mac)) }
}

/** What is contained in a resource is stored as that is; only who asks for contained ones of all sorts has to think of both. */
function beyond(type: string, from: string, by: Blinding): Blinding {
  if (!isContained(type) || isContained(from)) return by
  return { ...by, isBlind: other => by.isBlind(isContained(other) ? from : other) }
}

function blindPart(part: Part, type: string, mac: Mac): Part {
  return part.is === 'or' ? { is: 'or', of: part.of.map(one => blindPart(one, type, mac)) } : blindLeaf(part, type, mac)
}

function blindLeaf(leaf: Leaf, type: string, mac: Mac): Part {
  const { slot } = leaf
  if (isOpen(slot)) return leaf
  if (leaf.is === 'term') {
    if (leaf.texts.some(text => isWords(slot, text))) throw unasked(type, slot, 'words')
    return { is: 'term', slot, texts: leaf.texts.flatMap(text => asked(type, slot, text, mac)) }
  }
  if (leaf.is === 'prefix' && leaf.text === '') return leaf // whatever there is
  if (leaf.is !== 'prefix' || startOf(slot, leaf.text) !== leaf.text) throw unasked(type, slot, 'words')
  const start = blindStart(mac, type, slot, leaf.text)
  const blind: Leaf = { is: 'term', slot, texts: [start] }
  return isContained(type) ? { is: 'or', of: [blind, leaf] } : blind
}

/** What is contained may be so in what is encrypted or in what is not. */
function asked(type: string, slot: string, text: string, mac: Mac): readonly string[] {
  const blind = blindText(mac, type, slot, text)
  return isContained(type) ? [blind, text] : [blind]
}

export function mustSort(type: string, sort: readonly SortKey[], { isBlind }: Pick<Blinding, 'isBlind'>): void {
  const key = isBlind(type) ? sort.find(({ by }) => by === 'term' || by === 'range') : undefined
  if (key !== undefined && 'slot' in key) throw unasked(type, key.slot, '_sort')
}

const instead = {
  words: 'only by whole codes, identifiers, references and URIs, :missing, _id and _lastUpdated',
  _sort: 'its results are sorted only by _id and _lastUpdated',
  _has: 'not by what refers to something else (_has, hierarchies)',
}

function unasked(type: string, slot: string, what: keyof typeof instead): Error {
  const [code = slot] = /^#?[\w.-]+/.exec(slot) ?? []
  const text = `${code}: ${plainType(type)} is stored encrypted and can be searched ${instead[what]}`
  return fail('not-supported', text, undefined, { status: 400 })
}
