/** A store with or without encryption. */
import type { Store } from '../../store/port.ts'
import { declaredTypes } from './declared.ts'
import type { EncryptionNeeds, Opened } from './encryption.ts'

/** Throws `BadKeys` where settings, keys and store do not fit together. What encrypts is loaded where something is encrypted. */
export async function openEncryption(
  below: Store,
  needs: EncryptionNeeds,
): Promise<Opened | { readonly store: Store; readonly encryption?: never }> {
  const isWanted = needs.settings.names.length > 0
  if (!isWanted && (await declaredTypes(below)).size === 0) return { store: below }
  const { openEncrypted } = await import('./encryption.ts')
  return openEncrypted(below, needs)
}
