/** The `property` of $lookup. https://hl7.org/fhir/R4/codesystem-operation-lookup.html */
import { speaks } from '../../terminology/speaks.ts'

/** What the client asks for; what identifies the code is told in any case. */
export type Wanted = {
  has(name: string): boolean
  speaks(language: string | undefined): boolean
}

/** "If no properties are specified, the server chooses": everything but the children, of which there may be very many. */
const usual: Wanted = { has: name => name !== 'child', speaks: () => true }

export function wantedBy(properties: readonly string[]): Wanted {
  if (properties.length === 0) return usual
  const names = new Set(properties)
  if (names.has('*')) return { has: () => true, speaks: () => true }
  const languages = properties.filter(name => name.startsWith('lang.')).map(name => name.slice('lang.'.length))
  return {
    has: name => names.has(name),
    speaks: language =>
      names.has('designation') || (language !== undefined && languages.some(wanted => speaks(language, wanted))),
  }
}
