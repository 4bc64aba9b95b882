/**
 * An access policy: what those may do to whom it applies. A Basic of our own code, whose parts are those of one extension:
 * `profiles/StructureDefinition-kiln-access-policy.json`. https://hl7.org/fhir/R4/basic.html
 */
import { isObject, type Json, type JsonObject, type Resource } from '../../fhir/resource.ts'
import type { Letter } from './access.ts'

const codes = 'https://kiln.example/fhir/CodeSystem/kiln-basic'
const code = 'access-policy'
const url = 'https://kiln.example/fhir/StructureDefinition/kiln-policy'

export type AccessPolicy = {
  readonly id: string
  /** To whom it applies; to those, too, to whom it is given by its id. */
  readonly roles: readonly string[]
  readonly clients: readonly string[]
  readonly users: readonly string[]
  readonly rules: readonly PolicyRule[]
  /** Codes of operations, `*`: all. `break-glass` opens what rules say, too. */
  readonly operations: readonly string[]
  /** The highest level that is seen: https://terminology.hl7.org/ValueSet-v3-ConfidentialityClassification.html */
  readonly confidentiality: string
  /** Sensitivities that are seen, `*`: all. https://terminology.hl7.org/ValueSet-v3-InformationSensitivityPolicy.html */
  readonly sensitivities: readonly string[]
  /** `opt-in`: of patients only what a Consent permits. */
  readonly consent: 'opt-in' | 'opt-out'
  /** Parts that nobody knows. */
  readonly unknown: readonly string[]
}

export type PolicyRule = {
  /** `*`: all. */
  readonly types: readonly string[]
  readonly letters: readonly Letter[]
  /** In search syntax, with variables; any of them. Neither these nor compartments: all resources. */
  readonly criteria: readonly string[]
  /** Variables: what belongs to the patient, practitioner … whom they name. */
  readonly compartments: readonly string[]
  /** Only of patients for whom glass is broken. */
  readonly glass: boolean
  readonly hidden: readonly string[]
  readonly fixed: readonly string[]
  /** FHIRPath. */
  readonly constraints: readonly string[]
  /** Parts that nobody knows: such a rule grants nothing, as it may have been meant to grant less. */
  readonly unknown: readonly string[]
}

export function isPolicy(resource: Resource | undefined): boolean {
  const coding = isObject(resource?.['code']) ? resource['code']['coding'] : undefined
  return resource?.resourceType === 'Basic' && listOf(coding).some(isOurs)
}

function isOurs(coding: Json): boolean {
  return isObject(coding) && coding['system'] === codes && coding['code'] === code
}

const parts: ReadonlySet<string> = new Set([
  ...['role', 'client', 'user', 'rule', 'operation', 'confidentiality', 'sensitivity', 'consent'],
])
const ruleParts: ReadonlySet<string> = new Set([
  ...['type', 'interactions', 'criteria', 'compartment', 'glass', 'hidden', 'read-only', 'constraint'],
])

/** `undefined`: it is none. */
export function policyOf(resource: Resource, id: string): AccessPolicy | undefined {
  if (!isPolicy(resource)) return undefined
  const own = partsOf(resource['extension'], url)
  const [confidentiality = 'N'] = values(own, 'confidentiality')
  return {
    id,
    roles: values(own, 'role'),
    clients: values(own, 'client'),
    users: values(own, 'user'),
    rules: own.filter(({ url }) => url === 'rule').map(ruleOf),
    operations: values(own, 'operation'),
    confidentiality,
    sensitivities: values(own, 'sensitivity'),
    consent: values(own, 'consent').includes('opt-in') ? 'opt-in' : 'opt-out',
    unknown: unknownIn(own, parts),
  }
}

function ruleOf({ extension }: JsonObject): PolicyRule {
  const own = listOf(extension).filter(isObject)
  const unknown = unknownIn(own, ruleParts)
  const [interactions = ''] = values(own, 'interactions')
  return {
    types: values(own, 'type'),
    letters: unknown.length === 0 && /^c?r?u?d?s?$/.test(interactions) ? ([...interactions] as Letter[]) : [],
    criteria: values(own, 'criteria'),
    compartments: values(own, 'compartment'),
    glass: own.some(part => part['url'] === 'glass' && part['valueBoolean'] === true),
    hidden: values(own, 'hidden'),
    fixed: values(own, 'read-only'),
    constraints: values(own, 'constraint'),
    unknown,
  }
}

function unknownIn(own: readonly JsonObject[], known: ReadonlySet<string>): readonly string[] {
  return own.map(({ url }) => String(url)).filter(name => !known.has(name))
}

function partsOf(extension: Json | undefined, url: string): readonly JsonObject[] {
  const own = listOf(extension).filter(isObject)
  return own.filter(each => each['url'] === url).flatMap(each => listOf(each['extension']).filter(isObject))
}

/** Of primitives alone. */
function values(parts: readonly JsonObject[], url: string): readonly string[] {
  return parts.filter(part => part['url'] === url).flatMap(textOf)
}

function textOf(part: JsonObject): readonly string[] {
  const [name] = Object.keys(part).filter(key => key.startsWith('value'))
  const value = name === undefined ? undefined : part[name]
  return typeof value === 'string' ? [value] : []
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}
