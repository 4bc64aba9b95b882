/** A store with or without encryption, as the settings have it and as it was begun. */
import type { Definitions } from '../../conformance/definitions.ts'
import type { Store } from '../../store/port.ts'
import { declare } from './declared.ts'
import type { EncryptionEvent } from './event.ts'
import { openKeyFile } from './key-file.ts'
import { BadKeys, type KeyWrapper } from './key-wrapper.ts'
import { type Keys, openKeys } from './keys.ts'
import { ownerIn } from './owner.ts'
import { sealedStore } from './sealed-store.ts'

export type EncryptionNeeds = {
  readonly definitions: Pick<Definitions, 'compartments' | 'shapes'>
  readonly settings: { readonly types: readonly string[]; readonly file: string }
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
  readonly types: ReadonlySet<string>
}

export type Opened = { readonly store: Store; readonly encryption?: Encryption }

/** Throws `BadKeys` where settings, key file and store do not fit together. */
export async function openEncryption(below: Store, needs: EncryptionNeeds): Promise<Opened> {
  const { settings, definitions, tenants, random, elapsed, observe } = needs
  const strange = settings.types.filter(type => !definitions.shapes.resourceTypes.includes(type))
  if (strange.length > 0)
    throw new BadKeys(`KILN_ENCRYPTION names '${strange.join(', ')}': expected resource types of R4`)
  if (settings.types.length > 0 && settings.file === '') {
    throw new BadKeys("KILN_ENCRYPTION needs KILN_KEY_FILE: 'kiln key new FILE' makes one")
  }
  await declare(below, tenants, settings.types)
  if (settings.types.length === 0) return { store: below }
  const wrapper = openKeyFile(settings.file, random)
  const keys = openKeys({ store: below, wrapper, random, elapsed })
  for (const tenant of tenants) await keys.mac(tenant) // a key file that does not fit shows now
  const types = new Set(settings.types)
  const store = sealedStore(below, { keys, types, ownerOf: ownerIn(definitions), random, observe })
  return { store, encryption: { below, wrapper, keys, types } }
}
