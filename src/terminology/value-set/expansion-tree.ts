/** An expansion as a tree, as its code system has it. https://hl7.org/fhir/R4/valueset.html#hierarchy */
import type { JsonObject } from '../../fhir/resource.ts'
import type { Concept } from '../concept-set.ts'
import type { Member } from './member.ts'
import type { Members } from './membership.ts'

/** `undefined`: not all members are of one system by one include, so no order but its own would be right. */
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
  for (const member of members) {
    const parent =
      member.concept === undefined ? undefined : system.parents(member.concept).find(each => among.has(each))
    const list = below.get(parent)
    if (list === undefined) below.set(parent, [member])
    else list.push(member)
  }
  const print = (member: Member): JsonObject => {
    const children = below.get(member.concept)
    const item = toItem(member)
    if (children === undefined || member.concept === undefined) return item
    return { ...item, contains: children.map(print) }
  }
  return (below.get(undefined) ?? []).map(print)
}
