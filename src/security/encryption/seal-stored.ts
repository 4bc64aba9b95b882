/**
 * What is stored already, brought to what the settings say: sealed, opened for good, or sealed in other elements, former versions
 * too, while servers go on. Those write by the new way from the moment at which this begins, ask for both until it ends, and read
 * whatever they find. What is still to be done is told by the texts, so whoever was interrupted does it again.
 */
import { parseJson } from '../../fhir/json.ts'
import { ownLimits } from '../../fhir/json-limits.ts'
import { isResource, type Resource } from '../../fhir/resource.ts'
import { isContained, plainType } from '../../search/contained.ts'
import { type Entries, noEntries } from '../../search/entry.ts'
import type { Indexed } from '../../search/index-contained.ts'
import type { Key, Reindexed, Reworded, Version } from '../../store/port.ts'
import { beginChange, endChange, pending } from './declared.ts'
import type { Encryption } from './encryption.ts'
import type { DataKey } from './envelope.ts'
import type { EncryptionEvent } from './event.ts'
import type { Mac } from './mac.ts'
import { tenantRing } from './ring.ts'
import type { Scheme } from './scheme.ts'
import { blindItem } from './sealed-store.ts'
import { restOf, storedType, unsealed } from './sealed-text.ts'
import { keyOf, sealDraft, sealInside } from './sealing.ts'
import { alone, type Held, pagesOf, type StoredNeeds, taken } from './stored.ts'

export type Index = (resource: Resource, id: string) => Pick<Indexed, 'entries' | 'contained'>

export type SealStoredNeeds = StoredNeeds &
  Pick<Encryption, 'chosen' | 'keys' | 'schemes' | 'opening' | 'ownerOf'> & {
    readonly tenants: readonly string[]
    /** What a resource of a tenant is found by. */
    readonly indexIn: (tenant: string) => Promise<Index>
    readonly random: (bytes: number) => Uint8Array
    /** Until nobody writes or asks as it was before. */
    readonly settle: () => Promise<unknown>
    readonly observe: (event: EncryptionEvent) => void
  }

/** Gives how many texts were changed. Throws `BadKeys` where another process is at it, or another change was begun. */
export async function sealStored(needs: SealStoredNeeds): Promise<number> {
  const types = pending(await beginChange(needs.below, needs.chosen), needs.chosen)
  if (types.length === 0) return 0
  await needs.settle()
  const work: Work = { types, left: new Set() }
  let total = 0
  for (let changed = -1; changed !== 0; total += changed) {
    changed = 0
    for (const tenant of needs.tenants) changed += await sealTenant(needs, tenant, work)
  }
  for (const tenant of needs.tenants) for await (const _ of needs.below.tidy(tenant)); // what was found by the texts as they were
  await endChange(needs.below, work.left)
  return total
}

/** `left`: types of which something cannot be opened any more, because it was erased or changed. */
type Work = { readonly types: readonly string[]; readonly left: Set<string> }

async function sealTenant(needs: SealStoredNeeds, tenant: string, { types, left }: Work): Promise<number> {
  const texts = await alone(needs, tenant, async held => {
    let count = 0
    for (const type of await needs.below.types(tenant)) {
      if (!isContained(type) && !types.includes(type)) continue
      for await (const versions of pagesOf(needs.below, tenant, type)) {
        const own = versions.filter(version => types.includes(storedType(version)))
        if (own.length > 0) count += await sealSome(needs, { tenant, left }, own, held)
      }
    }
    return count
  })
  if (texts > 0) needs.observe({ event: 'encryption.sealed', tenant, texts })
  return texts
}

/** Entries first: as long as the text is as it was, this is known to be undone. */
async function sealSome(
  needs: SealStoredNeeds,
  { tenant, left }: Pick<Work, 'left'> & { readonly tenant: string },
  versions: readonly Version[],
  held: Held,
): Promise<number> {
  const { below, keys } = needs
  const by = { scheme: await needs.schemes(), mac: await keys.mac(tenant), index: await needs.indexIn(tenant), left }
  const changed = (await Promise.all(versions.map(version => sealOne(needs, by, version)))).filter(
    one => one !== undefined,
  )
  if (changed.length === 0) return 0
  const entries = await below.reindex(tenant, await current(needs, changed), await held())
  if (entries === undefined) throw taken()
  const texts = changed.map(({ text }) => text)
  const done = await below.reword(tenant, texts, await held())
  if (done === undefined) throw taken()
  return done
}

