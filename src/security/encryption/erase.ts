/**
 * Crypto-erasure: with the patient's key everything that it sealed is gone, in every version and every copy. Then the resources
 * are deleted, so that no search finds what nobody can read.
 */
import type { Definitions } from '../../conformance/definitions.ts'
import { fail } from '../../fhir/issue.ts'
import { compartment } from '../../search/compartment.ts'
import type { Node, Place } from '../../search/node.ts'
import type { Store, Version } from '../../store/port.ts'
import { blankAll } from './blank.ts'
import { blindQuestion } from './blind-question.ts'
import type { Encryption } from './encryption.ts'
import { keyNameOf } from './envelope.ts'
import type { EncryptionEvent } from './event.ts'
import { keepRing, parseRing, ringKind } from './ring.ts'
import { sealedIn } from './sealed-text.ts'
import { patientRing } from './sealing.ts'
import type { StoredNeeds } from './stored.ts'

export type EraseNeeds = Pick<Encryption, 'keys' | 'schemes'> &
  StoredNeeds & {
    readonly definitions: Pick<Definitions, 'compartments'>
    readonly sleep: (ms: number) => Promise<unknown>
    readonly observe: (event: EncryptionEvent) => void
  }

export type Erased = {
  /** Deleted now; there may have been others before. */
  readonly resources: number
  /** Of each type, how many tell of this patient and are still there: not encrypted, or not of this patient alone. */
  readonly left: ReadonlyMap<string, number>
}

const noChains = { ids: async () => [], has: async () => false } // a compartment has none
const batch = 100
const budget = 300_000 // ms
const unsettled = 2_000 // ms in which other processes may still use the key that they know

/** May be called again until it comes to its end. */
export async function erasePatient(needs: EraseNeeds, tenant: string, id: string): Promise<Erased> {
  if (!(await needs.schemes()).types.includes('Patient')) {
    throw fail('value', 'nothing of Patient is encrypted: expected a store in which patients have keys')
  }
  const mac = await needs.keys.mac(tenant)
  const ring = patientRing(mac, id)
  await destroy(needs, tenant, ring, id)
  const all = { tenant, ring, id }
  const first = await sweep(needs, all)
  await needs.sleep(unsettled)
  const second = await sweep(needs, all)
  await blankAll(needs, tenant, ring)
  const erased = { resources: first.resources + second.resources, left: second.left }
  const left = [...erased.left.values()].reduce((sum, count) => sum + count, 0)
  needs.observe({ event: 'encryption.erased', tenant, resources: erased.resources, left })
  return erased
}

/** What is left tells that there was a key, and when it was destroyed: nobody makes another one. */
async function destroy({ below, clock }: EraseNeeds, tenant: string, ring: string, id: string): Promise<void> {
  for (;;) {
    const note = await below.note({ tenant, kind: ringKind, id: ring })
    if (note === undefined)
      throw fail('not-found', `Patient/${id} has no key: there is nothing of this patient to erase`)
    if ('erased' in parseRing(note)) return
    const place = { tenant, id: ring, revision: note.revision }
    if ((await keepRing({ store: below }, place, { erased: clock() })) !== undefined) return
  }
}

type All = { readonly tenant: string; readonly ring: string; readonly id: string }

async function sweep(needs: EraseNeeds, { tenant, ring, id }: All): Promise<Erased> {
  const { below, definitions } = needs
  const own = compartment(definitions, 'Patient', id)
  const left = new Map<string, number>()
  let resources = 0
  for (const type of await below.types(tenant)) {
    if (!own.types.includes(type)) continue
    for await (const versions of pages(needs, tenant, type, own.where(type))) {
      const gone = versions.filter(version => ringOf(version) === ring)
      const writes = gone.map(({ type, id }) => ({ do: 'delete', key: { tenant, type, id } }) as const)
      const outcome = writes.length > 0 ? await below.commit({ tenant, writes }) : undefined
      if (outcome?.ok === false) throw new Error(`a delete without conditions was refused: ${outcome.because.why}`)
      resources += gone.length
      const others = versions.length - gone.length
      if (others > 0) left.set(type, (left.get(type) ?? 0) + others)
    }
  }
  return { resources, left }
}

async function* pages(
  { below, keys, schemes }: EraseNeeds,
  tenant: string,
  type: string,
  where: Node,
): AsyncGenerator<readonly Version[]> {
  const mac = await keys.mac(tenant)
  const blind = await blindQuestion(where, type, { ...(await schemes()), mac, ...noChains })
  const query: Parameters<Store['search']>[0] = { tenant, type, where: blind, sort: [], limit: batch, budget }
  for (let after: Place | undefined; ; ) {
    const { matches, more } = await below.search({ ...query, ...(after ? { after } : {}) })
    yield matches.map(({ version }) => version)
    after = matches.at(-1)?.place
    if (!more || after === undefined) return
  }
}

function ringOf({ json = '' }: Version): string | undefined {
  return keyNameOf(sealedIn(json) ?? '')?.ring
}
