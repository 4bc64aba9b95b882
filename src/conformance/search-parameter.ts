/** A SearchParameter as a resource → what searches need of it. https://hl7.org/fhir/R4/searchparameter.html */
import { isObject, type Json, type Resource } from '../fhir/resource.ts'
import type { SearchParameter } from './artifact.ts'

/**
 * The resource is well-formed, as structural validation has found; whether its parameter can be searched is for the search to
 * say. Only what is `active` is searched by; the others are kept like any resource: `undefined`.
 */
export function ownParameter(resource: Resource): SearchParameter | undefined {
  const { url, name, code, type, expression, status, multipleOr, multipleAnd } = resource
  if (status !== 'active') return undefined
  const [target, component] = [texts(resource['target']), list(resource['component']).flatMap(componentOf)]
  const [comparator, modifier] = [texts(resource['comparator']), texts(resource['modifier'])]
  return {
    url: text(url),
    name: text(name),
    code: text(code),
    base: texts(resource['base']),
    type: text(type) as SearchParameter['type'], // bound to the value set that the type lists
    own: true,
    ...(expression === undefined ? {} : { expression: text(expression) }),
    ...(target.length > 0 ? { target } : {}),
    ...(typeof multipleOr === 'boolean' ? { multipleOr } : {}),
    ...(typeof multipleAnd === 'boolean' ? { multipleAnd } : {}),
    ...(comparator.length > 0 ? { comparator } : {}),
    ...(modifier.length > 0 ? { modifier } : {}),
    ...(component.length > 0 ? { component } : {}),
  }
}

/** Of `url|version` the version is passed over: there is one definition at a time. */
function componentOf(part: Json): NonNullable<SearchParameter['component']> {
  if (!isObject(part)) return []
  const [definition = ''] = text(part['definition']).split('|', 1)
  return [{ definition, expression: text(part['expression']) }]
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}

function texts(value: Json | undefined): readonly string[] {
  return list(value).map(text)
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}
