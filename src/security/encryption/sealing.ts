/** A commit with its resources sealed, each bound to the version that it is going to be. */
import { fail } from '../../fhir/issue.ts'
import { containedId, containedType } from '../../search/contained.ts'
import { noEntries } from '../../search/entry.ts'
import type { Claim, Commit, Condition, Key, Refused, Store, Version, Write } from '../../store/port.ts'
import { blindEntries, blindText } from './blind.ts'
import { type DataKey, sealText } from './envelope.ts'
import type { Keys } from './keys.ts'
import type { Mac } from './mac.ts'
import type { OwnerOf } from './owner.ts'
import { tenantRing } from './ring.ts'
import { aboutVersion, sealedContained, sealedDraft } from './sealed-text.ts'

export type SealingNeeds = {
  readonly store: Pick<Store, 'readAll' | 'generation'>
  readonly keys: Keys
  readonly types: ReadonlySet<string>
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
  const isSealed = (write: Write): write is Put => write.do === 'put' && needs.types.has(write.key.type)
  const puts = writes.filter(isSealed)
  if (puts.length === 0) return { writes, claims: [], isOurs: () => false }
  const mac = await needs.keys.mac(tenant)
  const states = await needs.store.readAll(puts.map(({ key }) => key))
  const foreseen = new Map(puts.map((write, at) => [write as Write, foresee(write, states[at])]))
  const sealed = await Promise.all(
    writes.map(write => {
      const next = foreseen.get(write)
      return next && isSealed(write) ? seal(needs, mac, write, next) : write
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

async function seal(needs: SealingNeeds, mac: Mac, write: Put, { version, when }: Foreseen): Promise<Write> {
  const { key, draft, entries, contained } = write
  const { tenant, type } = key
  const by = await keyFor(needs, mac, write)
  const about = aboutVersion({ ...key, version })
  const inside = contained?.map(one => {
    const kind = containedType(one.type)
    const there = aboutVersion({ tenant, type: kind, id: containedId(key, one.id), version })
    const json = sealedContained(sealText(one.json, by, there, needs.random))
    return { ...one, json, entries: blindEntries(mac, kind, one.entries) }
  })
  return {
    ...write,
    when,
    draft: sealedDraft(draft, sealText(draft.rest, by, about, needs.random)),
    ...(entries === undefined ? {} : { entries: blindEntries(mac, type, entries) }),
    ...(inside === undefined ? {} : { contained: inside }),
  }
}

/** Of the patient, or else of the tenant. */
async function keyFor({ keys, ownerOf }: SealingNeeds, mac: Mac, { key, entries }: Put): Promise<DataKey> {
  const { tenant, type, id } = key
  const owner = ownerOf({ type, id, entries: entries ?? noEntries })
  const found = await keys.make(tenant, owner === undefined ? tenantRing : patientRing(mac, owner))
  const newest = found === 'erased' ? undefined : found.at(-1)
  if (newest !== undefined) return newest
  throw fail('business-rule', `Patient/${owner} was erased: nothing more is stored about this patient`)
}

/** The ring of a patient: its name does not tell whose it is. */
export function patientRing(mac: Mac, id: string): string {
  return blindText(mac, 'Patient', 'ring', id)
}
