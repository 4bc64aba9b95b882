/** What every Kiln knows without a resource. https://hl7.org/fhir/R4/terminologies-systems.html#external */
import type { CodeSystem } from '../../code-system.ts'
import type { Terminology } from '../../value-set/terminology.ts'
import { currencies } from './currencies.ts'
import { languages } from './languages.ts'
import { mediaTypes } from './media-types.ts'
import { ucum } from './ucum.ts'

const made: Readonly<Record<string, () => CodeSystem>> = {
  'http://unitsofmeasure.org': ucum,
  'urn:ietf:bcp:13': mediaTypes,
  'urn:ietf:bcp:47': languages,
  'urn:iso:std:iso:4217': currencies,
}

const wholes: Readonly<Record<string, string>> = { 'http://unitsofmeasure.org/vs': 'http://unitsofmeasure.org' }

/** Each is made when it is first asked for: names of currencies alone take some milliseconds. */
export function grammars(): Terminology {
  const known = new Map<string, CodeSystem>()
  return {
    codeSystem(url, version) {
      if (version !== undefined || !Object.hasOwn(made, url)) return undefined
      const system = known.get(url) ?? made[url]?.()
      if (system !== undefined) known.set(url, system)
      return system
    },
    versions: () => [],
    codeSystems: () => Object.keys(made),
    valueSet: () => undefined,
    supplement: () => undefined,
    systemOfAll: valueSet => (Object.hasOwn(wholes, valueSet) ? wholes[valueSet] : undefined),
  }
}
