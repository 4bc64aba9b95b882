/** Data keys as they are needed: unwrapped once, and asked for anew each second, so that one that was destroyed is good nowhere. */

import type { DataKey } from './envelope.ts'
import { type Mac, openMac } from './mac.ts'
import { grown, indexRing, keepRing, parseRing, type RingNeeds, ringKind, unwrapped } from './ring.ts'

export type Keys = {
  /** The last one seals. `'erased'`: they were destroyed. `undefined`: there never were any. */
  readonly find: (tenant: string, ring: string) => Promise<readonly DataKey[] | 'erased' | undefined>
  /** Made at first use. */
  readonly make: (tenant: string, ring: string) => Promise<readonly DataKey[] | 'erased'>
  /** Of the tenant's blind index. */
  readonly mac: (tenant: string) => Promise<Mac>
}

export type KeysNeeds = RingNeeds & {
  /** Milliseconds that only ever rise. */
  readonly elapsed: () => number
}

type Known = { readonly text: string; readonly keys: readonly DataKey[] | 'erased'; readonly until: number }

const lasting = 1_000 // ms
const most = 10_000 // rings that are kept unwrapped

export function openKeys(needs: KeysNeeds): Keys {
  const { store, elapsed } = needs
  const known = new Map<string, Known>()
  const macs = new Map<string, Mac>()

  async function find(tenant: string, id: string): Promise<Known['keys'] | undefined> {
    const name = `${tenant} ${id}`
    const before = known.get(name)
    const now = elapsed()
    if (before !== undefined && now < before.until) return before.keys
    const note = await store.note({ tenant, kind: ringKind, id })
    known.delete(name)
    if (note === undefined) return undefined
    const keys = note.text === before?.text ? before.keys : await keysIn({ ...note, tenant, id })
    known.set(name, { text: note.text, keys, until: now + lasting })
    const [oldest] = known.keys()
    if (known.size > most && oldest !== undefined) known.delete(oldest)
    return keys
  }

  async function keysIn(note: { tenant: string; id: string; text: string }): Promise<Known['keys']> {
    const ring = parseRing(note)
    return 'erased' in ring ? 'erased' : unwrapped(needs, note, ring.keys)
  }

  async function make(tenant: string, id: string): Promise<Known['keys']> {
    for (;;) {
      const found = await find(tenant, id)
      if (found !== undefined) return found
      await keepRing(needs, { tenant, id, revision: 0 }, await grown(needs, { tenant, id }, []))
    }
  }

  return {
    find,
    make,
    async mac(tenant) {
      const before = macs.get(tenant)
      if (before !== undefined) return before
      const keys = await make(tenant, indexRing)
      const [key] = keys === 'erased' ? [] : keys
      if (key === undefined) throw new Error('the key of an index stays')
      const mac = openMac(key.key.export())
      macs.set(tenant, mac)
      return mac
    },
  }
}
