/**
 * The search parameters that tell nothing of elements that are hidden from somebody. The others do not exist for him, in whatever
 * way a search could name them. https://hl7.org/fhir/R4/searchparameter.html
 */
import type { Definitions } from '../conformance/definitions.ts'
import type { Shapes } from '../fhir/shape.ts'
import { pathsOf } from './extract/paths.ts'
import type { Parameters, SearchParameter } from './parameters.ts'

/** Paths of a type's hidden elements as JSON has them: `telecom`, `contact.telecom`, `valueQuantity`. */
export type Hidden = (type: string) => readonly string[]

export function visibleParameters(parameters: Parameters, hidden: Hidden, shapes: Shapes): Parameters {
  const known = new Map<string, ReadonlyMap<string, SearchParameter>>()
  return {
    at: parameters.at,
    of(type) {
      const paths = hidden(type)
      if (paths.length === 0) return parameters.of(type)
      const found = known.get(type) ?? visible(type, paths)
      known.set(type, found)
      return found
    },
  }

  function visible(type: string, paths: readonly string[]): ReadonlyMap<string, SearchParameter> {
    const all = [...parameters.of(type)]
    return new Map(all.filter(([, parameter]) => !touches(parameter, { type, paths, shapes, parameters })))
  }
}

/** Compartments without the links that are hidden: who is in one would tell them. */
export function visibleCompartments(
  compartments: Definitions['compartments'],
  parameters: Parameters,
  hidden: Hidden,
): Definitions['compartments'] {
  return compartments.map(({ resources, ...compartment }) => ({
    ...compartment,
    resources: Object.fromEntries(
      Object.entries(resources).map(([type, codes]) => {
        const known = hidden(type).length === 0 ? undefined : parameters.of(type)
        return [type, known ? codes.filter(code => code.startsWith('{') || known.has(code)) : codes]
      }),
    ),
  }))
}

type Place = {
  readonly type: string
  readonly paths: readonly string[]
  readonly shapes: Shapes
  readonly parameters: Parameters
}

/** Words of all texts stand in the narrative, too, which is hidden with any element. */
function touches(parameter: SearchParameter, place: Place): boolean {
  const { expression, component = [] } = parameter
  if (expression === undefined) return false
  if (component.length === 0) return leadsTo(expression, place)
  const parts = component.map(part => part.expression)
  return [...parts.map(part => joined(expression, part)), ...definitionsOf(parameter, place)].some(one =>
    leadsTo(one, place),
  )
}

/** A composite is answered by the parameters of its components where it can be: what they find is told, too. */
function definitionsOf({ component = [] }: SearchParameter, { type, parameters }: Place): readonly string[] {
  const codes = component.flatMap(({ definition }) => parameters.at(definition)?.code ?? [])
  return codes.flatMap(code => parameters.of(type).get(code)?.expression ?? [])
}

function joined(expression: string, part: string): string {
  return `(${expression}).select(${part})`
}

function leadsTo(expression: string, { type, paths, shapes }: Place): boolean {
  const found = pathsOf(expression, { type, resourceType: type, shapes })
  if (found === undefined) return mayName(expression, { type, paths, shapes })
  return [...found.keys()].some(path => paths.some(shut => isWithin(path, shut) || isWithin(shut, path)))
}

function isWithin(path: string, other: string): boolean {
  return other === '' || path === other || path.startsWith(`${other}.`)
}

/** Functions that lead to no other elements than those that are named. */
const plain: ReadonlySet<string> = new Set(['where', 'exists', 'resolve', 'is', 'as', 'ofType', 'select', 'first'])

/** Where paths depend on the data, whatever names a hidden element may lead to it. */
function mayName(expression: string, { type, paths, shapes }: Pick<Place, 'type' | 'paths' | 'shapes'>): boolean {
  const code = expression.replaceAll(/'(?:[^'\\]|\\.)*'/g, "''")
  if (/[`\\]/.test(code)) return true // names may be written in many ways
  const branches = code.split('|').filter(branch => isOf(branch, type, shapes))
  const roots = new Set(paths.flatMap(path => namesOf(path, type, shapes)))
  const words = branches.flatMap(branch => branch.match(/[A-Za-z_]\w*/g) ?? [])
  const calls = branches.flatMap(branch => branch.match(/[A-Za-z_]\w*(?=\s*\()|%\s*\w+/g) ?? [])
  return words.some(word => roots.has(word)) || calls.some(call => !plain.has(call))
}

/** `Practitioner.telecom` says nothing of a Patient, unless it is a part of something in brackets. */
function isOf(branch: string, type: string, shapes: Shapes): boolean {
  const [, start] = /^[\s(]*([A-Z]\w*)\./.exec(branch) ?? []
  const isWhole = branch.split('(').length === branch.split(')').length
  return !isWhole || start === undefined || start === type || !shapes.resourceTypes.includes(start)
}

/** `deceasedBoolean` is `deceased` in FHIRPath. */
function namesOf(path: string, type: string, shapes: Shapes): readonly string[] {
  const [name = ''] = path.split('.')
  const choice = shapes.shape(type)?.elements.get(name)?.choice
  return choice === undefined ? [name] : [name, choice.replace('[x]', '')]
}
