/**
 * Composites that need no entries of their own. https://hl7.org/fhir/R4/search.html#composite
 *
 * Where code and value come together in the resource itself, "the code and the value of one element" are the code and the value
 * of the resource, which ordinary parameters know. This saves a quarter of what is written for an Observation.
 */
import type { Shapes } from '../fhir/shape.ts'
import { type Paths, pathsOf } from './extract/paths.ts'
import type { Parameters, SearchParameter } from './parameters.ts'
import { simpleTypes } from './values/simple.ts'

export type Means =
  /** Entries of their own, one element for each place where the components come together. */
  | { readonly by: 'elements' }
  /** Other composites, which have its places between them: `combo-code-value-quantity`. */
  | { readonly by: 'union'; readonly of: readonly SearchParameter[] }
  /** For each component a parameter that finds the same in the resource: all of them at once. */
  | {
      readonly by: 'twins'
      readonly of: readonly SearchParameter[]
      /**
       * What the twins find beyond the components (`value-quantity` finds a SampledData too), as properties. A resource that has
       * one of these has nothing for the component, and its twin must not count: it is marked.
       */
      readonly beyond: readonly string[]
    }

export type Context = { readonly type: string; readonly shapes: Shapes; readonly parameters: Parameters }

export function meansOf(composite: SearchParameter, context: Context): Means {
  const places = placesOf(composite, context)
  if (places === undefined) return { by: 'elements' }
  return asUnion(composite, places, context) ?? asTwins(composite, places, context) ?? { by: 'elements' }
}

function placesOf({ expression }: SearchParameter, { type, shapes }: Context): Paths | undefined {
  return expression === undefined ? undefined : pathsOf(expression, { type, resourceType: type, shapes })
}

function asUnion(composite: SearchParameter, places: Paths, context: Context): Means | undefined {
  const others = [...lasting(context)].filter(other => {
    if (other.type !== 'composite' || other.code === composite.code) return false
    const own = placesOf(other, context)
    return own !== undefined && own.size < places.size && sameComponents(composite, other, own, places, context)
  })
  const covered = others.flatMap(other => [...(placesOf(other, context)?.keys() ?? [])])
  const isPartition = covered.length === places.size && new Set(covered).size === places.size
  return isPartition && others.length > 1 ? { by: 'union', of: others } : undefined
}

/** In all places of the other, which are places of this one too, their components find the same. */
function sameComponents(
  { component = [] }: SearchParameter,
  { component: others = [] }: SearchParameter,
  own: Paths,
  places: Paths,
  context: Context,
): boolean {
  if (component.length !== others.length) return false
  return [...own].every(
    ([path, type]) =>
      places.has(path) &&
      component.every((part, index) => {
        const [one, other] = [partOf(part, type, context), partOf(others[index], type, context)]
        return one !== undefined && other !== undefined && one.type === other.type && isSame(one.paths, other.paths)
      }),
  )
}

type Component = NonNullable<SearchParameter['component']>[number]
type Simple = keyof typeof simpleTypes
type Part = { readonly type: Simple; readonly paths: Paths }

/** Paths from a place of that type. */
function partOf(component: Component | undefined, type: string, context: Context): Part | undefined {
  const parameter = component && context.parameters.at(component.definition)
  if (component === undefined || parameter === undefined || parameter.type === 'composite') return undefined
  const paths = pathsOf(component.expression, { type, resourceType: context.type, shapes: context.shapes })
  return paths && { type: parameter.type, paths: searched(paths, parameter.type) }
}

function searched(paths: Paths, type: Simple): Paths {
  return new Map([...paths].filter(([, of]) => Object.hasOwn(simpleTypes[type].extract, of)))
}

function isSame(one: Paths, other: Paths): boolean {
  return one.size === other.size && [...one.keys()].every(path => other.has(path))
}

function asTwins({ component = [] }: SearchParameter, places: Paths, context: Context): Means | undefined {
  if (places.size !== 1 || !places.has('')) return undefined
  const found = component.flatMap(part => {
    const own = partOf(part, context.type, context)
    const twin = own && twinOf(own, context)
    return twin === undefined ? [] : [twin]
  })
  if (found.length !== component.length || found.length === 0) return undefined
  return { by: 'twins', of: found.map(({ parameter }) => parameter), beyond: found.flatMap(({ beyond }) => beyond) }
}

/** Those that all resources are indexed by. One that comes and goes must not change what answers for another. */
function lasting({ parameters, type }: Context): Iterable<SearchParameter> {
  return parameters
    .of(type)
    .values()
    .filter(({ own }) => own !== true)
}

type Twin = { readonly parameter: SearchParameter; readonly beyond: readonly string[] }

/** One that finds nothing else is the best. */
function twinOf(part: Part, context: Context): Twin | undefined {
  const candidates = [...lasting(context)].flatMap((parameter): Twin[] => {
    if (parameter.type !== part.type) return []
    const all = placesOf(parameter, context)
    const paths = all && searched(all, part.type)
    const beyond = paths && beyondOf(part.paths, paths, context)
    return beyond === undefined ? [] : [{ parameter, beyond }]
  })
  return candidates.sort((a, b) => a.beyond.length - b.beyond.length)[0]
}

/** `undefined`: not all is found, or what is found beyond may be there beside it. */
function beyondOf(part: Paths, twin: Paths, { type, shapes }: Context): readonly string[] | undefined {
  if (part.size === 0 || ![...part.keys()].every(path => twin.has(path))) return undefined
  const beyond = [...twin.keys()].filter(path => !part.has(path))
  const roots = (paths: Iterable<string>): ReadonlySet<string> =>
    new Set([...paths].map(path => path.split('.', 1)[0] ?? ''))
  const [own, other] = [roots(part.keys()), roots(beyond)]
  // "At most one of a choice may be present."
  const choices = new Set([...own, ...other].map(name => shapes.shape(type)?.elements.get(name)?.choice))
  const isExclusive = choices.size === 1 && !choices.has(undefined) && own.isDisjointFrom(other)
  return beyond.length === 0 || isExclusive ? beyond : undefined
}
