/** What the structural check finds, in short. */
import type { Test } from 'tap'
import { loadDefinitions } from '../../src/conformance/definitions.ts'
import type { Json, JsonObject } from '../../src/fhir/resource.ts'
import { compileStructure } from '../../src/validation/structure.ts'

export const check = compileStructure(loadDefinitions().shapes)

export const patient = (members: JsonObject): JsonObject => ({ resourceType: 'Patient', ...members })
export const observation = (members: JsonObject): JsonObject => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'x' },
  ...members,
})

/** A finding in short: code, expression, and a part of the sentence. */
type Finding = readonly [code: string, expression: string | undefined, text: string]

export function found(t: Test, name: string, resource: Json, ...expected: readonly Finding[]): void {
  t.match(
    check(resource).map(({ code, expression, diagnostics }) => [code, expression, diagnostics]),
    expected.map(([code, expression, text]) => [
      code,
      expression,
      new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')),
    ]),
    name,
  )
  t.equal(check(resource).length, expected.length, `${name}: nothing else is found`)
}
