/** A resource → all that it is found by. https://hl7.org/fhir/R4/search.html */
import type { SearchParameter } from '../conformance/artifact.ts'
import type { Definitions } from '../conformance/definitions.ts'
import { isObject, type Json, type Resource } from '../fhir/resource.ts'
import { type Context, meansOf } from './composites.ts'
import { compileGetter, compilePart } from './extract/extract.ts'
import type { Getter } from './extract/getter.ts'
import { searchParameters } from './parameters.ts'
import type { CompositeValue } from './values/composite.ts'
import type { Extract } from './values/parameter-type.ts'
import { type SimpleValue, simpleTypes } from './values/simple.ts'
import { tokenExtractors } from './values/token.ts'
import type { Value } from './values/value.ts'

/** By code of the parameter. What finds nothing is not in it: that is what `:missing` asks. */
export type IndexValues = ReadonlyMap<string, readonly Value[]>

/** `base`: the URL of this server as the tenant's clients see it, without trailing slash. */
export type Index = (resource: Resource, base?: string) => IndexValues

/** Of every version the store itself knows these, and what the resource says when it comes in is not yet true. */
const ofTheVersion: ReadonlySet<string> = new Set(['_id', '_lastUpdated'])

/** Each type is compiled when its first resource comes by. Parameters without expression (`_text`) are not answered from values. */
export function compileIndex(
  definitions: Pick<Definitions, 'searchParameters' | 'shapes'>,
  parameters = searchParameters(definitions),
): Index {
  const known = new Map<string, readonly Column[]>()

  function columnsOf(type: string): readonly Column[] {
    const wanted = [...parameters.of(type).values()].filter(({ code }) => !ofTheVersion.has(code))
    const columns = wanted.flatMap(parameter => columnOf(parameter, { type, shapes: definitions.shapes, parameters }))
    if (columns.length > 0) known.set(type, columns)
    return columns
  }

  return (resource, base) => {
    const values = new Map<string, readonly Value[]>()
    for (const { code, extract } of known.get(resource.resourceType) ?? columnsOf(resource.resourceType)) {
      const found = extract(resource, resource, base)
      if (found.length > 0) values.set(code, found)
    }
    return values
  }
}

type Column = { readonly code: string; readonly extract: From<Value> }
/** The values that an element of the resource, or the resource itself, has for a parameter. */
type From<V> = (focus: Json, resource: Resource, base: string | undefined) => readonly V[]

function columnOf(parameter: SearchParameter, context: Context): readonly Column[] {
  const { code, expression, type, target } = parameter
  if (expression === undefined) return []
  const getter = compileGetter(expression, placeOf(context))
  if (getter.types?.length === 0) return []
  if (type === 'composite') return compositeColumn(parameter, getter, context)
  return [{ code, extract: simple(type, target === undefined ? getter : onlyTargets(getter, target)) }]
}

function placeOf({ type, shapes }: Context) {
  return { type, resourceType: type, shapes }
}

function simple(type: keyof typeof simpleTypes, { get, types }: Getter): From<SimpleValue> {
  const extractors: Readonly<Record<string, Extract<SimpleValue>>> =
    type === 'token' ? tokenExtractors(types) : simpleTypes[type].extract
  return (focus, resource, base) => {
    const found = get(focus, resource)
    const [only] = found
    if (only === undefined) return []
    if (found.length === 1) return extractors[only.type]?.(only.value, base) ?? []
    return found.flatMap(({ value, type }) => extractors[type]?.(value, base) ?? [])
  }
}

/** `composition` and `message` of a Bundle have the same expression, and differ in what they refer to. */
function onlyTargets(getter: Getter, targets: readonly string[]): Getter {
  if (getter.types?.includes('Resource') !== true) return getter
  const isTarget = (value: Json) => isObject(value) && targets.includes(String(value['resourceType']))
  return {
    ...getter,
    get: (focus, resource) =>
      getter.get(focus, resource).filter(({ value, type }) => type !== 'Resource' || isTarget(value)),
  }
}

/** Not all composites have values of their own: see `composites.ts`. */
function compositeColumn(parameter: SearchParameter, getter: Getter, context: Context): readonly Column[] {
  const means = meansOf(parameter, context)
  const { code } = parameter
  if (means.by === 'elements') return [{ code, extract: composite(parameter, getter, context) }]
  if (means.by === 'union' || means.beyond.length === 0) return []
  const beyond = means.beyond.map(path => path.split('.'))
  return [{ code, extract: (_focus, resource) => (beyond.some(names => reaches(resource, names)) ? marked : []) }]
}

/** By properties, through lists. */
function reaches(value: Json | undefined, [name, ...rest]: readonly string[]): boolean {
  if (value === undefined || value === null) return false
  if (Array.isArray(value)) return value.some(item => reaches(item, name === undefined ? [] : [name, ...rest]))
  return name === undefined || (isObject(value) && reaches(value[name], rest))
}

const marked: readonly CompositeValue[] = [{ type: 'composite', parts: [] }]

function composite(
  { component = [] }: SearchParameter,
  { get, types }: Getter,
  context: Context,
): From<CompositeValue> {
  const parts = new Map((types ?? []).map(type => [type, component.map(part => partOf(part, type, context))]))
  return (focus, resource, base) =>
    get(focus, resource).flatMap(({ value, type }) => {
      const values = (parts.get(type) ?? []).map(part => part(value, resource, base))
      return values.length > 0 && values.every(of => of.length > 0) ? [{ type: 'composite', parts: values }] : []
    })
}

type Component = NonNullable<SearchParameter['component']>[number]

function partOf({ definition, expression }: Component, type: string, context: Context): From<SimpleValue> {
  const parameter = context.parameters.at(definition)
  if (parameter === undefined || parameter.type === 'composite') return () => []
  return simple(parameter.type, compilePart(expression, { ...placeOf(context), type }))
}
