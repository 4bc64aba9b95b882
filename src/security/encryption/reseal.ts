/**
 * What older data keys have sealed, sealed anew by the newest of their ring, while servers go on. What is still to be done is told
 * by the texts themselves, so whoever was interrupted does it again.
 */
import { type Holder, openHolder } from '../../jobs/lease.ts'
import { isContained } from '../../search/contained.ts'
import { all, type Place } from '../../search/node.ts'
import type { Reworded, Version } from '../../store/port.ts'
import { keyNameOf, sealText } from './envelope.ts'
import type { EncryptionEvent } from './event.ts'
import { BadKeys } from './key-wrapper.ts'
import type { Encryption } from './open.ts'
import { openedBy } from './opening.ts'
import { indexRing, receiptRing } from './ring.ts'
import { changeAll } from './rotate.ts'
import { aboutVersion, sealedIn, storedType } from './sealed-text.ts'

export type ResealNeeds = Omit<Encryption, 'wrapper'> & {
  readonly random: (bytes: number) => Uint8Array
  readonly clock: () => number
  /** Of this process alone. */
  readonly owner: string
  readonly observe: (event: EncryptionEvent) => void
}

const batch = 100
const budget = 300_000 // ms

/** Gives how many texts were sealed anew. Throws `BadKeys` where another process is at it. */
export async function resealAll(needs: ResealNeeds, tenant: string): Promise<number> {
  return alone(needs, tenant, async holder => {
    let count = 0
    for await (const items of stale(needs, tenant)) {
      const done = await needs.below.reword(tenant, items, await held(holder))
      if (done === undefined) throw taken()
      count += done
    }
    return count
  })
}

/** Only the newest key of each ring is left. Throws `BadKeys` as long as something needs an older one. */
export async function dropOlder(needs: ResealNeeds, tenant: string): Promise<number> {
  return alone(needs, tenant, async () => {
    for await (const items of stale(needs, tenant)) {
      if (items.length > 0) throw new BadKeys(`older data keys are still needed: 'kiln key reseal' changes that`)
    }
    const { below: store, observe } = needs
    return changeAll({ store, tenants: [tenant], observe }, async ({ id }, keys) => {
      return id === indexRing || id === receiptRing || keys.length < 2 ? undefined : { keys: keys.slice(-1) }
    })
  })
}

async function alone<T>({ below, clock, owner }: ResealNeeds, tenant: string, act: (holder: Holder) => Promise<T>) {
  const holder = openHolder({ store: below, clock, owner }, tenant, 'reseal')
  try {
    await held(holder)
    return await act(holder)
  } finally {
    await holder.release()
  }
}

async function held(holder: Holder) {
  const fence = await holder.fence()
  if (fence === undefined) throw taken()
  return fence
}

function taken(): BadKeys {
  return new BadKeys('another process is sealing anew at this moment; try again when it is done')
}

/** Page by page; what cannot be opened is left to whoever reads it. */
async function* stale(needs: ResealNeeds, tenant: string): AsyncGenerator<readonly Reworded[]> {
  for (const type of await needs.below.types(tenant)) {
    if (!isContained(type) && !needs.types.has(type)) continue
    for await (const versions of isContained(type) ? inside(needs, tenant, type) : alones(needs, tenant, type)) {
      const items = await Promise.all(versions.map(version => resealed(needs, version)))
      yield items.filter(item => item !== undefined)
    }
  }
}

async function* alones({ below }: ResealNeeds, tenant: string, type: string): AsyncGenerator<readonly Version[]> {
  const until = await below.sequence(tenant)
  for (let after = 0; ; ) {
    const page = await below.history({ tenant, type, order: 'oldest', until, after, limit: batch })
    yield page.versions
    const last = page.versions.at(-1)
    if (!page.more || last === undefined) return
    after = last.seq
  }
}

async function* inside({ below }: ResealNeeds, tenant: string, type: string): AsyncGenerator<readonly Version[]> {
  const query = { tenant, type, where: all, sort: [], limit: batch, budget }
  for (let after: Place | undefined; ; ) {
    const { matches, more } = await below.search({ ...query, ...(after ? { after } : {}) })
    yield matches.map(({ version }) => version)
    after = matches.at(-1)?.place
    if (!more || after === undefined) return
  }
}

/** `undefined`: there is nothing to be done. */
async function resealed({ keys, types, random }: ResealNeeds, version: Version): Promise<Reworded | undefined> {
  const { tenant, type, id, version: number, json } = version
  const sealed = json === undefined || !types.has(storedType(version)) ? undefined : sealedIn(json)
  const name = sealed === undefined ? undefined : keyNameOf(sealed)
  const ring = name && (await keys.find(tenant, name.ring))
  if (json === undefined || sealed === undefined || ring === undefined || ring === 'erased') return undefined
  const newest = ring.at(-1)
  const key = ring.find(one => one.number === name?.number)
  if (key === undefined || newest === undefined || key === newest) return undefined
  const about = aboutVersion(version)
  const text = openedBy(key, sealed, about)
  if (text === undefined) return undefined
  const next = sealText(text, newest, about, random)
  return { type, id, version: number, was: json, json: json.replace(sealed, () => next) }
}
