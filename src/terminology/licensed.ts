/** Code systems that each server must get from their distributors. https://hl7.org/fhir/R4/terminologies-systems.html */

const distributed: ReadonlyMap<string, string> = new Map([
  ['http://snomed.info/sct', 'SNOMED CT'],
  ['http://loinc.org', 'LOINC'],
  ['http://hl7.org/fhir/sid/icd-10', 'ICD-10'],
  ['http://hl7.org/fhir/sid/icd-10-cm', 'ICD-10-CM'],
  ['http://fhir.de/CodeSystem/bfarm/icd-10-gm', 'ICD-10-GM'],
  ['http://fhir.de/CodeSystem/bfarm/ops', 'OPS'],
  ['http://terminology.hl7.org/CodeSystem/icd-o-3', 'ICD-O-3'],
  ['http://www.ama-assn.org/go/cpt', 'CPT'],
  ['http://www.nlm.nih.gov/research/umls/rxnorm', 'RxNorm'],
  ['http://hl7.org/fhir/sid/ndc', 'NDC'],
  ['http://hl7.org/fhir/sid/cvx', 'CVX'],
  ['http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets', 'HCPCS'],
])

/** What whoever runs the server has to do about a code system that it does not have. */
export function howToLoad(url: string): string | undefined {
  const name = distributed.get(url)
  return name && `${name} has to be loaded from a release of its distributor first: kiln terminology load FILE`
}
