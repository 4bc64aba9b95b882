/** https://hl7.org/fhir/R4/resource-operation-convert.html */
import type * as conformance from '../conformance/artifact.ts'
import { check } from '../interactions/write.ts'
import type { Operation } from './kernel/operation.ts'

/**
 * From the format of the request to that of the answer. The definition calls what comes out `output`, but a Parameters around it
 * would be another resource: it is answered as if its name were `return`.
 */
export function convert(definition: conformance.Operation): Operation {
  return {
    definition,
    unknown: 'refuse',
    affectsState: false,
    scope: 'none',
    cost: 1,
    async run(ctx, { input }) {
      const resource = input.resource('input')
      if (!resource) throw new Error('a mandatory parameter is there')
      await check(ctx, resource, resource.resourceType, { only: 'form' }) // what is not well-formed cannot be said in the other format
      return resource
    },
  }
}