type By = Pick<Work, 'left'> & { readonly scheme: Scheme; readonly mac: Mac; readonly index: Index }
type Changed = { readonly version: Version; readonly text: Reworded; readonly item: Reindexed }

/** Former versions are found by nothing. */
async function current({ below }: SealStoredNeeds, changed: readonly Changed[]): Promise<readonly Reindexed[]> {
  const alone = changed.filter(({ version }) => !isContained(version.type))
  const found = alone.length === 0 ? [] : await below.readAll(alone.map(({ version }) => version))
  const now = new Map(alone.map(({ version }, at) => [version, found[at]?.version === version.version]))
  return changed.filter(({ version }) => now.get(version) ?? true).map(({ item }) => item)
}

/** `undefined`: it is as it should be, or nobody can open it, which is told to whoever reads it. */
async function sealOne(needs: SealStoredNeeds, by: By, version: Version): Promise<Changed | undefined> {
  const extent = by.scheme.writes(version)
  const { version: opened, form } = (await needs.opening.inForm(version)) ?? {}
  if (version.json !== undefined && opened?.json === undefined) by.left.add(storedType(version))
  if (version.json === undefined || opened?.json === undefined || form === extent.form) return undefined
  const { type, id, version: number } = version
  const { entries, owner } = await foundBy(needs, by, opened)
  const json = await textOf(needs, by, opened, owner)
  return {
    version,
    text: { type, id, version: number, was: version.json, json },
    item: blindItem(by.mac, by.scheme, { type, id, version: number, entries }),
  }
}

/** `owner`: of the resource by which it is told whose this is. */
type FoundBy = { readonly entries: Entries; readonly owner: Key & { readonly entries: Entries } }

/** What is contained is found, and belongs to somebody, by what its container says. */
async function foundBy({ below, opening }: SealStoredNeeds, { index }: By, version: Version): Promise<FoundBy> {
  const { tenant, type, id } = version
  if (!isContained(type)) {
    const { entries } = indexed(index, version)
    return { entries, owner: { tenant, type, id, entries } }
  }
  const [container, local] = id.slice(id.indexOf('/') + 1).split('#')
  const key = { tenant, type: storedType(version), id: container ?? '' }
  const found = await below.read(key)
  const { entries, contained } = indexed(index, found && (await opening.version(found)))
  const own = contained.find(one => one.id === local && one.type === plainType(type))
  return { entries: own?.entries ?? noEntries, owner: { ...key, entries } }
}

function indexed(index: Index, version: Version | undefined): ReturnType<Index> {
  const resource = version?.json === undefined ? undefined : parseJson(version.json, ownLimits)
  return isResource(resource) ? index(resource, version?.id ?? '') : { entries: noEntries, contained: [] }
}

async function textOf(needs: SealStoredNeeds, by: By, opened: Version, owner: FoundBy['owner']): Promise<string> {
  const { json = '', type, id } = opened
  const extent = by.scheme.writes(opened)
  if (extent.is === 'nothing') return json
  const sealing = { by: await keyFor(needs, by, owner), extent, random: needs.random }
  if (isContained(type)) return sealInside({ ...sealing, mac: by.mac }, opened, { json, entries: noEntries }).json
  const { rest } = sealDraft(sealing, opened, { type, id, rest: restOf(opened) })
  return unsealed(opened, rest)
}

/** What has been left of somebody who was erased is his no more. */
async function keyFor(needs: SealStoredNeeds, by: By, owner: FoundBy['owner']): Promise<DataKey> {
  const found = await keyOf(needs, by.mac, owner)
  if (found !== undefined) return found
  const ring = await needs.keys.make(owner.tenant, tenantRing)
  const key = ring === 'erased' ? undefined : ring.at(-1)
  if (key === undefined) throw new Error('the key of a tenant stays')
  return key
}
