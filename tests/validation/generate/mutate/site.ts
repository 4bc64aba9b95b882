/** The objects within a resource, where each is in JSON and in FHIRPath, and how a changed one is put in place. */
import { loadDefinitions } from '../../../../src/conformance/definitions.ts'
import { isObject, type Json, type JsonObject, type Resource } from '../../../../src/fhir/resource.ts'
import type { ElementShape, Shape } from '../../../../src/fhir/shape.ts'

export type Site = {
  /** What contains it all. */
  readonly within: Resource
  readonly keys: readonly (string | number)[]
  readonly expression: string
  readonly object: JsonObject
  readonly shape: Shape
  /** The element that it is a value of; none for the resource itself. */
  readonly element: ElementShape | undefined
  /** The innermost resource, and its expression. */
  readonly resource: Resource
  readonly root: string
}

export const { shapes } = loadDefinitions()

export function sitesOf(within: Resource): readonly Site[] {
  const sites: Site[] = []
  const shape = shapes.shape(within.resourceType)
  const top = { within, keys: [], expression: within.resourceType, object: within, element: undefined }
  if (shape !== undefined) visit({ ...top, shape, resource: within, root: within.resourceType }, sites)
  return sites
}

function visit(site: Site, sites: Site[]): void {
  sites.push(site)
  for (const element of site.shape.elements.values()) {
    if (element.primitive) continue
    const value = site.object[element.name]
    if (!Array.isArray(value)) enter(site, element, value, [element.name], stepOf(element), sites)
    else
      for (const [n, item] of value.entries())
        enter(site, element, item, [element.name, n], `${stepOf(element)}[${n}]`, sites)
  }
}

function enter(
  site: Site,
  element: ElementShape,
  object: Json | undefined,
  keys: readonly (string | number)[],
  step: string,
  sites: Site[],
): void {
  if (!isObject(object)) return
  const isResource = element.type === 'Resource'
  const shape = shapes.shape(isResource ? String(object['resourceType']) : element.type)
  if (shape === undefined) return
  const expression = `${site.expression}.${step}`
  const { resource, root } = isResource ? { resource: object as Resource, root: expression } : site
  visit({ ...site, keys: [...site.keys, ...keys], expression, object, shape, element, resource, root }, sites)
}

/** FHIRPath's name of it. */
export function stepOf({ name, choice }: ElementShape): string {
  return choice === undefined ? name : choice.replace('[x]', '')
}

/** The resource with another object in the place of the site's. */
export function put(site: Site, object: Json): Resource {
  return replaced(site.within, site.keys, object) as Resource
}

function replaced(value: Json, [key, ...others]: readonly (string | number)[], object: Json): Json {
  if (key === undefined) return object
  if (Array.isArray(value)) return value.map((item, n) => (n === key ? replaced(item, others, object) : item))
  const owner = value as JsonObject
  return { ...owner, [key]: replaced(owner[key] ?? null, others, object) }
}
