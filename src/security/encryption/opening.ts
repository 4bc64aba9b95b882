/** Sealed versions, as they were before. */
import { fail } from '../../fhir/issue.ts'
import type { Version } from '../../store/port.ts'
import { type About, type DataKey, keyNameOf, openText } from './envelope.ts'
import type { EncryptionEvent } from './event.ts'
import type { Keys } from './keys.ts'
import { aboutVersion, sealedIn, storedType, unsealed } from './sealed-text.ts'

export type OpeningNeeds = {
  readonly keys: Keys
  readonly types: ReadonlySet<string>
  readonly observe: (event: EncryptionEvent) => void
}

export type Opening = {
  /** Without text, if it was erased. */
  readonly version: (version: Version) => Promise<Version>
  readonly text: (tenant: string, sealed: string, about: About) => Promise<string>
}

export function openingWith({ keys, types, observe }: OpeningNeeds): Opening {
  async function opened(tenant: string, sealed: string, about: About): Promise<string | 'erased' | undefined> {
    const name = keyNameOf(sealed)
    const ring = name && (await keys.find(tenant, name.ring))
    if (ring === 'erased') return 'erased'
    const key = ring?.find(({ number }) => number === name?.number)
    return key && openedBy(key, sealed, about)
  }

  return {
    async version(version) {
      const { tenant, type, json, seq } = version
      if (json === undefined || !types.has(storedType(version))) return version
      const sealed = sealedIn(json)
      const text = sealed === undefined ? undefined : await opened(tenant, sealed, aboutVersion(version))
      if (text === 'erased') return { ...version, json: undefined }
      if (text !== undefined) return { ...version, json: unsealed(version, text) }
      observe({ event: 'encryption.unreadable', tenant, type, seq })
      throw unreadable()
    },
    async text(tenant, sealed, about) {
      const text = await opened(tenant, sealed, about)
      if (text === undefined || text === 'erased') throw unreadable()
      return text
    },
  }
}

/** `undefined`: it was changed, or belongs elsewhere. */
export function openedBy(key: DataKey, sealed: string, about: About): string | undefined {
  try {
    return openText(sealed, key, about)
  } catch {
    return undefined
  }
}

function unreadable(): Error {
  const text =
    'what is stored cannot be decrypted: it was changed outside of this server, or its key is lost; this was reported'
  return fail('exception', text)
}
