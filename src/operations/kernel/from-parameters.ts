/** Parameters in the body. https://hl7.org/fhir/R4/parameters.html */
import type { OperationParameter } from '../../conformance/artifact.ts'
import { error, FhirError, type Issue, type IssueCode, isError } from '../../fhir/issue.ts'
import { isObject, isResource, type Json, type JsonObject, type Resource } from '../../fhir/resource.ts'
import type { Shapes } from '../../fhir/shape.ts'
import type { Context } from '../../interactions/interaction.ts'
import { primitives } from '../../validation/primitive.ts'
import { unexpected } from './from-query.ts'
import { type Argument, countFaults, type Expected } from './input.ts'
import { isOfResourceType, type Kind, kindOf, mayStandFor } from './types.ts'

type Reading = { readonly shapes: Shapes; readonly unknown: 'refuse' | 'ignore'; readonly issues: Issue[] }

/** Of what is not well-formed, nothing more is said. The resources among the parameters are the operation's to judge. */
export async function fromParameters(
  ctx: Context,
  body: Resource,
  expected: Expected,
  unknown: 'refuse' | 'ignore',
  issues: Issue[],
): Promise<readonly Argument[]> {
  const malformed = (await ctx.validate(withoutResources(body), 'Parameters', { only: 'form' })).filter(isError)
  if (malformed.length > 0) throw new FhirError(malformed, { status: 400 })
  return argumentsOf(body['parameter'], 'Parameters.parameter', expected, { shapes: ctx.shapes, unknown, issues })
}

/** Only what is a resource is replaced: anything else in its place is a fault. */
function withoutResources(holder: Resource): Resource
function withoutResources(holder: JsonObject): JsonObject
function withoutResources({ resource, parameter, part, ...rest }: JsonObject): JsonObject {
  return {
    ...rest,
    ...(resource === undefined ? {} : { resource: isResource(resource) ? blank : resource }),
    ...(parameter === undefined ? {} : { parameter: bareList(parameter) }),
    ...(part === undefined ? {} : { part: bareList(part) }),
  }
}

/** A resource with which nothing can be wrong. */
const blank = { resourceType: 'Parameters' }

function bareList(list: Json): Json {
  return Array.isArray(list) ? list.map((item: Json) => (isObject(item) ? withoutResources(item) : item)) : list
}

function argumentsOf(list: Json | undefined, at: string, expected: Expected, reading: Reading): readonly Argument[] {
  const parameters = Array.isArray(list) ? list.filter(isObject) : []
  return parameters.flatMap((parameter, index) => {
    const place = `${at}[${index}]`
    const definition = expected.get(String(parameter['name']))
    if (definition) return argument(definition, parameter, place, reading)
    if (reading.unknown === 'refuse') {
      reading.issues.push(unexpected(String(parameter['name']), expected, `${place}.name`))
    }
    return []
  })
}

function argument(
  definition: OperationParameter,
  parameter: JsonObject,
  at: string,
  reading: Reading,
): readonly Argument[] {
  const { name } = definition
  const sent = sentOf(parameter)
  const wrong = faultOf(definition, sent, reading.shapes)
  if (wrong !== undefined) {
    reading.issues.push(error(wrong.code, `the parameter '${name}': ${wrong.text}`, placeOf(sent, at)))
    return []
  }
  if ('value' in sent) return [{ name, value: sent.value, at }]
  const inner: Expected = new Map((definition.part ?? []).map(part => [part.name, part]))
  const parts = argumentsOf(parameter['part'], `${at}.part`, inner, reading)
  reading.issues.push(...countFaults(parts, inner, at))
  return [{ name, parts, at }]
}

/** inv-1: "A parameter must have one and only one of (value, resource, part)". */
type Sent =
  | { readonly as: 'nothing' | 'several' | 'part' }
  | { readonly as: 'value'; readonly type: string; readonly value: Json }
  | { readonly as: 'resource'; readonly value: Resource }

function sentOf(parameter: JsonObject): Sent {
  const [found, second] = Object.entries(parameter).filter(([name]) => /^(?:value|resource$|part$)/.test(name))
  if (!found) return { as: 'nothing' }
  if (second) return { as: 'several' }
  const [name, value = null] = found
  if (name === 'part') return { as: 'part' }
  if (name !== 'resource') return { as: 'value', type: typeIn(name), value }
  return isResource(value) ? { as: 'resource', value } : { as: 'nothing' }
}

/** `valueCode` → `code`, `valueCoding` → `Coding`. */
function typeIn(name: string): string {
  const type = name.slice('value'.length)
  const primitive = type.charAt(0).toLowerCase() + type.slice(1)
  return primitives.has(primitive) ? primitive : type
}

function nameFor(type: string): string {
  return `value${type.charAt(0).toUpperCase()}${type.slice(1)}`
}

function placeOf({ as }: Sent, at: string): string {
  return as === 'value' || as === 'resource' ? `${at}.${as}` : at
}

type Fault = { readonly code: IssueCode; readonly text: string }

function faultOf(definition: OperationParameter, sent: Sent, shapes: Shapes): Fault | undefined {
  const { type = '' } = definition
  const kind = kindOf(definition, shapes)
  const expected = expectation(kind, type)
  const mismatch = (found: string): Fault => ({ code: 'invalid', text: `found ${found}, expected ${expected}` })
  switch (sent.as) {
    case 'nothing':
      return { code: 'structure', text: `found nothing, expected ${expected}` }
    case 'several':
      return {
        code: 'structure',
        text: `found more than one of value[x], resource and part, expected only ${expected}`,
      }
    case 'part':
      return kind === 'parts' ? undefined : mismatch('parts')
    case 'resource': {
      const { resourceType } = sent.value
      const fits = (kind === 'resource' || kind === 'any') && isOfResourceType(resourceType, type)
      return fits ? undefined : mismatch(`a ${resourceType}`)
    }
    case 'value':
      if (kind === 'any' || (kind === 'complex' && sent.type === type)) return undefined
      return kind === 'primitive' && mayStandFor(sent.type, type)
        ? primitives.get(type)?.(sent.value)
        : mismatch(nameFor(sent.type))
  }
}

function expectation(kind: Kind, type: string): string {
  switch (kind) {
    case 'parts':
      return 'parts'
    case 'any':
      return 'a value'
    case 'resource':
      return type === 'Resource' ? 'a resource' : `a ${type} as resource`
    case 'primitive':
    case 'complex':
      return nameFor(type)
  }
}
