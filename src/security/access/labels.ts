/** Security labels, and which of them somebody may see. https://hl7.org/fhir/R4/security-labels.html */
import { all, type Node, not } from '../../search/node.ts'

const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
const act = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'

/** From unrestricted to very restricted. https://terminology.hl7.org/ValueSet-v3-ConfidentialityClassification.html */
export const levels: readonly string[] = ['U', 'L', 'M', 'N', 'R', 'V']

/** https://terminology.hl7.org/ValueSet-v3-InformationSensitivityPolicy.html */
export const sensitivities: readonly string[] = [
  ...['ETH', 'GDIS', 'HIV', 'MST', 'SCA', 'SDV', 'SEX', 'SPI', 'BH', 'COGN', 'DVD', 'EMOTDIS', 'MH', 'PSY', 'PSYTHPN'],
  ...['SUD', 'ETHUD', 'OPIOIDUD', 'STD', 'TBOO', 'TABOO', 'VIO', 'SICKLE', 'DEMO', 'DOB', 'GENDER', 'LIVARG', 'MARST'],
  ...['RACE', 'REL', 'B', 'EMPL', 'LOCIS', 'SSP', 'ADOL', 'CEL', 'VIP', 'DIA', 'DRGIS', 'EMP', 'PDS', 'PHY', 'PRS'],
]

const slot = '_security|'

/** What bears none of the labels that are out of sight. At a level that nobody knows nothing with a level is seen. */
export function labelledWithin(level: string, seen: readonly string[]): Node {
  const above = levels.slice(levels.indexOf(level) + 1)
  const closed = seen.includes('*') ? [] : sensitivities.filter(code => !seen.includes(code))
  const texts = [
    ...above.flatMap(code => written(confidentiality, code)),
    ...closed.flatMap(code => written(act, code)),
  ]
  return texts.length === 0 ? all : not({ is: 'term', slot, texts })
}

/** With its system, or with none. */
function written(system: string, code: string): readonly string[] {
  return [`${system}|${code}`, `|${code}`]
}

/** What bears one of these labels, `system|code` each. */
export function labelled(texts: readonly string[]): Node {
  return { is: 'term', slot, texts }
}
