/**
 * "Resources of this type must conform to one of these profiles": CapabilityStatements of kind `requirements` that a tenant has stored.
 * https://hl7.org/fhir/R4/capabilitystatement-definitions.html#CapabilityStatement.rest.resource.supportedProfile
 */
import { packageOf } from '../../conformance/package/packaged.ts'
import { isObject, type Json, type JsonObject, type Resource } from '../../fhir/resource.ts'
import type { Requirement } from '../../validation/profile/run.ts'

/** By type. */
export type Requirements = ReadonlyMap<string, readonly Requirement[]>

export type Statement = readonly (readonly [type: string, requirement: Requirement])[]

/** Only those that are active: all else that a CapabilityStatement says is not for the validator. A package asks for nothing, the tenant does. */
export function statementOf(resource: Resource, id: string): Statement | undefined {
  const { kind, status, url, rest } = resource
  if (kind !== 'requirements' || status !== 'active' || packageOf(resource) !== undefined) return undefined
  const by = typeof url === 'string' ? url : `CapabilityStatement/${id}`
  return objects(rest)
    .flatMap(each => objects(each['resource']))
    .flatMap(each => required(each, by).map(requirement => [String(each['type']), requirement] as const))
}

/** `profile` is what all have to conform to, `supportedProfile` what one of which. */
function required({ profile, supportedProfile }: JsonObject, by: string): readonly Requirement[] {
  return [texts([profile ?? null]), texts(supportedProfile)]
    .filter(({ length }) => length > 0)
    .map(profiles => ({ profiles, by }))
}

export function requirementsOf(statements: readonly Statement[]): Requirements {
  const all = statements.flat()
  return new Map(
    [...Map.groupBy(all, ([type]) => type)].map(([type, those]) => [type, those.map(([, requirement]) => requirement)]),
  )
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter(each => typeof each === 'string') : []
}
