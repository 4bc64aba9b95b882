/** `{{ D … }}`: "only concepts that have at least one matching description for each filter criteria". */
import type { CodeSystem, Description, DescriptionKind, Descriptions } from '../code-system.ts'
import type { Concept, ConceptSet } from '../concept-set.ts'
import type { DescriptionFilter, Dialect, SearchTerm } from './expression.ts'
import { metadata } from './metadata.ts'
import { type Run, setOf, unsupported } from './run.ts'
import { termTest, wildHead } from './term-match.ts'
import { timeTest } from './time.ts'

type Test = (description: Description) => boolean
type KindTest = (kind: DescriptionKind) => boolean
/** What is said of one description and of no other like it. */
type Single = Extract<DescriptionFilter, { what: 'term' | 'id' | 'effectiveTime' }>
type OfKind = Exclude<DescriptionFilter, Single>

/** All filters of one pair of braces are asked of the same description. */
export function filterDescriptions(concepts: ConceptSet, filters: readonly DescriptionFilter[], run: Run): ConceptSet {
  const singles = filters.filter(isSingle)
  const kinds = filters.filter(filter => !isSingle(filter)).map(filter => kindTest(filter, run))
  const asked = kinds.length
  if (!filters.some(({ what }) => what === 'active')) kinds.push(({ active }) => active)
  const isKind: KindTest = kind => kinds.every(test => test(kind))
  const { descriptions } = run.system
  if (descriptions !== undefined && singles.length === 0) return ofKind(concepts, isKind, descriptions)
  const tests = singles.map(filter => singleTest(filter, run))
  const led = candidates(concepts, filters, run)
  // Nearly all have an active description: that alone narrows nothing down.
  const isWorth = descriptions !== undefined && asked > 0 && led.count > few
  const found: Concept[] = []
  for (const concept of isWorth ? ofKind(led, isKind, descriptions) : led) {
    run.read()
    const own = descriptions?.of(concept) ?? fromDesignations(run.system, concept)
    if (own.some(each => isKind(each) && tests.every(test => test(each)))) found.push(concept)
  }
  return setOf(run, found)
}

function isSingle(filter: DescriptionFilter): filter is Single {
  return filter.what === 'term' || filter.what === 'id' || filter.what === 'effectiveTime'
}

/** Those that have a description of such a kind. */
function ofKind(concepts: ConceptSet, isKind: KindTest, { kinds, having }: Descriptions): ConceptSet {
  const sets = [...kinds.keys()].filter(n => isKind(kinds[n] as DescriptionKind)).map(n => concepts.and(having(n)))
  return sets.reduce((a, b) => a.or(b), concepts.minus(concepts))
}

/** So few are read faster than looked up. */
const few = 200

/** Ids and words lead to those that some description may fit. The index of words knows active descriptions alone. */
function candidates(concepts: ConceptSet, filters: readonly DescriptionFilter[], run: Run): ConceptSet {
  const active = !filters.some(({ what }) => what === 'active')
  return filters.reduce((left, filter) => {
    if (left.count <= few || filter.compare !== '=') return left
    if (filter.what === 'id') return identified(left, filter.anyOf, run)
    return filter.what === 'term' && active ? worded(left, filter.anyOf, run) : left
  }, concepts)
}

function identified(left: ConceptSet, ids: readonly string[], { system }: Run): ConceptSet {
  const sets = ids.map(id => system.descriptions?.identified(id) ?? left)
  return sets.reduce((a, b) => a.or(b), left.minus(left)).and(left)
}

function worded(left: ConceptSet, anyOf: readonly SearchTerm[], run: Run): ConceptSet {
  const words = anyOf.map(indexed)
  if (words.some(each => each === undefined)) return left
  const found = words.map(text => run.system.search(text ?? '', { within: left, most: left.count }))
  return setOf(run, found.flat()).and(left)
}

function indexed({ how, text }: SearchTerm): string | undefined {
  return how === 'wild' ? wildHead(text) : /[\p{L}\p{N}]/u.test(text) ? text : undefined
}

const types: ReadonlySet<string> = new Set([metadata.fullySpecifiedName, metadata.synonym, metadata.definition])

function fromDesignations(system: CodeSystem, concept: Concept): readonly Description[] {
  const display = system.display(concept)
  const all: Description[] = system.designations(concept).map(({ value, language, use }) => ({
    term: value,
    active: true,
    type: types.has(use?.code ?? '') ? (use?.code ?? '') : metadata.synonym,
    ...(language === undefined ? {} : { language }),
  }))
  if (display === undefined || all.some(({ term, type }) => term === display && type === metadata.synonym)) return all
  const language = system.facts.language
  all.push({ term: display, active: true, type: metadata.synonym, ...(language === undefined ? {} : { language }) })
  return all
}

function singleTest(filter: Single, run: Run): Test {
  const differs = filter.compare === '!='
  if (filter.what === 'term') {
    const tests = filter.anyOf.map(termTest)
    return ({ term }) => tests.some(test => test(term)) !== differs
  }
  needDescriptions(`'${filter.what}' of descriptions`, filter, run)
  if (filter.what === 'id') return ({ id = '' }) => filter.anyOf.includes(id) !== differs
  const fits = timeTest(filter)
  return ({ effectiveTime = '' }) => fits(effectiveTime)
}

function kindTest(filter: OfKind, run: Run): KindTest {
  const differs = filter.compare === '!='
  switch (filter.what) {
    case 'language':
      return ({ language = '' }) => filter.anyOf.includes(language.slice(0, 2).toLowerCase()) !== differs
    case 'type':
      return ({ type }) => filter.anyOf.includes(type) !== differs
    case 'typeId': {
      const asked = codesOf(run.ask(filter.of), run)
      return ({ type }) => asked.has(type) !== differs
    }
    case 'moduleId': {
      needDescriptions("'moduleId' of descriptions", filter, run)
      const modules = codesOf(run.ask(filter.of), run)
      return ({ moduleId = '' }) => modules.has(moduleId) !== differs
    }
    case 'active':
      if ((filter.active ?? true) === differs) needDescriptions('inactive descriptions', filter, run)
      return ({ active }) => (filter.active === undefined || active === filter.active) !== differs
    case 'dialect':
      needDescriptions('language reference sets', filter, run)
      return dialectTest(filter.anyOf, differs, run)
  }
}

function dialectTest(anyOf: readonly Dialect[], differs: boolean, run: Run): KindTest {
  const asked = anyOf.map(({ refset, acceptability }) => ({ refsets: codesOf(run.ask(refset), run), acceptability }))
  return ({ dialects = [] }) =>
    asked.some(({ refsets, acceptability }) =>
      dialects.some(each => refsets.has(each.refset) && (acceptability?.includes(each.acceptability) ?? true)),
    ) !== differs
}

function codesOf(concepts: ConceptSet, run: Run): ReadonlySet<string> {
  return new Set([...concepts].map(concept => run.system.code(concept)))
}

function needDescriptions(what: string, { at }: DescriptionFilter, run: Run): void {
  if (run.system.descriptions !== undefined) return
  const why = `${what} are not kept here, and cannot be asked for; term, language and type can`
  throw unsupported(why, run.place(at))
}
