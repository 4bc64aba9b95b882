/** One property of a code that $find-matches looks for. https://hl7.org/fhir/R4/codesystem-operation-find-matches.html */
import { fail } from '../../fhir/issue.ts'
import { isObject, type Json, type JsonObject } from '../../fhir/resource.ts'
import type { CodeSystem, PropertyValue, Relations } from '../../terminology/code-system.ts'
import { type Concept, ConceptSet } from '../../terminology/concept-set.ts'
import { isNumber, textOf } from '../../terminology/element.ts'
import { printValue } from '../../terminology/resource/resource-code-system.ts'
import { isRelated } from '../../terminology/resource/supplemented.ts'
import { typedValue } from '../../terminology/value-set/expansion-item.ts'
import { filtered } from '../../terminology/value-set/filter.ts'
import { wordsFor } from '../../terminology/value-set/language.ts'
import type { Terminology } from '../../terminology/value-set/terminology.ts'
import type { Argument, Input } from '../kernel/input.ts'
import { codingOf } from '../terminology/subject.ts'

type Pair = PropertyValue & { readonly at: string }

export type Clue = {
  readonly code: string
  readonly at: string
  /** Absent where there are parts: attributes that one role group must have together. */
  readonly pair: Pair | undefined
  readonly parts: readonly Pair[]
}

const most = 50 // properties in one question: each is a set of all concepts

export function cluesIn(input: Input): readonly Clue[] {
  const given = input.all('property')
  if (given.length === 0) {
    throw fail('required', "there is nothing to look for: expected the parameter 'property' at least once", 'property')
  }
  if (given.length > most) {
    throw fail('too-costly', `found ${given.length} properties to look for, expected at most ${most}`, 'property')
  }
  return given.map(clueIn)
}

function clueIn({ parts = [], at = '' }: Argument): Clue {
  const code = codeIn(parts)
  const value = parts.find(({ name }) => name === 'value')
  const inner = parts.filter(({ name }) => name === 'subproperty').map(pairIn)
  if (value === undefined && inner.length === 0) {
    throw fail('required', `the property '${code}' has no value to look for: expected a value or subproperties`, at)
  }
  const pair = value && { code, value: valueIn(value), at }
  return { code, at, pair, parts: inner }
}

function pairIn({ parts = [], at = '' }: Argument): Pair {
  const value = parts.find(({ name }) => name === 'value')
  if (value === undefined) throw fail('required', 'the subproperty has no value', at)
  return { code: codeIn(parts), value: valueIn(value), at }
}

function codeIn(parts: readonly Argument[]): string {
  return String(parts.find(({ name }) => name === 'code')?.value)
}

function valueIn({ value, at }: Argument): PropertyValue['value'] {
  const plain = plainValue(value)
  if (plain !== undefined) return plain
  throw fail('value', 'a property of a code is a primitive value or a Coding', at)
}

function plainValue(value: Json | undefined): PropertyValue['value'] | undefined {
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (isNumber(value)) return value
  if (!isObject(value)) return undefined
  const { code, system } = codingOf(value)
  const display = textOf(value, 'display')
  if (code === undefined) return undefined
  return { code, ...(system === undefined ? {} : { system }), ...(display === undefined ? {} : { display }) }
}

/** As parameters, for a match that lacks it. */
export function printClue(system: CodeSystem, { code, pair, parts }: Clue): readonly JsonObject[] {
  return [
    { name: 'code', valueCode: code },
    ...(pair === undefined ? [] : [{ name: 'value', ...typedValue(system, code, pair.value) }]),
    ...parts.map(part => ({ name: 'property', part: printClue(system, { ...part, pair: part, parts: [] }) })),
  ]
}

/** Words that a concept is called by, wherever they stand. */
const words = new Set(['display', 'designation', 'text'])

