/** An expansion as a tree, as its code system has it. https://hl7.org/fhir/R4/valueset.html#hierarchy */
import type { JsonObject } from '../../fhir/resource.ts'
import type { Concept } from '../concept-set.ts'
import type { Member } from './member.ts'
import type { Members } from './membership.ts'

/** Levels: each takes two of JSON's, and what is nested deeper than 64 many readers refuse, our own among them. */
const deepest = 24

/**
 * `undefined`: not all members are of one system by one include, so no order but its own would be right; or the hierarchy is
 * deeper than an answer can be.
 */
export function nested(
  { runs, definition }: Members,
  members: readonly Member[],
  toItem: (member: Member) => JsonObject,
): readonly JsonObject[] | undefined {
  const [run, ...others] = runs
  const system = run?.part.system
  if (system === undefined || others.length > 0 || run?.order !== undefined || definition.include.length !== 1) {
    return undefined
  }
  const among = new Map(members.map(member => [member.concept, member]))
  const below = new Map<Concept | undefined, Member[]>()
  const above = new Map<Concept | undefined, Concept | undefined>()
  for (const member of members) {
    const parent =
      member.concept === undefined ? undefined : system.parents(member.concept).find(each => among.has(each))
    above.set(member.concept, parent)
    const list = below.get(parent)
    if (list === undefined) below.set(parent, [member])
    else list.push(member)
  }
  if (members.some(({ concept }) => isDeep(concept, above))) return undefined
  const print = (member: Member): JsonObject => {
    const children = below.get(member.concept)
    const item = toItem(member)
    if (children === undefined || member.concept === undefined) return item
    return { ...item, contains: children.map(print) }
  }
  return (below.get(undefined) ?? []).map(print)
}

function isDeep(concept: Concept | undefined, above: ReadonlyMap<Concept | undefined, Concept | undefined>): boolean {
  let at = concept
  for (let level = 0; at !== undefined; level++) {
    if (level === deepest) return true
    at = above.get(at)
  }
  return false
}
