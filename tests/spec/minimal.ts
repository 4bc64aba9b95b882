/** The smallest instance of a type: what must be there, by its elements and by its rules, and nothing else. */
import { readFileSync } from 'node:fs'
import { loadStructures } from '../../src/conformance/structures.ts'
import type { ValueSetLine } from '../../src/conformance/value-sets.ts'
import type { Json, JsonObject, Resource } from '../../src/fhir/resource.ts'
import type { ElementShape, Shapes } from '../../src/fhir/shape.ts'

export function minimal(type: string, shapes: Shapes): Resource {
  return { resourceType: type, ...required(type, shapes), ...ruled[type] }
}

/** What rules ask for beyond the cardinalities. */
const text = { text: 'x' }
const implementation = { description: 'x' }
const ruled: Readonly<Record<string, JsonObject>> = {
  AllergyIntolerance: {
    clinicalStatus: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical', code: 'active' }],
    },
  },
  Appointment: { participant: [{ actor: { display: 'x' }, status: 'accepted' }] },
  AppointmentResponse: { actor: { display: 'x' } },
  Bundle: { type: 'collection' },
  CapabilityStatement: { implementation, rest: [{ mode: 'server' }] },
  Consent: { policyRule: text },
  EventDefinition: { trigger: [{ type: 'named-event', name: 'x' }] },
  ImmunizationRecommendation: { recommendation: [{ targetDisease: text, forecastStatus: text }] },
  InsurancePlan: { name: 'x' },
  Linkage: { item: ['source', 'alternate'].map(type => ({ type, resource: { display: 'x' } })) },
  Organization: { name: 'x' },
  StructureDefinition: {
    kind: 'resource',
    type: 'Basic',
    baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Basic',
    derivation: 'constraint',
    differential: { element: [{ id: 'Basic', path: 'Basic' }] },
  },
  TerminologyCapabilities: { implementation },
}

const structures = loadStructures()
const artifact = new URL('../../src/conformance/value-sets.generated.json', import.meta.url)
const lines: readonly ValueSetLine[] = JSON.parse(readFileSync(artifact, 'utf8')).valueSets
const listed = new Map(lines.map(({ url, systems }) => [url, Object.entries(systems)[0]]))

/** The first of the value set that the element is bound to, if it has to be one of these. */
function boundCode(path: string): { readonly system: string; readonly code: string } | undefined {
  const type = path.split('.', 1)[0] ?? ''
  const url = `http://hl7.org/fhir/StructureDefinition/${type}`
  const element = structures.find(url)?.snapshot?.element.find(each => each.path === path)
  const { strength, valueSet = '' } = element?.binding ?? {}
  if (strength !== 'required') return undefined
  const [system = '', [code = 'text/plain'] = []] = listed.get(valueSet.split('|', 1)[0] ?? '') ?? []
  return { system, code }
}

function required(type: string, shapes: Shapes): JsonObject {
  const shape = shapes.shape(type)
  if (!shape) throw new Error(`no shape ${type}`)
  const json: Record<string, Json> = {}
  const chosen = new Set<string>()
  for (const element of shape.elements.values()) {
    const group = element.choice ?? element.name
    if (element.min === 0 || chosen.has(group)) continue
    chosen.add(group)
    const value = exampleOf(element, shapes)
    json[element.name] = element.max > 1 ? [value] : value
  }
  return json
}

function exampleOf({ path, type, primitive }: ElementShape, shapes: Shapes): Json {
  const bound = boundCode(path)
  if (bound !== undefined) {
    if (primitive) return bound.code
    return type === 'Coding' ? bound : { coding: [bound] }
  }
  if (primitive || type === 'xhtml') {
    const value = examples[type]
    if (value === undefined) throw new Error(`no value of type ${type} for ${path}`)
    return value
  }
  if (type === 'Resource') return minimal('Basic', shapes)
  const parts = required(type, shapes)
  return Object.keys(parts).length > 0 ? parts : { extension: [{ url: 'http://example.org/x', valueString: 'x' }] }
}

const examples: Readonly<Record<string, Json>> = {
  boolean: true,
  integer: 1,
  positiveInt: 1,
  unsignedInt: 1,
  decimal: 1.5,
  date: '2024-05-01',
  dateTime: '2024-05-01T10:00:00Z',
  instant: '2024-05-01T10:00:00Z',
  time: '10:00:00',
  code: 'x',
  id: 'x',
  string: 'x',
  markdown: 'x',
  uri: 'http://example.org/x',
  url: 'http://example.org/x',
  canonical: 'http://example.org/x',
  oid: 'urn:oid:1.2.3',
  uuid: 'urn:uuid:05efabf0-4be2-4561-91ce-51548425acb9',
  base64Binary: 'AQID',
  xhtml: '<div xmlns="http://www.w3.org/1999/xhtml">x</div>',
}
