/** The components of a composite that somebody brings. https://hl7.org/fhir/R4/search.html#composite */
import { error, FhirError, type Issue } from '../../fhir/issue.ts'
import { compileGetter, compilePart } from '../extract/extract.ts'
import type { SearchParameter } from '../parameters.ts'
import { type Known, mismatch, typesOf } from './fit.ts'

type Component = NonNullable<SearchParameter['component']>[number]

/** Each place that the composite's expression leads to is an element, from which the components' expressions go on. */
export function componentIssues(definition: SearchParameter, known: Known, at: string): readonly Issue[] {
  const { component = [], expression = '' } = definition
  if (component.length < 2) {
    return [
      error('business-rule', `a composite has ${component.length} components: expected two or more`, `${at}.component`),
    ]
  }
  const places = placesOf(definition, known)
  if (places === undefined) {
    const text = `'${expression}' needs the FHIRPath engine, which does not tell places: expected paths, ofType(), where() with = and !=`
    return [error('business-rule', text, `${at}.expression`)]
  }
  return component.flatMap((part, index) => issuesOf(part, places, known, `${at}.component[${index}]`))
}

type Places = readonly { readonly type: string; readonly resourceType: string }[]

function placesOf(definition: SearchParameter, { shapes }: Known): Places | undefined {
  const places: { type: string; resourceType: string }[] = []
  for (const resourceType of typesOf(definition, shapes)) {
    const { types } = compileGetter(definition.expression ?? '', { type: resourceType, resourceType, shapes })
    if (types === undefined) return undefined
    places.push(...types.map(type => ({ type, resourceType })))
  }
  return places
}

function issuesOf({ definition, expression }: Component, places: Places, known: Known, at: string): readonly Issue[] {
  const parameter = known.parameters.at(definition)
  if (parameter === undefined) {
    return [
      error(
        'business-rule',
        `no search parameter ${definition} is known here: expected one that is stored already`,
        `${at}.definition`,
      ),
    ]
  }
  const { type } = parameter
  if (type === 'composite' || type === 'special') {
    return [error('business-rule', `${definition} is a ${type} parameter, which is no component`, `${at}.definition`)]
  }
  try {
    const found = places.flatMap(place => compilePart(expression, { ...place, shapes: known.shapes }).types ?? [])
    const what = mismatch([...new Set(found)], type)
    return what === undefined ? [] : [error('business-rule', `'${expression}' ${what}`, `${at}.expression`)]
  } catch (cause) {
    if (!(cause instanceof FhirError)) throw cause
    return cause.issues.map(({ diagnostics }) => error('business-rule', diagnostics, `${at}.expression`))
  }
}
