/** https://hl7.org/fhir/R4/search.html#uri */
import { aboveUrl, belowUrl, canonicalPart } from './canonical.ts'
import { unescaped } from './escape.ts'
import { each, type Kind } from './kind.ts'

/** "Matches are precise, case sensitive, and the entire URI must match." */
export const uri: Kind = {
  slots: slot => [slot],
  part(text, on) {
    const asked = unescaped(text)
    // Only of a canonical, what stands behind | is its version.
    if (on.elements?.includes('canonical')) return canonicalPart(asked, on)
    return { is: 'term', slot: on.slot, texts: [asked] }
  },
  modifiers: () => ({ above: each(aboveUrl), below: each(belowUrl) }),
}
