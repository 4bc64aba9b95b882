/** A store in which something is encrypted, as the settings have it and as it was begun. */
import type { Definitions } from '../../conformance/definitions.ts'
import { type Store, StoreUnavailable } from '../../store/port.ts'
import { declare, declaredTypes, pending } from './declared.ts'
import type { EncryptionEvent } from './event.ts'
import { type Chosen, chosenBy, extentsBy } from './extent.ts'
import { openKeyFile } from './key-file.ts'
import { BadKeys, type KeyWrapper } from './key-wrapper.ts'
import { type Keys, openKeys } from './keys.ts'
import { type Opening, openingWith } from './opening.ts'
import { type OwnerOf, ownerIn } from './owner.ts'
import { openSchemes, type Schemes } from './scheme.ts'
import { sealedStore } from './sealed-store.ts'

export type EncryptionNeeds = {
  readonly definitions: Pick<Definitions, 'compartments' | 'shapes' | 'searchParameters'>
  readonly settings: {
    /** What is to be encrypted. */
    readonly names: readonly string[]
    /** Where the master keys are; empty: nowhere. */
    readonly file: string
    /** Instead of the file. */
    readonly service?: KeyWrapper
  }
  readonly tenants: readonly string[]
  readonly random: (bytes: number) => Uint8Array
  /** Milliseconds that only ever rise. */
  readonly elapsed: () => number
  readonly observe: (event: EncryptionEvent) => void
}

/** What is needed to look after the keys, beside the store as everybody sees it. */
export type Encryption = {
  /** As it lies below. */
  readonly below: Store
  readonly wrapper: KeyWrapper
  readonly keys: Keys
  /** What the settings want; `schemes` is what holds. */
  readonly chosen: Chosen
  readonly schemes: Schemes
  readonly opening: Opening
  readonly ownerOf: OwnerOf
}

export type Opened = { readonly store: Store; readonly encryption: Encryption }

/** Throws `BadKeys` where settings, keys and store do not fit together. */
export async function openEncrypted(below: Store, needs: EncryptionNeeds): Promise<Opened> {
  const { settings, definitions, tenants, random, elapsed, observe } = needs
  const chosen = chosenBy(settings.names)
  const extentOf = extentsBy(definitions)
  for (const [type, names] of chosen) extentOf(type, names)
  const before = await declaredTypes(below)
  if (settings.file === '' && !settings.service) throw noKeys([...before.keys()])
  const wrapper = settings.service ?? openKeyFile(settings.file, random)
  const keys = openKeys({ store: below, wrapper, random, elapsed })
  await mustFit(keys, tenants)
  const open = pending(await declare(below, tenants, chosen), chosen)
  if (open.length > 0) observe({ event: 'encryption.pending', types: open })
  const schemes = openSchemes({ store: below, extentOf, elapsed })
  const opening = openingWith({ keys, schemes, observe })
  const ownerOf = ownerIn(definitions)
  const store = sealedStore(below, { keys, schemes, opening, ownerOf, random })
  return { store, encryption: { below, wrapper, keys, chosen, schemes, opening, ownerOf } }
}

/** Keys that do not fit show now, as does a key service that cannot be reached. */
async function mustFit(keys: Keys, tenants: readonly string[]): Promise<void> {
  try {
    for (const tenant of tenants) await keys.mac(tenant)
  } catch (cause) {
    throw cause instanceof StoreUnavailable ? new BadKeys(cause.message, { cause }) : cause
  }
}

function noKeys(kept: readonly string[]): BadKeys {
  const why = kept.length === 0 ? 'KILN_ENCRYPTION needs' : `this store keeps ${kept.join(', ')} encrypted, and needs`
  return new BadKeys(`${why} KILN_KEY_FILE ('kiln key new FILE' makes one) or KILN_KEY_VAULT`)
}
