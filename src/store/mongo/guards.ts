/** Conditional interactions: https://hl7.org/fhir/R4/http.html#ccreate */
import { noEntries } from '../../search/entry.ts'
import { fits, worldOf } from '../../search/match.ts'
import type { Commit, Guard, Write } from '../port.ts'
import { isChain, relaxed, typesOf } from './search/chains.ts'

export const isGuarded = ({ guards = [] }: Commit) => guards.length > 0

/** Whether the guards may find something else once the writes are there: then the commits cannot be made at once. */
export function upsets(writes: readonly Write[], guards: readonly Guard[]): boolean {
  return guards.some(guard => writes.some(write => write.do !== 'check' && touches(write, guard)))
}

function touches(write: Write, { type, where, ids }: Guard): boolean {
  const { key } = write
  if (typesOf(where).includes(key.type)) return true
  if (key.type !== type) return false
  if (ids.includes(key.id)) return true
  if (write.do !== 'put') return false
  const found = { type, id: key.id, updated: 0, born: 0, entries: write.entries ?? noEntries }
  return fits(relaxed(where, isUnknown), found, nowhere)
}

const isUnknown: typeof isChain = node => isChain(node) || node.is === 'updated'
const nowhere = worldOf([])
