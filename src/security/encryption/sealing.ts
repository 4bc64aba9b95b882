/** A commit with its resources sealed, each bound to the version that it is going to be. */
import { fail } from '../../fhir/issue.ts'
import type { Draft } from '../../fhir/stamp.ts'
import { type Contained, containedId, containedType } from '../../search/contained.ts'
import { type Entries, noEntries } from '../../search/entry.ts'
import type { Claim, Commit, Condition, Key, Refused, Store, Version, Write } from '../../store/port.ts'
import { blindEntries, blindText } from './blind.ts'
import { cut, printPieces } from './cut.ts'
import { type DataKey, sealText } from './envelope.ts'
import type { Extent } from './extent.ts'
import type { Keys } from './keys.ts'
import type { Mac } from './mac.ts'
import type { OwnerOf } from './owner.ts'
import { tenantRing } from './ring.ts'
import { isBlind, type Scheme, type Schemes } from './scheme.ts'
import { aboutVersion, sealedContained, sealedDraft } from './sealed-text.ts'

export type SealingNeeds = {
  readonly store: Pick<Store, 'readAll' | 'generation'>
  readonly keys: Keys
  readonly schemes: Schemes
  readonly ownerOf: OwnerOf
  readonly random: (bytes: number) => Uint8Array
}

export type Sealing = {
  readonly writes: readonly Write[]
  readonly claims: readonly Claim[]
  /** Refused because of what was foreseen here, not of what was asked: to be done anew. */
  readonly isOurs: (because: Refused['because']) => boolean
}

type Put = Extract<Write, { readonly do: 'put' }>

/** Which version the write will make, and what must hold so that it does; `free`: not even one that came and went meanwhile. */
type Foreseen = { readonly version: number; readonly when: Condition; readonly isOurs: boolean; readonly free: boolean }

export async function sealing(needs: SealingNeeds, { tenant, writes }: Commit): Promise<Sealing> {
  const scheme = await needs.schemes()
  const isSealed = (write: Write): write is Put => write.do === 'put' && scheme.writes(write.key).is !== 'nothing'
  const puts = writes.filter(isSealed)
  if (puts.length === 0) return { writes, claims: [], isOurs: () => false }
  const mac = await needs.keys.mac(tenant)
  const states = await needs.store.readAll(puts.map(({ key }) => key))
  const foreseen = new Map(puts.map((write, at) => [write as Write, foresee(write, states[at])]))
  const sealed = await Promise.all(
    writes.map(write => {
      const next = foreseen.get(write)
      return next && isSealed(write) ? seal(needs, { mac, scheme }, write, next) : write
    }),
  )
  const free = puts.filter(write => foreseen.get(write)?.free).map(({ key }) => nameOf(mac, key))
  const claims = await Promise.all(
    free.map(async key => ({ key, generation: await needs.store.generation(tenant, key) })),
  )
  const names = new Set(free)
  return {
    writes: sealed,
    claims,
    isOurs(because) {
      if (because.why === 'claim') return names.has(because.key)
      const write = because.why === 'condition' ? writes[because.at] : undefined
      return write !== undefined && foreseen.get(write)?.isOurs === true
    },
  }
}

const never: Condition = { version: 0 }

function foresee({ when, method }: Put, state: Version | undefined): Foreseen {
  if (typeof when === 'object') return { version: when.version + 1, when, isOurs: false, free: false }
  const version = (state?.version ?? 0) + 1
  const isThere = state?.json !== undefined
  if (when !== undefined && (when === 'present') !== isThere)
    return { version, when: never, isOurs: false, free: false }
  if (isThere) return { version, when: { version: state.version }, isOurs: true, free: false }
  // Nobody else makes the id of a POST; under any other one, something may come and go before this is written.
  const free = method !== 'POST' || state !== undefined
  return { version, when: 'absent', isOurs: when === undefined, free }
}

function nameOf(mac: Mac, { type, id }: Key): string {
  return blindText(mac, type, 'made', id)
}

type By = { readonly mac: Mac; readonly scheme: Scheme }

async function seal(needs: SealingNeeds, { mac, scheme }: By, write: Put, { version, when }: Foreseen): Promise<Write> {
  const { key, draft, entries, contained } = write
  const { type, id } = key
  const by = await keyOf(needs, mac, { ...key, entries: entries ?? noEntries })
  if (by === undefined) throw erased(needs.ownerOf({ type, id, entries: entries ?? noEntries }))
  const { random } = needs
  const extent = scheme.writes(key)
  const inside = contained?.map(one => {
    const there = { ...key, type: containedType(one.type), id: containedId(key, one.id), version }
    return { ...one, ...sealInside({ by, mac, random, extent: scheme.writes(there) }, there, one) }
  })
  return {
    ...write,
    when,
    draft: sealDraft({ by, random, extent }, { ...key, version }, draft),
    ...(entries === undefined ? {} : { entries: blindEntries(mac, type, entries, slot => isBlind(extent, slot)) }),
    ...(inside === undefined ? {} : { contained: inside }),
  }
}

type Place = Pick<Version, 'tenant' | 'type' | 'id' | 'version'>

export type SealBy = Pick<SealingNeeds, 'random'> & { readonly by: DataKey; readonly extent: Extent }

/** By an extent that seals something. */
export function sealDraft({ by, random, extent }: SealBy, place: Place, draft: Draft): Draft {
  if (extent.is !== 'elements') return sealedDraft(draft, sealText(draft.rest, by, aboutVersion(place), random))
  const { open, pieces } = cut(draft.rest, extent.tree)
  const text = `${extent.form}\n${printPieces(pieces)}`
  return sealedDraft(draft, sealText(text, by, aboutVersion(place, open), random), open)
}

export function sealInside(
  { by, random, extent, mac }: SealBy & { readonly mac: Mac },
  place: Place,
  { json, entries }: Pick<Contained, 'json' | 'entries'>,
): Pick<Contained, 'json' | 'entries'> {
  if (extent.is === 'nothing') return { json, entries }
  const sealed = sealedContained(sealText(json, by, aboutVersion(place), random))
  return { json: sealed, entries: blindEntries(mac, place.type, entries, () => true) }
}

/** Of the patient, or else of the tenant; `undefined`: the patient's was destroyed. */
export async function keyOf(
  { keys, ownerOf }: Pick<SealingNeeds, 'keys' | 'ownerOf'>,
  mac: Mac,
  resource: Key & { readonly entries: Entries },
): Promise<DataKey | undefined> {
  const owner = ownerOf(resource)
  const found = await keys.make(resource.tenant, owner === undefined ? tenantRing : patientRing(mac, owner))
  return found === 'erased' ? undefined : found.at(-1)
}

function erased(owner: string | undefined): Error {
  return fail('business-rule', `Patient/${owner} was erased: nothing more is stored about this patient`)
}

/** The ring of a patient: its name does not tell whose it is. */
export function patientRing(mac: Mac, id: string): string {
  return blindText(mac, 'Patient', 'ring', id)
}
