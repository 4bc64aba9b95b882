/** What a commit would come to, without it. */
import { stamp } from '../fhir/stamp.ts'
import type { Commit, Outcome, Store, Version, Write } from '../store/port.ts'

/**
 * The store judges the commit inside its own transaction, as it judges any. Behind its writes stands one that can never be, so that
 * the store refuses the whole: for that last one only if all the others may be.
 */
export async function rehearse(store: Store, commit: Commit, now: number): Promise<Outcome> {
  const { receipt: _unused, ...it } = commit // it would remember what never happened
  const { length } = it.writes
  const outcome = await store.commit({ ...it, writes: [...it.writes, impossible(it)] })
  if (outcome.ok) throw new Error('a commit was made, though one of its writes is impossible')
  const { because } = outcome
  if (!('at' in because) || because.why === 'guard' || because.at < length) return outcome
  const standing = await store.readAll(it.writes.map(({ key }) => key))
  return { ok: true, versions: it.writes.map((write, at) => wouldBe(write, standing[at], now)) }
}

/** '~' is in no id. Links are judged last, and only where integrity is asked for. */
function impossible({ tenant, writes: [first], integrity = false }: Commit): Write {
  const type = first?.key.type ?? 'Basic'
  const key = { tenant, type, id: '~' }
  if (!integrity) return { do: 'check', key, when: 'present' }
  return { do: 'put', key, method: 'POST', draft: { type, id: key.id, rest: '}}' }, links: [`${type}/~~`] }
}

/** Its place in the commit sequence is 0, where no version is. */
function wouldBe(write: Write, standing: Version | undefined, now: number): Version | undefined {
  if (write.do === 'check' || (write.do === 'delete' && standing?.json === undefined)) return undefined
  const next = { ...write.key, version: (standing?.version ?? 0) + 1, seq: 0, updated: now }
  if (write.do === 'delete') return { ...next, method: 'DELETE', created: false, json: undefined }
  const created = standing?.json === undefined
  return { ...next, method: write.method, created, json: stamp(write.draft, next.version, now) }
}
