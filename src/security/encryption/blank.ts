/** What stands in the clear beside sealed elements goes as well when their key is destroyed, in all versions: nobody is shown it. */
import type { Reworded, Version } from '../../store/port.ts'
import type { Encryption } from './encryption.ts'
import { keyNameOf } from './envelope.ts'
import { sealedDraft, sealedOf, unsealed } from './sealed-text.ts'
import { alone, pagesOf, type StoredNeeds, taken } from './stored.ts'

/** Looks at every version of a type of which elements are sealed: a former one may be of this patient, or one that was deleted. */
export async function blankAll(
  needs: StoredNeeds & Pick<Encryption, 'schemes'>,
  tenant: string,
  ring: string,
): Promise<void> {
  const { types, reads } = await needs.schemes()
  const parted = types.filter(type => reads({ type, id: '' }).some(({ is }) => is === 'elements'))
  await alone(needs, tenant, async held => {
    for (const type of parted) {
      for await (const versions of pagesOf(needs.below, tenant, type)) {
        const items = versions.map(version => blanked(version, ring)).filter(item => item !== undefined)
        if (items.length > 0 && (await needs.below.reword(tenant, items, await held())) === undefined) throw taken()
      }
    }
  })
  if (parted.length > 0) for await (const _ of needs.below.tidy(tenant)); // words of the clear ones
}

/** The sealed part alone, so that it is known whose it was. */
function blanked(version: Version, ring: string): Reworded | undefined {
  const { type, id, version: number, json } = version
  const found = sealedOf(version)
  if (json === undefined || found?.open === undefined || keyNameOf(found.sealed)?.ring !== ring) return undefined
  const { rest } = sealedDraft({ type, id, rest: '' }, found.sealed)
  return { type, id, version: number, was: json, json: unsealed(version, rest) }
}