/** `isExact`: for a machine; a human may write it otherwise, and less. */
export function matching(system: CodeSystem, clue: Clue, isExact: boolean, terminology: Terminology): ConceptSet {
  const { pair, parts } = clue
  const single = pair === undefined ? undefined : having(system, pair, isExact, terminology)
  if (parts.length === 0) return single ?? new ConceptSet(system.size)
  const grouped = isRelated(system) ? inOneGroup(system, parts) : new ConceptSet(system.size)
  return single === undefined ? grouped : single.and(grouped)
}

function having(system: CodeSystem, pair: Pair, isExact: boolean, terminology: Terminology): ConceptSet {
  const { code, value, at } = pair
  const text = printValue(value)
  if (words.has(code)) return called(system, text, isExact)
  const attribute = isRelated(system) ? sourcesOf(system, pair) : undefined
  if (attribute !== undefined) return attribute
  const found = filtered(system, { property: code, op: '=', value: text, at }, terminology)
  return found.isEmpty && !isExact ? alike(system, code, text) : found
}

const candidates = 1_000 // that have all the words, the best first

function called(system: CodeSystem, text: string, isExact: boolean): ConceptSet {
  const found = system.search(text, { most: candidates })
  const same = (concept: Concept): boolean =>
    wordsFor(system, concept).some(word => word.value.toLowerCase() === text.toLowerCase())
  return ConceptSet.of(system.size, isExact ? found.filter(same) : found)
}

/** More would take too long to be read one by one. */
const readable = 20_000

function alike(system: CodeSystem, property: string, text: string): ConceptSet {
  const holders = system.having(property)
  if (holders.count > readable) return new ConceptSet(system.size)
  const wanted = text.toLowerCase()
  const isLike = (concept: Concept): boolean =>
    system
      .properties(concept)
      .some(({ code, value }) => code === property && printValue(value).toLowerCase().includes(wanted))
  return ConceptSet.of(system.size, Iterator.from(holders).filter(isLike))
}

/** `undefined`: this is no attribute of SNOMED CT. */
function sourcesOf(system: CodeSystem & Relations, pair: Pair): ConceptSet | undefined {
  const type = system.find(pair.code)
  if (type === undefined) return undefined
  const one = (concept: Concept): ConceptSet => ConceptSet.of(system.size, [concept])
  const target = targetOf(system, pair)
  if (target !== undefined) return system.sources(one(type), one(target))
  const holders = system.sources(one(type), undefined)
  if (holders.count > readable) return new ConceptSet(system.size)
  const has = (concept: Concept): boolean => system.attributes(concept).some(member => isIt(system, member, pair))
  return ConceptSet.of(system.size, Iterator.from(holders).filter(has))
}

function inOneGroup(system: CodeSystem & Relations, parts: readonly Pair[]): ConceptSet {
  const all = parts
    .map(part => sourcesOf(system, part) ?? new ConceptSet(system.size))
    .reduce((some, others) => some.and(others))
  const isTogether = (concept: Concept): boolean => {
    const groups = Map.groupBy(system.attributes(concept), ({ group }) => group)
    return groups
      .entries()
      .some(
        ([group, members]) => group !== 0 && parts.every(part => members.some(member => isIt(system, member, part))),
      )
  }
  return ConceptSet.of(system.size, Iterator.from(all).filter(isTogether))
}

/** A number is never the id of a concept: it is a value by itself. */
function targetOf(system: CodeSystem, { value }: Pair): Concept | undefined {
  return isNumber(value) ? undefined : system.find(printValue(value))
}

type Member = ReturnType<Relations['attributes']>[number]

/** Literals are texts as RF2 writes them: `#500`, `"text"`. */
function isIt(system: CodeSystem, { type, value }: Member, pair: Pair): boolean {
  if (type !== system.find(pair.code)) return false
  if (typeof value === 'number') return value === targetOf(system, pair)
  if (isNumber(pair.value)) return value.startsWith('#') && Number(value.slice(1)) === Number(pair.value)
  return value.replace(/^"(.*)"$/s, '$1') === printValue(pair.value)
}
