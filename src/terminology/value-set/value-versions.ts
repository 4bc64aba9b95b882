/** Includes that leave the version open mean that of the value in question. https://build.fhir.org/ig/HL7/fhir-tx-ecosystem-ig/ */
import type { Terminology } from './terminology.ts'
import type { Subject } from './validate-request.ts'
import type { VersionRules } from './version-rules.ts'

/** The version that is meant anyway needs no rule: what was compiled for all then serves this question, too. */
export function withVersionsOf(subject: Subject, rules: VersionRules, terminology: Terminology): VersionRules {
  const codings = subject.as === 'codeableConcept' ? subject.codings : [subject.coding]
  const value = codings.flatMap(({ system: url, version }) => {
    if (url === undefined || version === undefined) return []
    const isUsual = terminology.codeSystem(url)?.facts.version === version
    return isUsual || !terminology.versions(url).includes(version) ? [] : [{ url, version }]
  })
  return value.length === 0 ? rules : { ...rules, value }
}
