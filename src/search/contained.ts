/**
 * Resources inside of resources: kept beside their container as rows of the index alone, so that only who asks for them finds
 * them. https://hl7.org/fhir/R4/search.html#contained
 */
import type { Entries } from './entry.ts'
import { type Node, none, type SortKey } from './node.ts'

export type Contained = {
  /** `Medication` */
  readonly type: string
  /** Within its container: `m1`. */
  readonly id: string
  /** As it goes out. */
  readonly json: string
  readonly entries: Entries
}

/** The type that they are searched under; no URL can say it. */
export function containedType(type: string): string {
  return `#${type}`
}

/** The id that they have there, which tells their container: `MedicationRequest/23#m1`. */
export function containedId(container: { readonly type: string; readonly id: string }, id: string): string {
  return `${container.type}/${container.id}#${id}`
}

/** Where those of a resource stand in the order: before the next one, one behind the other. */
export function bornWithin(born: number, index: number): number {
  return born - 1 + (index + 1) / mostWithin
}

/** Of what Bundles carry, and nothing contains: their rows tell no container. */
export const carriedTypes: ReadonlySet<string> = new Set(['Composition', 'MessageHeader'])

/** More than that are not written. */
export const mostWithin = 65_536

export function isContained(type: string): boolean {
  return type.startsWith('#')
}

/** `Medication`, be it contained or not. */
export function plainType(type: string): string {
  return isContained(type) ? type.slice(1) : type
}

/** Slots that contained resources have beside those of their parameters: the container, and their own id. */
export const inSlot = '#in'
export const idSlot = '_id'

/** What a container has by its contained resources of a type; containers are sorted by it. */
export function sortSlot(type: string, slot: string): string {
  return `#${type}.${slot}`
}

/** A question about resources, asked of contained ones: `byId` says what ids mean there. What stands behind a chain stays as it is. */
export function ofContained(node: Node, byId: (ids: readonly string[]) => Node): Node {
  switch (node.is) {
    case 'id':
      return byId(node.ids)
    case 'and':
    case 'or':
      return { ...node, of: node.of.map(part => ofContained(part, byId)) }
    case 'not':
      return { ...node, of: ofContained(node.of, byId) }
    default:
      return node
  }
}

/** Ids within the container. */
export function ownId(ids: readonly string[]): Node {
  return { is: 'term', slot: idSlot, texts: ids }
}

/** Ids of resources that stand alone. */
export function noOne(): Node {
  return none
}

export function sortOfContained(key: SortKey): SortKey {
  return key.by === 'id' ? { by: 'term', slot: idSlot, descending: key.descending } : key
}

/** Of containers, by what they contain of the type. */
export function sortOfContainers(key: SortKey, type: string): SortKey {
  return key.by === 'term' || key.by === 'range' ? { ...key, slot: sortSlot(type, key.slot) } : key
}
