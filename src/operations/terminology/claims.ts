/** What is claimed of the terminology service, as far as it follows from the operations there are. */
import type { TerminologyClaims } from '../../conformance/claims.ts'
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
