/** The members of a value set one by one. */
import type { Concept } from '../concept-set.ts'
import type { Run } from './clause.ts'
import type { Selection } from './selection.ts'

/** A member: by concept where its code system lists it. */
export type Member = { readonly selection: Selection; readonly code: string; readonly concept: Concept | undefined }

export function memberOf(selection: Selection, code: string): Member | undefined {
  const concept = selection.system?.find(code)
  const has = concept === undefined ? selection.unlisted.has(code) : selection.listed.has(concept)
  return has ? { selection, code, concept } : undefined
}

/** Codes without end, or such as may belong to it or not. */
export function isOpen({ part }: Run): boolean {
  return part.unlisted.only === undefined || part.doubtful?.isEmpty === false
}

export function sizeOf({ part, order }: Run): number {
  return order?.length ?? part.listed.count + (part.unlisted.only?.size ?? 0)
}

export function* membersIn({ part, order }: Run): Generator<Member> {
  if (order !== undefined) {
    for (const code of order) {
      const member = memberOf(part, code)
      if (member !== undefined) yield member
    }
    return
  }
  for (const concept of part.listed) yield { selection: part, code: part.system?.code(concept) ?? '', concept }
  for (const code of part.unlisted.only ?? []) yield { selection: part, code, concept: undefined }
}
