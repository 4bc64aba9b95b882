/**
 * Where the sealed part of a resource stands in the text that stores keep: behind what the commit decides, and behind what is not
 * sealed. With chosen elements that stays as it was, and is good for nothing beside another sealed part.
 */
import { type Draft, stamp } from '../../fhir/stamp.ts'
import { isContained } from '../../search/contained.ts'
import type { Version } from '../../store/port.ts'
import type { About } from './envelope.ts'

const [whole, part] = ['"_sealed":"', '"_sealedElements":"']

/** `open`: what is not sealed, as a draft's rest; absent: all of it is. */
export function sealedDraft(draft: Draft, sealed: string, open?: string): Draft {
  const rest = open === undefined ? `},${whole}${sealed}"}` : `${open.slice(0, -1)},${part}${sealed}"}`
  return { ...draft, rest }
}

/** Of a contained resource, which nothing is stamped on. */
export function sealedContained(sealed: string): string {
  return `{${whole}${sealed}"}`
}

/** What is not sealed ends before `at`. */
type Place = { readonly sealed: string; readonly isPart: boolean; readonly at: number }

function placeIn(text: string): Place | undefined {
  const at = text.lastIndexOf('"_sealed') // a quote within a string has a backslash, and none is within an envelope
  const mark = [whole, part].find(mark => at !== -1 && text.startsWith(mark, at))
  if (mark === undefined || !text.endsWith('"}')) return undefined
  return { sealed: text.slice(at + mark.length, -2), isPart: mark === part, at: at - 1 }
}

/** `undefined`: nothing of the text is sealed. */
export function sealedIn(text: string): string | undefined {
  return placeIn(text)?.sealed
}

export type SealedText = {
  readonly sealed: string
  /** As in `sealedDraft`. */
  readonly open: string | undefined
  readonly about: About
}

export function sealedOf(version: Version): SealedText | undefined {
  const place = placeIn(version.json ?? '')
  if (place === undefined) return undefined
  const { sealed, isPart, at } = place
  const open = isPart ? `${version.json?.slice(startOf(version), at)}}` : undefined
  return { sealed, open, about: aboutVersion(version, open) }
}

/** Of a draft's rest in a version's text. */
function startOf({ type, id, version, updated }: Version): number {
  return stamp({ type, id, rest: '' }, version, updated).length
}

/** The rest that the version was made of. */
export function restOf(version: Version): string {
  return version.json?.slice(startOf(version)) ?? ''
}

/** The text as it was before it was sealed; what the store says of it in the clear counts only as far as it was sealed, too. */
export function unsealed({ type, id, version, updated }: Version, opened: string): string {
  return isContained(type) ? opened : stamp({ type, id, rest: opened }, version, updated)
}

export function aboutVersion(
  { tenant, type, id, version }: Pick<Version, 'tenant' | 'type' | 'id' | 'version'>,
  open?: string,
): About {
  return open === undefined ? [tenant, type, id, version] : [tenant, type, id, version, open]
}

/** `Patient`; of what is contained, the type of its container. */
export function storedType({ type, id }: Pick<Version, 'type' | 'id'>): string {
  return isContained(type) ? id.slice(0, id.indexOf('/')) : type
}
