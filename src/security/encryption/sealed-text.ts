/** Where the sealed part of a resource stands in the text that stores keep: behind what the commit decides. */
import type { Draft } from '../../fhir/stamp.ts'
import { stamp } from '../../fhir/stamp.ts'
import { isContained } from '../../search/contained.ts'
import type { Version } from '../../store/port.ts'
import type { About } from './envelope.ts'

const mark = '"_sealed":"'

export function sealedDraft(draft: Draft, sealed: string): Draft {
  return { ...draft, rest: `},${mark}${sealed}"}` }
}

/** Of a contained resource, which nothing is stamped on. */
export function sealedContained(sealed: string): string {
  return `{${mark}${sealed}"}`
}

/** `undefined`: the text is not sealed. */
export function sealedIn(text: string): string | undefined {
  const at = text.indexOf(mark)
  return at === -1 || !text.endsWith('"}') ? undefined : text.slice(at + mark.length, -2)
}

/** The text as it was before it was sealed; what the store says of it in the clear counts only as far as it was sealed, too. */
export function unsealed({ type, id, version, updated }: Version, opened: string): string {
  return isContained(type) ? opened : stamp({ type, id, rest: opened }, version, updated)
}

export function aboutVersion({
  tenant,
  type,
  id,
  version,
}: Pick<Version, 'tenant' | 'type' | 'id' | 'version'>): About {
  return [tenant, type, id, version]
}

/** `Patient`; of what is contained, the type of its container. */
export function storedType({ type, id }: Pick<Version, 'type' | 'id'>): string {
  return isContained(type) ? id.slice(0, id.indexOf('/')) : type
}
