import { stamp } from '../../fhir/stamp.ts'
import type { Commit, Committed, Refused, Version } from '../port.ts'
import type { Applied } from './job.ts'

const limit = 64 * 1024 * 1024 // bytes of one resource; SQLite could take 1 GB, but each reader would hold it in memory

/** Breaking these rules is a mistake of the caller, not of the client. */
export function checkCommit({ tenant, writes }: Commit): void {
  const stranger = writes.find(({ key }) => key.tenant !== tenant)
  if (stranger) throw new RangeError(`a commit of tenant '${tenant}' holds a write of tenant '${stranger.key.tenant}'`)
  if (writes.length < 2) return
  const keys = new Set(writes.map(({ key }) => `${key.type}/${key.id}`))
  if (keys.size < writes.length) throw new RangeError('a commit holds two writes of one resource')
}

export function tooLarge({ writes }: Commit): Refused | undefined {
  const at = writes.findIndex(write => write.do === 'put' && exceeds(write.draft.rest))
  return at < 0 ? undefined : { ok: false, because: { why: 'too-large', at, limit } }
}

/** A UTF-16 unit takes at most three bytes of UTF-8, so that short texts need no count. */
function exceeds(text: string): boolean {
  return text.length * 3 > limit && Buffer.byteLength(text) > limit
}

/** The versions as the writer stored them: the same draft under the same stamp gives the same text. */
export function toCommitted({ tenant, writes }: Commit, { updated, seq, versions, created }: Applied): Committed {
  let next = seq
  const made = writes.map((write, at): Version | undefined => {
    const version = versions[at] ?? 0
    if (version === 0 || write.do === 'check') return undefined
    const { type, id } = write.key
    const method = write.do === 'put' ? write.method : 'DELETE'
    const json = write.do === 'put' ? stamp(write.draft, version, updated) : undefined
    return { tenant, type, id, version, seq: next++, updated, method, created: created[at] ?? false, json }
  })
  return { ok: true, versions: made }
}
