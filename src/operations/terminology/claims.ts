/** What is claimed of the terminology service, as far as it follows from the operations there are. */
import type { FeatureClaim, TerminologyClaims } from '../../conformance/claims.ts'
import type { Operation } from '../kernel/operation.ts'

/** What http://hl7.org/fhir/CapabilityStatement/terminology-server asks for. */
const demanded = [
  ['ValueSet', 'expand'],
  ['ValueSet', 'validate-code'],
  ['CodeSystem', 'lookup'],
  ['CodeSystem', 'validate-code'],
  ['CodeSystem', 'subsumes'],
  ['ConceptMap', 'translate'],
  ['ConceptMap', 'closure'],
] as const

export function isTerminologyServer(operations: readonly Operation[]): boolean {
  return demanded.every(([type, code]) => find(operations, type, code) !== undefined)
}

export function terminologyClaims(operations: readonly Operation[]): TerminologyClaims {
  const has = (type: string, code: string): boolean => find(operations, type, code) !== undefined
  const expand = find(operations, 'ValueSet', 'expand')
  return {
    ...(expand === undefined ? {} : { expansion: inParameters(expand) }),
    validateCode: has('ValueSet', 'validate-code'),
    translate: has('ConceptMap', 'translate'),
    closure: has('ConceptMap', 'closure'),
  }
}

function find(operations: readonly Operation[], type: string, code: string): Operation | undefined {
  return operations.find(({ definition }) => definition.code === code && definition.resource.includes(type))
}

function inParameters({ definition, also = [] }: Operation): readonly string[] {
  const own = definition.parameter.filter(({ use }) => use === 'in')
  return [...new Set([...own, ...also].map(({ name }) => name))]
}

/** By these, the validators of the community tell what they may send, and what answers to expect. */
export const terminologyFeatures: readonly FeatureClaim[] = [
  // Of the cases of https://hl7.org/fhir/uv/tx-ecosystem: the rules of this version are followed, where R4 allows it.
  { definition: 'http://hl7.org/fhir/uv/tx-tests/FeatureDefinition/test-version', value: '1.9.6' },
  { definition: 'http://hl7.org/fhir/uv/tx-ecosystem/FeatureDefinition/CodeSystemAsParameter', value: true },
]
