import { readFileSync } from 'node:fs'
import t from 'tap'
import { loadDefinitions } from '../../../src/conformance/definitions.ts'
import { FhirError } from '../../../src/fhir/issue.ts'
import { parseJson } from '../../../src/fhir/json.ts'
import { applyFhirPathPatch } from '../../../src/fhir/patch/fhirpath-patch.ts'
import type { Json, JsonObject, Resource } from '../../../src/fhir/resource.ts'

const { shapes } = loadDefinitions()

type Operation = { readonly type: string; readonly [part: string]: Json }

/** Each part becomes what the specification says; `value` stands as it is, without its name. */
function parameters(operations: readonly Operation[]): Resource {
  const part = (name: string, given: Json): JsonObject => {
    if (name === 'type') return { name, valueCode: given }
    if (name === 'value') return { name, ...(given as JsonObject) }
    return typeof given === 'number' ? { name, valueInteger: given } : { name, valueString: given }
  }
  return {
    resourceType: 'Parameters',
    parameter: operations.map(operation => ({
      name: 'operation',
      part: Object.entries(operation).map(([name, given]) => part(name, given as Json)),
    })),
  }
}

function deepFreeze<T extends Json>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze)
  return value
}

function apply(resource: JsonObject, patch: Resource): Resource {
  return applyFhirPathPatch(deepFreeze(resource as Resource), deepFreeze(patch), shapes)
}

function refusal(resource: JsonObject, patch: Resource): FhirError {
  try {
    const result = apply(resource, patch)
    throw new Error(`not refused: ${JSON.stringify(result)}`)
  } catch (error) {
    if (error instanceof FhirError) return error
    throw error
  }
}

const Patient = (members: JsonObject): JsonObject => ({ resourceType: 'Patient', ...members })

/** Read by our codec, so that decimals keep their digits. */
function cases<T>(name: string): readonly T[] {
  return parseJson(readFileSync(new URL(`./fhirpath-patch-${name}.json`, import.meta.url))) as unknown as readonly T[]
}

type Applies = {
  readonly name: string
  readonly before: JsonObject
  readonly operations: readonly Operation[]
  readonly after: JsonObject
}

t.test('what applies', async t => {
  for (const { name, before, operations, after } of cases<Applies>('applies')) {
    t.strictSame(apply(before, parameters(operations)), after, name)
  }
})

type Fails = {
  readonly name: string
  readonly before: JsonObject
  readonly operation: Operation
  readonly diagnostics: string
  readonly expression?: string
}

t.test('what does not apply says what and where', async t => {
  for (const { name, before, operation, diagnostics, expression } of cases<Fails>('fails')) {
    const error = refusal(before, parameters([operation]))
    t.match(error.message, new RegExp(diagnostics), name)
    t.equal(error.status, /not valid/.test(diagnostics) ? 400 : /given up/.test(diagnostics) ? 403 : 422, name)
    const where = error.issues[0]?.expression ?? ''
    if (expression === undefined) t.ok(where.startsWith('Parameters.parameter[0]'), `${name}: ${where}`)
    else t.equal(where, expression, name)
  }
})

t.test('the operation that fails is named, and nothing is half done', async t => {
  const before = Patient({ name: [{ text: 'a' }, { text: 'b' }], gender: 'male' })
  const error = refusal(before, parameters(['Patient.gender', 'Patient.name'].map(path => ({ type: 'delete', path }))))
  t.equal(error.issues[0]?.expression, 'Parameters.parameter[1]')
  t.equal(before['gender'], 'male')
})

type Malformed = {
  readonly name: string
  readonly parameter: Json
  readonly diagnostics: string
  readonly expression: string
}

t.test('what is no FHIRPath Patch is 400, even behind an operation that would fail', async t => {
  for (const { name, parameter, diagnostics, expression } of cases<Malformed>('malformed')) {
    const error = refusal(Patient({}), { resourceType: 'Parameters', parameter })
    t.equal(error.status, 400, name)
    t.match(error.message, new RegExp(diagnostics), name)
    t.equal(error.issues[0]?.expression, expression, name)
  }
  const failing = parameters([{ type: 'replace', path: 'Patient.gender', value: { valueCode: 'male' } }])
  const [first] = failing['parameter'] as readonly Json[]
  t.equal(refusal(Patient({}), failing).status, 422)
  t.equal(refusal(Patient({}), { resourceType: 'Parameters', parameter: [first as Json, 'x'] }).status, 400)
})

t.test('a patch of too many operations is refused', async t => {
  const many = (count: number) =>
    parameters(Array.from({ length: count }, () => ({ type: 'delete', path: 'Patient.gender' })))
  t.strictSame(apply(Patient({}), many(100)), Patient({}))
  t.equal(refusal(Patient({}), many(101)).issues[0]?.code, 'too-costly')
})

t.test('what the patch does not touch is shared', async t => {
  const before = Patient({ name: [{ text: 'a' }, { text: 'b' }], contact: [{ gender: 'male' }] }) as Resource & {
    name: Json[]
  }
  const after = apply(before, parameters([{ type: 'delete', path: 'Patient.name[0]' }])) as typeof before
  t.equal(after['contact'], before['contact'])
  t.equal(after.name[0], before.name[1])
})
