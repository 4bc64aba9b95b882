/** Sealed versions, as they were before. */
import { fail } from '../../fhir/issue.ts'
import type { Version } from '../../store/port.ts'
import { mended, parsePieces } from './cut.ts'
import { type About, type DataKey, keyNameOf, openText } from './envelope.ts'
import type { EncryptionEvent } from './event.ts'
import { everything, nothing } from './extent.ts'
import type { Keys } from './keys.ts'
import type { Schemes } from './scheme.ts'
import { sealedOf, unsealed } from './sealed-text.ts'

export type OpeningNeeds = {
  readonly keys: Keys
  readonly schemes: Schemes
  readonly observe: (event: EncryptionEvent) => void
}

/** A version as it was before, and the form of the `Extent` by which it lies in the store. */
export type Opened = { readonly version: Version; readonly form: string }

export type Opening = {
  /** Without text, if it was erased. */
  readonly version: (version: Version) => Promise<Version>
  /** `undefined`: it was changed, or its key is lost. */
  readonly inForm: (version: Version) => Promise<Opened | undefined>
  readonly text: (tenant: string, sealed: string, about: About) => Promise<string>
}

export function openingWith({ keys, schemes, observe }: OpeningNeeds): Opening {
  async function opened(tenant: string, sealed: string, about: About): Promise<string | 'erased' | undefined> {
    const name = keyNameOf(sealed)
    const ring = name && (await keys.find(tenant, name.ring))
    if (ring === 'erased') return 'erased'
    const key = ring?.find(({ number }) => number === name?.number)
    return key && openedBy(key, sealed, about)
  }

  async function inForm(version: Version): Promise<Opened | undefined> {
    const { tenant, json } = version
    const extents = json === undefined ? [] : (await schemes()).reads(version)
    if (extents.length === 0) return { version, form: nothing.form }
    const found = sealedOf(version)
    if (found === undefined && extents.some(({ is }) => is === 'nothing')) return { version, form: nothing.form }
    const text = found && (await opened(tenant, found.sealed, found.about))
    if (text === 'erased') return { version: { ...version, json: undefined }, form: nothing.form }
    return found === undefined || text === undefined ? undefined : whole(version, found.open, text)
  }

  return {
    inForm,
    async version(version) {
      const found = await inForm(version)
      if (found !== undefined) return found.version
      const { tenant, type, seq } = version
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

function whole(version: Version, open: string | undefined, text: string): Opened {
  if (open === undefined) return { version: { ...version, json: unsealed(version, text) }, form: everything.form }
  const end = text.indexOf('\n')
  const rest = mended({ open, pieces: parsePieces(text.slice(end + 1)) })
  return { version: { ...version, json: unsealed(version, rest) }, form: text.slice(0, end) }
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
