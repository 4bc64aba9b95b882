/** Countries by their codes of two letters, as the Unicode data has them. https://hl7.org/fhir/R4/iso3166.html */
import type { CodeSystem } from '../../code-system.ts'
import { readCodeSystem } from '../resource-code-system.ts'

const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']

/** Regions of Unicode that ISO 3166 only reserves, or that Unicode made up; `of` names the first, withdrawn codes lead to another. */
const notAssigned = new Set(['AC', 'CP', 'CQ', 'DG', 'EA', 'EU', 'EZ', 'IC', 'QO', 'TA', 'UN', 'XA', 'XB', 'XK', 'ZZ'])

/** A fragment: codes of three letters, of three digits and of subdivisions are not listed. */
export function countries(): CodeSystem {
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })
  const isAssigned = (code: string): boolean =>
    !notAssigned.has(code) &&
    names.of(code) !== undefined &&
    Intl.getCanonicalLocales(`und-${code}`)[0] === `und-${code}`
  const codes = letters.flatMap(first => letters.map(second => `${first}${second}`)).filter(isAssigned)
  const { system } = readCodeSystem({
    resourceType: 'CodeSystem',
    url: 'urn:iso:std:iso:3166',
    name: 'ISO3166Part1',
    title: 'ISO 3166-1 alpha-2 country codes',
    status: 'active',
    content: 'fragment',
    caseSensitive: true,
    concept: codes.map(code => ({ code, display: names.of(code) ?? code })),
  })
  return system
}
