/** One parameter of a search → what a store is asked. https://hl7.org/fhir/R4/search.html#ptypes */
import type { Definitions } from '../../conformance/definitions.ts'
import type { ValueSets } from '../../conformance/value-sets.ts'
import { nearest } from '../../fhir/nearest.ts'
import { all, type Node, not } from '../node.ts'
import { type SearchParameter, searchParameters } from '../parameters.ts'
import { UnfitModifier } from '../parse/mistakes.ts'
import type { Codes, Stored } from '../plan.ts'
import { type Soon, soon } from '../soon.ts'
import { malformed, type Subject } from './kind.ts'
import { chained, referring } from './reference.ts'
import { compileSearched } from './searched.ts'

export type Asked = {
  /** As the client wrote it, with path and modifier, for messages: `subject:Patient.name:exact`. */
  readonly name: string
  readonly parameter: SearchParameter
  /** Without the colon. */
  readonly modifier?: string
  /** Alternatives: still escaped within (`\|`, `\$`, `\,`), but no more separated by `,`. Empty ones are passed over. */
  readonly values: readonly string[]
}

/** Where it is asked. */
export type Place = {
  /** The type of the resources that are asked. */
  readonly type: string
  /** The URL of this server as the tenant's clients see it, without trailing slash. */
  readonly base: string
  /** ms; what `ap` measures the distance of a date from. */
  readonly now: number
  readonly stored: Stored
}

/**
 * A `FhirError` (400) that begins with the name where the modifier does not fit or a value is malformed: thrown, or a rejection
 * where something was looked up.
 */
export type Question = {
  (asked: Asked, place: Place, codes: Codes): Soon<Node>
  readonly chain: (step: Step, place: Place) => Promise<Node>
  /** Asked of what a resource of the place refers to, which fits. */
  readonly has: (step: Omit<Step, 'to'>, place: Place) => Promise<Node>
}

/** Of a chain: the reference leads to a resource of the type `to` that fits. */
export type Step = {
  readonly name: string
  readonly parameter: SearchParameter
  readonly to: string
  readonly where: Node
}

/** Once per definitions; what is to be known of a parameter is worked out when it is first asked for. */
export function compileQuestions(
  definitions: Pick<Definitions, 'searchParameters' | 'shapes'>,
  valueSets: ValueSets,
  parameters = searchParameters(definitions),
): Question {
  const searched = compileSearched(definitions.shapes, valueSets, parameters)

  function question({ name, parameter, modifier, values }: Asked, place: Place, codes: Codes): Soon<Node> {
    const { ask, present, modifiers, spelled, ...of } = searched(parameter, place.type)
    const on: Subject = { ...place, ...of, name }
    const given = values.filter(text => text !== '')
    if (given.length === 0) return all
    if (modifier === undefined) return soon(spelled?.(given, on, codes) ?? given, texts => ask(texts, on, codes))
    if (modifier === 'missing') return missing(given, present, on)
    const fitting = modifiers(on)
    const asks = Object.hasOwn(fitting, modifier) ? fitting[modifier] : undefined
    if (asks === undefined) throw unfitting(modifier, parameter, Object.keys(fitting), on)
    return asks(given, on, codes)
  }

  function chain({ name, parameter, to, where }: Step, place: Place): Promise<Node> {
    const { slot, elements, targets } = searched(parameter, place.type)
    return chained({ ...place, slot, elements, targets, name }, to, where)
  }

  function has({ name, parameter, where }: Omit<Step, 'to'>, place: Place): Promise<Node> {
    const { slot, elements, targets } = searched(parameter, place.type)
    return referring({ ...place, slot, elements, targets, name }, where)
  }

  return Object.assign(question, { chain, has })
}

/** "For example, gender:missing=true will return all resources that don't have a value for the gender parameter." */
function missing(values: readonly string[], present: Node, on: Subject): Node {
  const [text] = values
  if (values.length > 1 || (text !== 'true' && text !== 'false')) throw malformed(on, values.join(','), 'true or false')
  return text === 'true' ? not(present) : present
}

const mostListed = 12 // a reference to anything has 145 types as modifiers

function unfitting(
  modifier: string,
  { code, type }: SearchParameter,
  fitting: readonly string[],
  { name, targets }: Subject,
): UnfitModifier {
  const meant = nearest(modifier, ['missing', ...fitting])
  const types = fitting.length > mostListed ? fitting.filter(known => targets.includes(known)) : []
  const listed = ['missing', ...fitting.filter(known => !types.includes(known))].map(known => `:${known}`)
  const known = [...listed, ...(types.length > 0 ? ['the type of a resource, such as :Patient'] : [])].join(', ')
  const hint = meant === undefined ? '' : ` (did you mean ':${meant}'?)`
  return new UnfitModifier(
    `${name}: ':${modifier}' is no modifier of ${code}, a ${type} parameter${hint}: expected ${known}`,
  )
}
