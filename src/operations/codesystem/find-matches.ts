/** https://hl7.org/fhir/R4/codesystem-operation-find-matches.html */
import type * as conformance from '../../conformance/artifact.ts'
import type { JsonObject } from '../../fhir/resource.ts'
import type { CodeSystem } from '../../terminology/code-system.ts'
import type { Concept, ConceptSet } from '../../terminology/concept-set.ts'
import { displayIn, type Languages } from '../../terminology/value-set/language.ts'
import type { Operation } from '../kernel/operation.ts'
import { askedParameters } from '../terminology/asked.ts'
import { type Clue, cluesIn, matching, printClue } from './clue.ts'
import { agreed, definitionOf, systemNamed, whenAsked } from './in-question.ts'
import { value } from './property.ts'

export function findMatches(definition: conformance.Operation): Operation {
  return {
    definition,
    also: askedParameters,
    unknown: 'ignore',
    affectsState: false,
    scope: 'r',
    cost: 20,
    run(ctx, call) {
      const { input } = call
      return whenAsked(ctx, call, ({ languages }, question) => {
        const { own, terminology } = question
        const url = systemNamed([own?.url, input.text('system')])
        const version = agreed('version', [own?.version, input.text('version')], 'expected that of the code system')
        const system = definitionOf(question, { url, version }, 'codes cannot be found', 'system')
        const clues = cluesIn(input)
        const isExact = input.flag('exact') === true
        const found = clues.map(clue => ({ clue, concepts: matching(system, clue, isExact, terminology) }))
        const best = bestOf(system.size, found, isExact)
        const matches = best.map(one => match(system, one, found, isExact, languages))
        return { resourceType: 'Parameters', ...(matches.length === 0 ? {} : { parameter: matches }) }
      })
    },
  }
}

/** A machine wants "complete and partial matches", as far as they can be told at once; a human looks at the first page. */
const mostExact = 1_000
const mostLikely = 50

type Found = { readonly clue: Clue; readonly concepts: ConceptSet }
type Match = { readonly concept: Concept; readonly count: number }

/** Those that fit the most clues first; of equals, in the order of the code system. */
function bestOf(size: number, found: readonly Found[], isExact: boolean): readonly Match[] {
  const counts = new Uint8Array(size)
  for (const { concepts } of found) for (const concept of concepts) counts[concept] = (counts[concept] ?? 0) + 1
  const best: Match[] = []
  const most = isExact ? mostExact : mostLikely
  for (let count = found.length; count > 0 && best.length < most; count--) {
    const these = counts.keys().filter(concept => counts[concept] === count)
    best.push(...these.take(most - best.length).map(concept => ({ concept, count })))
  }
  return best
}

function match(
  system: CodeSystem,
  { concept, count }: Match,
  found: readonly Found[],
  isExact: boolean,
  languages: Languages,
): JsonObject {
  const unmatched = found.filter(({ concepts }) => !concepts.has(concept)).map(({ clue }) => clue)
  const comment = `${count} of ${found.length} properties match`
  return {
    name: 'match',
    part: [
      value('code', 'valueCoding', codingOf(system, concept, languages)),
      ...unmatched.map(clue => ({ name: 'unmatched', part: printClue(system, clue) })),
      ...(isExact ? [] : [value('comment', 'valueString', comment)]),
    ],
  }
}

function codingOf(system: CodeSystem, concept: Concept, languages: Languages): JsonObject {
  const { url, version } = system.facts
  const display = displayIn(system, concept, languages)
  return {
    system: url,
    ...(version === undefined ? {} : { version }),
    code: system.code(concept),
    ...(display === undefined ? {} : { display }),
  }
}
