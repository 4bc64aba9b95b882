/**
 * What older data keys have sealed, sealed anew by the newest of their ring, while servers go on. What is still to be done is told
 * by the texts themselves, so whoever was interrupted does it again.
 */
import { isContained } from '../../search/contained.ts'
import type { Reworded, Version } from '../../store/port.ts'
import type { Encryption } from './encryption.ts'
import { type About, type DataKey, keyNameOf, sealText } from './envelope.ts'
import type { EncryptionEvent } from './event.ts'
import { BadKeys } from './key-wrapper.ts'
import { openedBy } from './opening.ts'
import { indexRing, receiptRing } from './ring.ts'
import { changeAll } from './rotate.ts'
import { aboutNote } from './sealed-notes.ts'
import { sealedOf } from './sealed-text.ts'
import { alone, logNotes, pagesOf, type StoredNeeds, taken } from './stored.ts'

export type ResealNeeds = StoredNeeds &
  Pick<Encryption, 'keys' | 'schemes'> & {
    readonly random: (bytes: number) => Uint8Array
    readonly observe: (event: EncryptionEvent) => void
  }

/** Gives how many texts were sealed anew. Throws `BadKeys` where another process is at it. */
export async function resealAll(needs: ResealNeeds, tenant: string): Promise<number> {
  return alone(needs, tenant, async held => {
    let count = await resealNotes(needs, tenant)
    for await (const items of stale(needs, tenant)) {
      const done = await needs.below.reword(tenant, items, await held())
      if (done === undefined) throw taken()
      count += done
    }
    return count
  })
}

/** Only the newest key of each ring is left. Throws `BadKeys` as long as something needs an older one. */
export async function dropOlder(needs: ResealNeeds, tenant: string): Promise<number> {
  return alone(needs, tenant, async () => {
    for await (const items of stale(needs, tenant)) if (items.length > 0) throw needed()
    for await (const { text } of logNotes(needs.below, tenant)) if (await staleKey(needs, tenant, text)) throw needed()
    const { below: store, observe } = needs
    return changeAll({ store, tenants: [tenant], observe }, async ({ id }, keys) => {
      return id === indexRing || id === receiptRing || keys.length < 2 ? undefined : { keys: keys.slice(-1) }
    })
  })
}

function needed(): BadKeys {
  return new BadKeys(`older data keys are still needed: 'kiln key reseal' changes that`)
}

/** Page by page; what cannot be opened is left to whoever reads it. */
async function* stale(needs: ResealNeeds, tenant: string): AsyncGenerator<readonly Reworded[]> {
  const { types } = await needs.schemes()
  for (const type of await needs.below.types(tenant)) {
    if (!isContained(type) && !types.includes(type)) continue
    for await (const versions of pagesOf(needs.below, tenant, type)) {
      const items = await Promise.all(versions.map(version => resealed(needs, version)))
      yield items.filter(item => item !== undefined)
    }
  }
}

/** `undefined`: there is nothing to be done. */
async function resealed(needs: ResealNeeds, version: Version): Promise<Reworded | undefined> {
  const { tenant, type, id, version: number, json } = version
  const found = sealedOf(version)
  const next = found && (await anew(needs, tenant, found.sealed, found.about))
  if (json === undefined || found === undefined || next === undefined) return undefined
  return { type, id, version: number, was: json, json: json.replace(found.sealed, () => next) }
}

async function resealNotes(needs: ResealNeeds, tenant: string): Promise<number> {
  let count = 0
  for await (const note of logNotes(needs.below, tenant)) {
    const text = await anew(needs, tenant, note.text, aboutNote(note))
    if (text !== undefined && (await needs.below.keepNote({ ...note, text })) !== undefined) count++
  }
  return count
}

async function anew(needs: ResealNeeds, tenant: string, sealed: string, about: About): Promise<string | undefined> {
  const keys = await staleKey(needs, tenant, sealed)
  if (keys === undefined) return undefined
  const text = openedBy(keys.key, sealed, about)
  return text === undefined ? undefined : sealText(text, keys.newest, about, needs.random)
}

/** The key that sealed it, and the one that is to; `undefined`: they are the same, or there is none. */
async function staleKey(
  { keys }: Pick<ResealNeeds, 'keys'>,
  tenant: string,
  sealed: string,
): Promise<{ readonly key: DataKey; readonly newest: DataKey } | undefined> {
  const name = keyNameOf(sealed)
  const ring = name && (await keys.find(tenant, name.ring))
  if (ring === undefined || ring === 'erased') return undefined
  const newest = ring.at(-1)
  const key = ring.find(one => one.number === name?.number)
  return key === undefined || newest === undefined || key === newest ? undefined : { key, newest }
}
