/** Stores that break a promise each, as a careless implementation would: what the fault tests must catch. */
import { setTimeout as sleep } from 'node:timers/promises'
import { stamp } from '../../src/fhir/stamp.ts'
import type { Commit, Committed, Outcome, Store, Version } from '../../src/store/port.ts'

export type Breaking = (store: Store) => Store

/** Acknowledges creations before they are durable. */
export const acknowledgesEarly: Breaking = store => ({
  ...store,
  async commit(commit) {
    if (!commit.writes.every(write => write.do === 'put' && write.when === 'absent')) return store.commit(commit)
    setTimeout(() => void store.commit(commit).catch(() => {}), 50)
    return promised(commit)
  },
})

function promised({ writes }: Commit): Committed {
  const updated = Date.now()
  const versions = writes.map((write): Version | undefined => {
    if (write.do !== 'put') return undefined
    const { key, method, draft } = write
    return { ...key, version: 1, seq: 0, updated, method, created: true, json: stamp(draft, 1, updated) }
  })
  return { ok: true, versions }
}

/** Makes the changes of a transaction one by one; gives up between two of them where `goesOn` says so. */
export function splits(goesOn: () => boolean = () => true): Breaking {
  return store => ({ ...store, commit: commit => oneByOne(store, commit, goesOn) })
}

async function oneByOne(store: Store, commit: Commit, goesOn: () => boolean): Promise<Outcome> {
  const { writes, receipt, ...rest } = commit
  const parts: Committed[] = []
  for (const write of writes) {
    if (parts.length > 0 && !goesOn()) throw new Error('gave up')
    const last = parts.length === writes.length - 1 && receipt ? { receipt } : {}
    const part = await store.commit({ ...rest, ...last, writes: [write] })
    if (!part.ok) return part
    parts.push(part)
  }
  return { ok: true, versions: parts.flatMap(part => part.versions) }
}

/** Looks at the conditions first and writes afterwards, whatever has happened between. */
export const checksThenActs: Breaking = store => ({
  ...store,
  async commit(commit) {
    const current = await store.readAll(commit.writes.map(({ key }) => key))
    const at = commit.writes.findIndex(({ when }, index) => {
      return typeof when === 'object' && when.version !== current[index]?.version
    })
    if (at >= 0) return { ok: false, because: { why: 'condition', at, current: current[at] } }
    await sleep(5)
    const writes = commit.writes.map(write => {
      if (write.do === 'check') return write
      const { when: _, ...unconditional } = write
      return unconditional
    })
    return store.commit({ ...commit, writes })
  },
})

/** Takes every commit for one that relies on no search. */
export const forgetsTerms: Breaking = store => ({
  ...store,
  commit: ({ claims: _, guards: __, ...commit }) => store.commit(commit),
})
