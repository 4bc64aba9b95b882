/** Whether one version of a resource belongs to those that a node tells, be it the present one or not. */
import { parseJson } from '../../fhir/json.ts'
import { ownLimits } from '../../fhir/json-limits.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Entries } from '../../search/entry.ts'
import { type Found, fits, worldOf } from '../../search/match.ts'
import { and, type Node } from '../../search/node.ts'
import type { Store, Version } from '../../store/port.ts'

export type JudgeNeeds = {
  readonly store: Pick<Store, 'search'>
  readonly tenant: string
  /** What a resource is found by. */
  readonly index: (resource: Resource, id: string) => Entries
  /** ms for each question that a chain costs. */
  readonly budget: number
}

/** What is judged: a version, or a draft of one. */
export type Image = Pick<Found, 'type' | 'id' | 'updated' | 'entries'>

/** Asks the store only for what lies beyond the resource itself; that is judged by how it is now. */
export async function belongs(needs: JudgeNeeds, node: Node, image: Image): Promise<boolean> {
  switch (node.is) {
    case 'and': {
      for (const part of node.of) if (!(await belongs(needs, part, image))) return false
      return true
    }
    case 'or': {
      for (const part of node.of) if (await belongs(needs, part, image)) return true
      return false
    }
    case 'not':
      return !(await belongs(needs, node.of, image))
    case 'refers': {
      const start = `${node.type}/`
      const links = image.entries.terms.filter(({ slot, text }) => slot === node.slot && text.startsWith(start))
      const ids = links.map(({ text }) => text.slice(start.length))
      return ids.length > 0 && isThere(needs, node.type, and([{ is: 'id', ids }, node.where]))
    }
    case 'referred': {
      const link: Node = { is: 'term', slot: node.slot, texts: [`${image.type}/${image.id}`] }
      return isThere(needs, node.type, and([link, node.where]))
    }
    default:
      return fits(node, { ...image, born: 0 }, nowhere)
  }
}

const nowhere = worldOf([])

async function isThere({ store, tenant, budget }: JudgeNeeds, type: string, where: Node): Promise<boolean> {
  const { matches } = await store.search({ tenant, type, where, sort: [], limit: 1, budget })
  return matches.length > 0
}

/** `json`: a deletion is judged by the text that it put an end to. */
export function imageOf({ index }: JudgeNeeds, { type, id, updated }: Version, json: string): Image {
  return { type, id, updated, entries: index(parseJson(json, ownLimits) as Resource, id) }
}
