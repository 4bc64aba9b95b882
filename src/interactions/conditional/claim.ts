/** The name under which those meet who act on the same criteria. */
import { createHash } from 'node:crypto'
import type { Node } from '../../search/node.ts'

/**
 * Made of what the criteria mean, not of how they are spelled: encoding, order, doubles, and letters that a search folds do not
 * matter. A hash, since criteria name patients.
 */
export function claimOf(type: string, where: Node): string {
  const hash = createHash('sha256')
    .update(`${type} ${canonical(where)}`)
    .digest('base64url')
  return `criteria ${hash}`
}

/** Every list in a Node is a set. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${[...new Set(value.map(canonical))].sort().join()}]`
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? JSON.stringify(value) : `${value}`
  const members = Object.entries(value).map(([name, member]) => `${name}:${canonical(member)}`)
  return `{${members.sort().join()}}`
}
