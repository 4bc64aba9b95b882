/** https://hl7.org/fhir/R4/terminologycapabilities.html */
import type { JsonObject, Resource } from '../fhir/resource.ts'
import type { Claims, CodeSystemClaim, TerminologyClaims } from './claims.ts'
import { identity, implementation, list } from './statement.ts'

/** Without the operations there is nothing to claim. */
export function terminologyCapabilities(claims: Claims, codeSystems: readonly CodeSystemClaim[]): Resource {
  const { software, terminology } = claims
  const { expansion, validateCode, translate, closure } = terminology
  return {
    resourceType: 'TerminologyCapabilities',
    ...identity(claims, 'TerminologyCapabilities'),
    software: { name: software.name, version: software.version },
    ...implementation(claims),
    lockedDate: false,
    ...list('codeSystem', codeSystems.map(codeSystem)),
    ...(expansion === undefined ? {} : { expansion: expansionOf(expansion) }),
    // The codes of the search parameter `code` are those that a value set names; it is not expanded for a search.
    codeSearch: 'explicit',
    ...(validateCode ? { validateCode: { translations: true } } : {}),
    ...(translate ? { translation: { needsMap: false } } : {}),
    ...(closure ? { closure: { translation: false } } : {}),
  }
}

function codeSystem({ uri, versions, subsumption }: CodeSystemClaim): JsonObject {
  return {
    uri,
    ...list(
      'version',
      versions.map(({ code, isDefault, compositional, languages, filters, properties }) => ({
        ...(code === undefined ? {} : { code }),
        isDefault,
        compositional,
        ...list('language', languages),
        ...list(
          'filter',
          filters.map(filter => ({ code: filter.code, ...list('op', filter.operators) })),
        ),
        ...list('property', properties),
      })),
    ),
    subsumption,
  }
}

/** `incomplete`: an expansion cannot be asked to leave something out; `offset` and `count` page through all of it. */
function expansionOf(parameters: NonNullable<TerminologyClaims['expansion']>): JsonObject {
  return {
    hierarchical: parameters.includes('excludeNested'),
    paging: parameters.includes('offset'),
    incomplete: false,
    ...list(
      'parameter',
      parameters.map(name => ({ name })),
    ),
    ...(parameters.includes('filter')
      ? { textFilter: 'Beginnings of words, in any order; case and accents do not count. The best matches come first.' }
      : {}),
  }
}
