/** The parameters of a search → what they ask. https://hl7.org/fhir/R4/search.html */
import type { Issue } from '../../fhir/issue.ts'
import type { Criterion, Include, Query, Sort } from '../query.ts'
import { onlyOnce } from './allowed.ts'
import { parseCriterion } from './criterion.ts'
import { isInclude, parseInclude } from './include.ts'
import { type Known, mistake, shown, unknownType } from './known.ts'
import { collect, type Mistakes } from './mistakes.ts'
import { parseResults, resultParameters } from './results.ts'
import { mustBeFew, parseSort } from './sort.ts'
import { mustBeLight } from './weight.ts'
import { parseWords } from './words.ts'

export type { Known }

export type Asked = {
  /** `undefined`: of the whole system, or of a compartment's `*`. */
  readonly type: string | undefined
  /** The types that a search without type means; absent: all. */
  readonly among?: readonly string[]
  /** Of the query and of a form, in the order they came. */
  readonly parameters: Iterable<readonly [string, string]>
  readonly handling: 'strict' | 'lenient'
  /** Of a page. */
  readonly defaultCount: number
  readonly largestCount: number
}

export type Parsed = {
  readonly query: Query
  /** Under lenient handling: what was left out (warnings). */
  readonly issues: readonly Issue[]
}

/**
 * Throws a `FhirError` (400) with all mistakes at once; under lenient handling only for those that cannot be forgiven
 * (`_count=-1`, a `_type` that does not exist). Modifiers and values are checked by whoever asks them: see `plan`.
 */
export function parseQuery(asked: Asked, known: Known): Parsed {
  const mistakes = collect(asked.handling)
  const given = [...asked.parameters].filter(([name, value]) => !isIgnored(name, value))
  const types = typesOf(asked, given, known, mistakes)
  const single = singles(given, mistakes)
  const results = parseResults(single, asked, mistakes)
  const read = readAll(given, { types, known, mistakes, asked })
  mistakes.insist('_summary', () => mustFit(results.subset, read.includes))
  mistakes.insist(undefined, () => mustBeLight(read.criteria, types))
  return {
    issues: mistakes.settle(),
    query: { handling: asked.handling, types, ...results, ...read },
  }
}

/** The cache-buster, what was left empty, and what concerns the form of the answer alone. */
function isIgnored(name: string, value: string): boolean {
  return name === '' || name === '_' || value === '' || name === '_format' || name === '_pretty'
}

type Given = readonly (readonly [string, string])[]

/** Nothing else can be understood without them. https://hl7.org/fhir/R4/search.html#all */
function typesOf({ type, among }: Asked, given: Given, known: Known, { insist, settle }: Mistakes): readonly string[] {
  const all = among ?? known.types
  const lists = given.filter(([name]) => name === '_type').map(([, value]) => value)
  if (type !== undefined || lists.length === 0) return type === undefined ? all : [type]
  const wanted = [...new Set(lists.flatMap(list => list.split(',')))].filter(name => name !== '')
  for (const name of wanted) {
    insist('_type', () => {
      const unknown = unknownType(name, known)
      if (unknown !== undefined) throw mistake('value', `_type: ${unknown}`)
    })
  }
  settle()
  return wanted.length === 0 ? all : wanted
}

const singular: ReadonlySet<string> = new Set([...resultParameters, '_type'])

function singles(given: Given, { insist }: Mistakes): ReadonlyMap<string, string> {
  const single = given.filter(([name]) => singular.has(name))
  const last = new Map(single)
  if (last.size === single.length) return last
  for (const [name, of] of Map.groupBy(single, ([name]) => name)) {
    insist(name, () => {
      if (of.length > 1) throw mistake('value', `${name} is given ${of.length} times: expected once`)
    })
  }
  return last
}

type Read = Pick<Query, 'criteria' | 'words' | 'includes' | 'sort' | 'understood'>

type Reading = {
  readonly types: readonly string[]
  readonly known: Known
  readonly mistakes: Mistakes
  readonly asked: Asked
}

/** What one parameter adds to the query, with what was understood of its value. */
type Part = {
  readonly value: string
  readonly criterion?: Criterion
  readonly words?: Query['words'][number]
  readonly include?: Include
  readonly sort?: readonly Sort[]
}

const mostParameters = 200 // each criterion is a join, each include a query of its own

function readAll(given: Given, reading: Reading): Read {
  const { attempt, insist } = reading.mistakes
  const few = insist(undefined, () => {
    if (given.length > mostParameters)
      throw mistake('too-costly', `the search has ${given.length} parameters: expected at most ${mostParameters}`)
    return given
  })
  const criteria: Criterion[] = []
  const words: Query['words'][number][] = []
  const includes: Include[] = []
  const sort: Sort[] = []
  const understood = new URLSearchParams()
  const mayStand = onlyOnce()
  for (const [name, value] of few ?? []) {
    const part = attempt(name, () => {
      const read = readOne(name, value, reading)
      if (read?.criterion) mayStand(read.criterion)
      return read
    })
    if (part === undefined) continue
    if (part.criterion) criteria.push(part.criterion)
    if (part.words) words.push(part.words)
    if (part.include) includes.push(part.include)
    if (part.sort) sort.push(...part.sort)
    if (name !== '_page') understood.append(name, part.value)
  }
  insist('_sort', () => mustBeFew(sort.length))
  return { criteria, words, includes, sort, understood }
}

function readOne(name: string, value: string, { types, known, mistakes, asked }: Reading): Part | undefined {
  if (isInclude(name)) return { value, include: parseInclude(name, value, known) }
  if (isWords(name) && types.some(type => known.parameters.of(type).has(name)))
    return { value, words: parseWords(name, value) }
  if (name === '_sort') {
    const keys = parseSort(value, types, known, mistakes)
    return keys.length === 0
      ? undefined
      : { value: keys.map(([text]) => text).join(','), sort: keys.map(([, key]) => key) }
  }
  if (name === '_type' && asked.type !== undefined)
    throw mistake('not-supported', `_type: ${asked.type} is searched already; _type is for a search without type`)
  if (name === '_count') return { value: String(Math.min(Number(value), asked.largestCount)) }
  if (singular.has(name)) return { value }
  const criterion = parseCriterion(name, value, types, known)
  return criterion && { value, criterion }
}

function isWords(name: string): name is '_text' | '_content' {
  return name === '_text' || name === '_content'
}

/** https://hl7.org/fhir/R4/search.html#summary: they cannot be mixed. */
function mustFit(subset: Query['subset'], includes: readonly Include[]): void {
  const [include] = includes
  if (include === undefined || subset?.by !== 'summary' || subset.mode !== 'text') return
  throw mistake(
    'value',
    `_summary=text cannot be mixed with _include or _revinclude, received '${shown(include.text)}'`,
  )
}
