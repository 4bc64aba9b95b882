/** Receipts of requests: a digest of a request may be guessed, and a note tells what it did. */
import type { Receipt } from '../../store/port.ts'
import { blindText } from './blind.ts'
import { sealText } from './envelope.ts'
import type { Keys } from './keys.ts'
import type { Opening } from './opening.ts'
import { receiptRing } from './ring.ts'

export type Receipts = {
  /** The key that it lies under. */
  readonly name: (tenant: string, key: string) => Promise<string>
  readonly seal: (tenant: string, receipt: Receipt) => Promise<Receipt>
  /** `key`: as the client gave it. */
  readonly open: (tenant: string, key: string, sealed: Receipt) => Promise<Receipt>
}

type Needs = {
  readonly keys: Keys
  readonly opening: Opening
  readonly random: (bytes: number) => Uint8Array
}

export function receiptsWith({ keys, opening, random }: Needs): Receipts {
  const name: Receipts['name'] = async (tenant, key) => blindText(await keys.mac(tenant), 'receipt', '', key)
  const about = (tenant: string, key: string, what: string) => [tenant, 'receipt', key, what]
  return {
    name,
    async seal(tenant, { key, fingerprint, note }) {
      const blind = await name(tenant, key)
      const ring = await keys.make(tenant, receiptRing)
      const by = ring === 'erased' ? undefined : ring.at(-1)
      if (by === undefined) throw new Error('the key of receipts stays')
      const seal = (text: string, what: string) => sealText(text, by, about(tenant, blind, what), random)
      return { key: blind, fingerprint: seal(fingerprint, 'fingerprint'), note: seal(note, 'note') }
    },
    async open(tenant, key, sealed) {
      const text = (what: 'fingerprint' | 'note') => opening.text(tenant, sealed[what], about(tenant, sealed.key, what))
      return { key, fingerprint: await text('fingerprint'), note: await text('note') }
    },
  }
}
