/** What a patient allows or forbids, as far as it decides who sees what. https://hl7.org/fhir/R4/consent.html */
import { parseDate } from '../../fhir/date.ts'
import { parseReference } from '../../fhir/reference.ts'
import { isObject, type Json, type JsonObject, type Resource } from '../../fhir/resource.ts'
import { earliest, latest } from '../../search/values/date.ts'

export type PatientConsent = { readonly patient: string; readonly provision: Provision }

/** An absent condition is always true. */
export type Provision = {
  readonly type: 'permit' | 'deny'
  /** ms. */
  readonly period?: Period
  /** `Practitioner/23`; of what is no resource of ours, as clients are not, the value of the identifier. */
  readonly actors?: readonly string[]
  readonly purposes?: readonly string[]
  readonly actions?: readonly string[]
  /** `system|code` each. */
  readonly labels?: readonly string[]
  readonly codes?: readonly string[]
  /** Resource types. */
  readonly classes?: readonly string[]
  /** `Observation/23` */
  readonly data?: readonly string[]
  /** ms. */
  readonly dataPeriod?: Period
  /** Exceptions. */
  readonly provisions: readonly Provision[]
}

export type Period = { readonly low: number; readonly high: number }

/** `undefined`: not in force, of another scope, or of nobody here. */
export function consentOf(resource: Resource): PatientConsent | undefined {
  const { status, scope, patient, provision, policyRule } = resource
  if (status !== 'active' || !codesOf(scope).includes('patient-privacy')) return undefined
  const whose = localReference(patient)
  if (!whose?.startsWith('Patient/')) return undefined
  const base = baseOf(codesOf(policyRule))
  return { patient: whose.slice('Patient/'.length), provision: provisionOf(isObject(provision) ? provision : {}, base) }
}

/**
 * R4 says that the root has no type and that the base rule is that of the policy; many write it at the root nevertheless, and
 * mean it. Of v3-ActCode OPTOUT and OPTOUTE forbid; where nothing is said, the base rule is what policies allow anyway.
 */
function baseOf(rules: readonly string[]): Provision['type'] {
  return rules.some(code => code.startsWith('OPTOUT')) ? 'deny' : 'permit'
}

function provisionOf(json: JsonObject, base: Provision['type']): Provision {
  const type = json['type'] === 'deny' || json['type'] === 'permit' ? json['type'] : base
  const nested = objects(json['provision']).map(one => provisionOf(one, type === 'deny' ? 'permit' : 'deny'))
  return {
    type,
    ...given('period', json['period'] === undefined ? undefined : periodOf(json['period'])),
    ...given(
      'actors',
      listed(json['actor'], actor => actorsOf(actor['reference'])),
    ),
    ...given('purposes', listed(json['purpose'], codeOf)),
    ...given('actions', listed(json['action'], codesOf)),
    ...given('labels', listed(json['securityLabel'], writtenOf)),
    ...given(
      'codes',
      listed(json['code'], concept => objects(concept['coding']).flatMap(writtenOf)),
    ),
    ...given('classes', listed(json['class'], codeOf)),
    ...given(
      'data',
      listed(json['data'], data => localReference(data['reference']) ?? []),
    ),
    ...given('dataPeriod', json['dataPeriod'] === undefined ? undefined : periodOf(json['dataPeriod'])),
    provisions: nested,
  }
}

function given<K extends string, V>(name: K, value: V | undefined): { readonly [N in K]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [N in K]?: V }
}

/** A condition that is there, but says nothing that is understood here, is an empty list. */
function listed<T>(json: Json | undefined, take: (one: JsonObject) => T | readonly T[]): readonly T[] | undefined {
  return json === undefined ? undefined : objects(json).flatMap(one => take(one))
}

function periodOf(json: Json): Period {
  const { start, end } = isObject(json) ? json : {}
  const [first, last] = [start, end].map(text => (typeof text === 'string' ? parseDate(text) : undefined))
  return { low: first?.low ?? earliest, high: last?.high ?? latest }
}

/** Clients are named by logical reference: `identifier.value` is the client's id. */
function actorsOf(reference: Json | undefined): readonly string[] {
  const identifier = isObject(reference) ? reference['identifier'] : undefined
  const value = isObject(identifier) ? identifier['value'] : undefined
  return [localReference(reference) ?? [], typeof value === 'string' ? value : []].flat()
}

function localReference(reference: Json | undefined): string | undefined {
  const text = isObject(reference) ? reference['reference'] : undefined
  const found = typeof text === 'string' ? parseReference(text) : undefined
  if (found?.kind === 'local' || found?.kind === 'absolute') return found.type && `${found.type}/${found.id}`
  return undefined
}

function codeOf(coding: JsonObject): readonly string[] {
  return typeof coding['code'] === 'string' ? [coding['code']] : []
}

function writtenOf({ system, code }: JsonObject): readonly string[] {
  if (typeof code !== 'string') return []
  return typeof system === 'string' ? [`${system}|${code}`] : [`|${code}`]
}

function codesOf(concept: Json | undefined): readonly string[] {
  return objects(isObject(concept) ? concept['coding'] : undefined).flatMap(codeOf)
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}
