/**
 * A store whose resources of some types are sealed, or elements of them: what is written goes down as ciphertext and blind entries, what is read comes
 * up as it was. Neither the store below nor anybody above knows of it.
 */
import { type Outcome, type Reindexed, type Store, StoreUnavailable, type Version } from '../../store/port.ts'
import { askingWith } from './asking.ts'
import { blindEntries } from './blind.ts'
import type { Mac } from './mac.ts'
import type { Opening } from './opening.ts'
import { receiptsWith } from './receipts.ts'
import { isBlind, type Scheme } from './scheme.ts'
import { claimName, sealedCommit } from './sealed-commit.ts'
import { sealedNotes } from './sealed-notes.ts'
import type { SealingNeeds } from './sealing.ts'

export type SealNeeds = Omit<SealingNeeds, 'store'> & { readonly opening: Opening }

export function sealedStore(store: Store, needs: SealNeeds): Store {
  const { keys, schemes, opening, random } = needs
  const asking = askingWith({ store, keys, schemes })
  const receipts = receiptsWith({ keys, opening, random })
  const open = async (version: Version | undefined): Promise<Version | undefined> => version && opening.version(version)
  const openAll = (versions: readonly Version[]): Promise<readonly Version[]> =>
    Promise.all(versions.map(opening.version))
  return {
    ...store,
    ...sealedNotes({ store, keys, schemes, opening, random }),
    ...closing(store, sealedCommit({ ...needs, store, asking, receipts })),
    read: async key => open(await store.read(key)),
    readAll: async keys => Promise.all((await store.readAll(keys)).map(open)),
    vread: async (key, version) => open(await store.vread(key, version)),
    async history(query) {
      const { versions, more } = await store.history(query)
      return { versions: await openAll(versions), more }
    },
    async search(query) {
      const page = await store.search(await asking(query))
      const opened = page.matches.map(async it => ({ ...it, version: await opening.version(it.version) }))
      // Of what is being erased there may still be entries.
      return { ...page, matches: (await Promise.all(opened)).filter(({ version }) => version.json !== undefined) }
    },
    count: async query => store.count(await asking(query)),
    explain: async query => store.explain(await asking(query)),
    async reindex(tenant, items, fence) {
      const [scheme, mac] = [await schemes(), await keys.mac(tenant)]
      return store.reindex(
        tenant,
        items.map(item => blindItem(mac, scheme, item)),
        fence,
      )
    },
    async reword() {
      throw new Error('texts are sealed here: whoever changes them does so in the store below')
    },
    async *scan(query) {
      for await (const version of store.scan(query)) {
        const opened = await opening.version(version)
        if (opened.json !== undefined) yield opened
      }
    },
    async *changes(tenant, after, signal) {
      for await (const change of store.changes(tenant, after, signal)) {
        yield { after: await opening.version(change.after), before: await open(change.before) }
      }
    },
    generation: async (tenant, claim) => store.generation(tenant, await claimName(keys, tenant, claim)),
    async receipt(tenant, key) {
      const found = await store.receipt(tenant, await receipts.name(tenant, key))
      if (found === undefined) return undefined
      return {
        receipt: await receipts.open(tenant, key, found.receipt),
        versions: await openAll(found.versions),
      }
    },
  }
}

/** As it is written from now on: also of what is contained. */
export function blindItem(mac: Mac, scheme: Scheme, item: Reindexed): Reindexed {
  const extent = scheme.writes(item)
  return { ...item, entries: blindEntries(mac, item.type, item.entries, slot => isBlind(extent, slot)) }
}

/** What was asked before the store was closed is still done, though it has not come down to it yet. */
function closing(store: Store, commit: Store['commit']): Pick<Store, 'commit' | 'close'> {
  const pending = new Set<Promise<Outcome>>()
  let closed = false
  return {
    async commit(it) {
      if (closed) throw new StoreUnavailable('the store is closing')
      const outcome = commit(it)
      pending.add(outcome)
      return outcome.finally(() => pending.delete(outcome))
    },
    async close() {
      closed = true
      await Promise.allSettled(pending)
      await store.close()
    },
  }
}
