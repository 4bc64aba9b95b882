/** A Binary is for those who see what it belongs to. https://hl7.org/fhir/R4/binary.html#security */
import { and, type Node } from '../../search/node.ts'
import { inSeenContext } from '../../search/security-context.ts'
import type { Access } from './access.ts'

export function withContexts(access: Access, types: readonly string[]): Access {
  if (access.unlimited) return access
  const known = new Map<string, Node>()
  return {
    ...access,
    may(letter, type) {
      const node = access.may(letter, type)
      if (type !== 'Binary' || node.is === 'none') return node
      const found = known.get(letter) ?? and([node, inSeenContext(types, of => access.may('r', of))])
      known.set(letter, found)
      return found
    },
  }
}
