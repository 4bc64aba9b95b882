/** Currencies as the Unicode data has them. https://hl7.org/fhir/R4/valueset-currencies.html */
import type { CodeSystem } from '../../code-system.ts'
import { readCodeSystem } from '../resource-code-system.ts'

export function currencies(): CodeSystem {
  const names = new Intl.DisplayNames('en', { type: 'currency', fallback: 'none' })
  const digits = (currency: string): number =>
    new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
  const { system } = readCodeSystem({
    resourceType: 'CodeSystem',
    url: 'urn:iso:std:iso:4217',
    name: 'ISO4217',
    title: 'ISO 4217 currency codes',
    status: 'active',
    content: 'complete',
    caseSensitive: true,
    property: [{ code: 'decimals', description: 'Digits after the decimal point', type: 'integer' }],
    concept: Intl.supportedValuesOf('currency').map(code => ({
      code,
      display: names.of(code) ?? code,
      property: [{ code: 'decimals', valueInteger: digits(code) }],
    })),
  })
  return system
}
