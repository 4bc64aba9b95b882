/** Which items of a questionnaire are to be answered. https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen */
import type { JsonObject, Resource } from '../../fhir/resource.ts'
import { type Form, objectsIn, type Question } from './form.ts'
import { compare, isSame, type Value, valueIn } from './value.ts'

/** From the response down to where the item stands or would stand. */
export type Chain = readonly JsonObject[]

/** The items that answer one question, in the order of the response, within what contains them. */
type Occurrence = { readonly place: number; readonly values: readonly Value[] }
type Occurrences = ReadonlyMap<string, ReadonlyMap<JsonObject, readonly Occurrence[]>>

/** `item`: where it is there; without, what comes last counts as before it. */
export type Enabling = (question: Question, chain: Chain, item?: JsonObject) => boolean

export function enablingIn(response: Resource, { linkIds }: Form): Enabling {
  let places: Places | undefined
  return ({ conditions, behavior }, chain, item) => {
    // A condition on a question that there is not says nothing.
    const asked = conditions.filter(({ question }) => linkIds.has(String(question)))
    if (asked.length === 0) return true
    places ??= placesIn(response)
    const { occurrences, numbers } = places
    const place = (item && numbers.get(item)) ?? Number.POSITIVE_INFINITY
    const holds = (condition: JsonObject): boolean =>
      isMet(condition, nearest(occurrences.get(String(condition['question'])), chain, place))
    return behavior === 'all' ? asked.every(holds) : asked.some(holds)
  }
}

type Places = { readonly occurrences: Occurrences; readonly numbers: ReadonlyMap<JsonObject, number> }

function placesIn(response: Resource): Places {
  const occurrences = new Map<string, Map<JsonObject, Occurrence[]>>()
  const numbers = new Map<JsonObject, number>()
  const visit = (owner: JsonObject, chain: Chain): void => {
    for (const item of objectsIn(owner['item'])) {
      numbers.set(item, numbers.size)
      const answers = objectsIn(item['answer'])
      const occurrence = { place: numbers.size - 1, values: answers.flatMap(answer => valueIn(answer, 'value') ?? []) }
      const within = occurrences.get(String(item['linkId'])) ?? new Map<JsonObject, Occurrence[]>()
      occurrences.set(String(item['linkId']), within)
      for (const around of [...chain, item]) {
        const known = within.get(around)
        if (known === undefined) within.set(around, [occurrence])
        else known.push(occurrence)
      }
      visit(item, [...chain, item])
      for (const answer of answers) visit(answer, [...chain, item, answer])
    }
  }
  visit(response, [response])
  return { occurrences, numbers }
}

/** "The nearest question occurrence reachable by tracing first the ancestor axis and then the preceding and then the following axis" */
function nearest(
  within: ReadonlyMap<JsonObject, readonly Occurrence[]> | undefined,
  chain: Chain,
  place: number,
): readonly Value[] {
  const around = chain.findLast(owner => within?.has(owner))
  const found = (around && within?.get(around)) ?? []
  return (found[countBefore(found, place) - 1] ?? found[0])?.values ?? []
}

/** They are in order, and repeated groups can make many of them. */
function countBefore(found: readonly Occurrence[], place: number): number {
  let [low, high] = [0, found.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((found[middle]?.place ?? 0) < place) low = middle + 1
    else high = middle
  }
  return low
}

/** Of `!=` R4 says "no answer has a value that is equal"; its "no answer" for `>` and the like is a slip. */
function isMet(condition: JsonObject, values: readonly Value[]): boolean {
  const expected = valueIn(condition, 'answer')
  if (expected === undefined) return true
  const { operator } = condition
  const some = (test: (order: number) => boolean): boolean =>
    values.some(value => {
      const order = compare(value, expected)
      return order !== undefined && test(order)
    })
  switch (operator) {
    case 'exists':
      return values.length > 0 === (expected.json === true)
    case '=':
      return values.some(value => isSame(value, expected))
    case '!=':
      return !values.some(value => isSame(value, expected))
    case '>':
      return some(order => order > 0)
    case '<':
      return some(order => order < 0)
    case '>=':
      return some(order => order >= 0)
    case '<=':
      return some(order => order <= 0)
    default:
      return true
  }
}
