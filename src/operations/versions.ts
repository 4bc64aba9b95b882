/** https://hl7.org/fhir/R4/capabilitystatement-operation-versions.html */
import type * as conformance from '../conformance/artifact.ts'
import type { Operation } from './kernel/operation.ts'
import { parameters } from './kernel/parameters.ts'

export function versions(definition: conformance.Operation): Operation {
  return {
    definition,
    unknown: 'refuse',
    affectsState: false,
    scope: 'none',
    cost: 1,
    run: async () =>
      parameters([
        ['version', 'code', '4.0'],
        ['default', 'code', '4.0'],
      ]),
  }
}
