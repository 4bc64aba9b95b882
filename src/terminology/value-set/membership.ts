/** Which codes belong to a value set: compiled once, and then asked often. */
import type { JsonObject } from '../../fhir/resource.ts'
import { sameJson } from '../../fhir/same-json.ts'
import type { Canonical } from '../canonical.ts'
import type { CodeSystem } from '../code-system.ts'
import { textOf } from '../element.ts'
import { missingSupplements } from './clause.ts'
import { type Compiling, compile, type Members } from './compile.ts'
import { type Definition, definitionOf } from './definition.ts'
import { implicitValueSet } from './implicit.ts'
import { type Inputs, recording, type Sources, stillHold } from './inputs.ts'
import type { Terminology } from './terminology.ts'
import { keyOf as rulesKey, type VersionRules } from './version-rules.ts'

export type { Members }

export type Question = {
  readonly rules: VersionRules
  /** Canonicals of supplements to be used, beside those that the value set asks for. */
  readonly supplements: readonly string[]
}

export type Memberships = Sources & {
  /** Throws for value sets that contain themselves, and for filters that have no meaning. */
  of(valueSet: JsonObject, question: Question): Members
}

/** Of one value set, for requests that differ in versions and supplements. */
const mostAnswers = 8
/** Clients make up expressions, so not all of them are kept: each may hold some 100 KB of bits. */
const mostImplicit = 200

/** What was compiled, of one state of a terminology or of several that follow each other. */
export type Kept = {
  readonly members: WeakMap<JsonObject, Map<string, KeptMembers>>
  /** Implicit value sets that were written down, by canonical. */
  readonly implicit: Map<string, JsonObject>
}

type KeptMembers = { readonly members: Members; readonly inputs: Inputs; holdsIn: Terminology }

export function nothingKept(): Kept {
  return { members: new WeakMap(), implicit: new Map() }
}

/** Keeps what it compiled for as long as the resource is held by somebody. What `kept` has counts while its inputs are the same. */
export function membershipsOf(terminology: Terminology, kept: Kept = nothingKept()): Memberships {
  const systems = new Map<string, CodeSystem>()
  const implicit = new Map<string, JsonObject>()
  const find = ({ url, version }: Canonical): JsonObject | undefined => {
    const found = terminology.valueSet(url, version) ?? implicit.get(url)
    if (found !== undefined) return found
    const written = writtenDown(implicitValueSet(terminology, url), kept.implicit.get(url))
    if (written === undefined) return undefined
    keep(implicit, url, written, mostImplicit)
    keep(kept.implicit, url, written, mostImplicit)
    return written
  }
  const sources = { terminology, find }

  const known = (answers: Map<string, KeptMembers>, key: string): KeptMembers | undefined => {
    const answer = answers.get(key)
    if (answer === undefined || answer.holdsIn === terminology) return answer
    if (!stillHold(answer.inputs, sources)) return undefined
    answer.holdsIn = terminology
    return answer
  }

  const of = (valueSet: JsonObject, question: Question, above: readonly Definition[]): KeptMembers => {
    const answers = kept.members.get(valueSet) ?? new Map<string, KeptMembers>()
    kept.members.set(valueSet, answers)
    // Of what has no URL, only the resource around it tells what an anchor means.
    const place = above.length === 0 || textOf(valueSet, 'url') !== undefined ? '' : 'contained'
    const key = `${place}\n${rulesKey(question.rules)}\n${question.supplements.join(' ')}`
    const before = known(answers, key)
    if (before !== undefined) return before
    const inputs: Inputs = new Map()
    const recorded = recording(sources, inputs)
    const definition = definitionOf(valueSet)
    const supplements = [...new Set([...question.supplements, ...definition.supplements])]
    const faults = [...definition.faults, ...missingSupplements(recorded.terminology, supplements)]
    const given = {
      ...{ terminology: recorded.terminology, rules: question.rules, supplements, systems, faults },
      warnings: [],
      unknown: [],
      used: [],
      told: [],
    }
    const compileImport: Compiling['compileImport'] = (imported, path) => {
      const answer = of(imported, { ...question, supplements }, path)
      for (const [question, input] of answer.inputs) inputs.set(question, input)
      return answer.members
    }
    const members = compile({ given, definition, above, find: recorded.find, compileImport })
    const answer = { members, inputs, holdsIn: terminology }
    keep(answers, key, answer, mostAnswers)
    return answer
  }
  return { ...sources, of: (valueSet, question) => of(valueSet, question, []).members }
}

/** The same object as before where it says the same, so that what was compiled from it is found. */
function writtenDown(made: JsonObject | undefined, before: JsonObject | undefined): JsonObject | undefined {
  return before !== undefined && sameJson(made, before) ? before : made
}

function keep<V>(map: Map<string, V>, key: string, value: V, most: number): void {
  if (map.size >= most && !map.has(key)) for (const oldest of map.keys().take(1)) map.delete(oldest)
  map.set(key, value)
}
