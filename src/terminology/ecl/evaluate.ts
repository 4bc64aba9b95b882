/**
 * A constraint → the concepts that satisfy it. "By default each expression constraint is evaluated against only the active
 * components." https://docs.snomed.org/snomed-ct-specifications/snomed-ct-expression-constraint-language
 */
import { fail } from '../../fhir/issue.ts'
import { type Concept, ConceptSet } from '../concept-set.ts'
import { filterConcepts } from './concept-filter.ts'
import { filterDescriptions } from './description-filter.ts'
import type { AlternateIdentifier, ConceptReference, Expression } from './expression.ts'
import { climb } from './hierarchy.ts'
import { associationsOf, supplement } from './history.ts'
import { membersOf, refsetsWith } from './members.ts'
import { refine } from './refinement.ts'
import { dotted } from './reversed.ts'
import type { Associations, Run, Warning } from './run.ts'
import { setOf, unsupported } from './run.ts'
import { place } from './scan.ts'
import { alternateIdentifier } from './schemes.ts'
import type { Substrate } from './substrate.ts'

export type Answer = { readonly concepts: ConceptSet; readonly warnings: readonly Warning[] }

/** To be kept as long as its code system: what is dear and always the same is worked out once. `text`: of the expression. */
export type Evaluator = (expression: Expression, text: string) => Answer

/** One read takes up to ten microseconds, where descriptions are read: this is a second or two. */
const mostReads = 150_000

/** `reads`: how many concepts one constraint may look at by themselves, beyond what sets answer. */
export function evaluatorOf(system: Substrate, { reads = mostReads } = {}): Evaluator {
  let inactive: ConceptSet | undefined
  const known = new Map<Concept, Associations>()
  return (expression, text) => {
    const warnings = new Map<string, Warning>()
    let read = 0
    const run: Run = {
      system,
      ask: (asked, all = false) => evaluate(asked, run, all),
      warn: warning => warnings.set(`${warning.kind} ${warning.code}`, warning),
      read: () => {
        if (++read > reads) throw tooCostly(reads)
      },
      inactive: () => {
        inactive ??= inactiveOf(system)
        return inactive
      },
      place: at => place(text, at),
      associations: refset => {
        const found = known.get(refset) ?? associationsOf(system, refset)
        known.set(refset, found)
        return found
      },
    }
    return { concepts: run.ask(expression), warnings: [...warnings.values()] }
  }
}

function tooCostly(reads: number) {
  const text = `ECL: the constraint is too costly: it looks at more than ${reads} concepts one by one; expected a narrower one`
  return fail('too-costly', text, undefined, { status: 422 })
}

/** By the property of that name where there is one: to ask each of 360,000 takes most of a second. */
function inactiveOf(system: Substrate): ConceptSet {
  if (system.facts.properties.some(({ code }) => code === 'inactive')) return system.having('inactive', 'true')
  const found: Concept[] = []
  for (let concept = 0; concept < system.size; concept++) if (system.inactive(concept)) found.push(concept)
  return ConceptSet.of(system.size, found)
}

/** `all`: inactive concepts, too, as a filter that asks for them needs. */
function evaluate(expression: Expression, run: Run, all: boolean): ConceptSet {
  switch (expression.op) {
    case 'concept':
      return self(expression, run, all)
    case 'alternate':
      return identified(expression, run, all)
    case 'any':
      return all ? ConceptSet.all(run.system.size) : run.inactive().not()
    case 'and':
      return expression.of.map(each => evaluate(each, run, all)).reduce((a, b) => a.and(b))
    case 'or':
      return expression.of.map(each => evaluate(each, run, all)).reduce((a, b) => a.or(b))
    case 'minus':
      return evaluate(expression.of, run, all).minus(evaluate(expression.without, run, all))
    case 'members':
      return membersOf(expression, run)
    case 'containing':
      return refsetsWith(expression, run)
    case 'refined':
      return refine(evaluate(expression.of, run, all), expression.by, run)
    case 'dotted':
      return expression.attributes.reduce((from, name) => dotted(from, name, run), evaluate(expression.of, run, all))
    case 'conceptual':
      return filterConcepts(expression, run, all)
    case 'described':
      return filterDescriptions(evaluate(expression.of, run, all), expression.filters, run)
    case 'history':
      return supplement(evaluate(expression.of, run, all), expression, run)
    default:
      return climb(expression.op, expression.of, evaluate(expression.of, run, all), run)
  }
}

function self({ code }: ConceptReference, run: Run, all: boolean): ConceptSet {
  const concept = run.system.find(code)
  if (concept === undefined) {
    run.warn({ kind: 'unknown-concept', code, text: `the concept ${code} is not known to ${named(run.system)}` })
    return setOf(run, [])
  }
  if (all || !run.system.inactive(concept)) return setOf(run, [concept])
  warnOfInactive(code, run)
  return setOf(run, [])
}

function warnOfInactive(code: string, run: Run): void {
  const text = `the concept ${code} is inactive, and so not among those found; '{{ C active = false }}' asks for such`
  run.warn({ kind: 'inactive-concept', code, text })
}

function identified({ scheme, identifier, at }: AlternateIdentifier, run: Run, all: boolean): ConceptSet {
  const { system } = run
  if (!system.facts.properties.some(({ code }) => code === alternateIdentifier)) {
    const why = 'identifiers of other schemes are not kept here; expected a SNOMED CT identifier'
    throw unsupported(why, run.place(at))
  }
  const code = `${scheme}#${identifier}`
  const found = system.having(alternateIdentifier, code)
  if (found.isEmpty) {
    const text = `the identifier ${code} is not known to ${named(system)}`
    run.warn({ kind: 'unknown-concept', code, text })
  }
  if (all) return found
  const active = found.minus(run.inactive())
  for (const concept of found.minus(active)) warnOfInactive(system.code(concept), run)
  return active
}

function named({ facts: { url, version } }: Substrate): string {
  return version === undefined ? url : `${url}|${version}`
}
