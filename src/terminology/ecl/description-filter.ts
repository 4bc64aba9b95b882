/** `{{ D … }}`: "only concepts that have at least one matching description for each filter criteria". */
import type { CodeSystem } from '../code-system.ts'
import type { Concept, ConceptSet } from '../concept-set.ts'
import type { DescriptionFilter, Dialect, SearchTerm } from './expression.ts'
import { metadata } from './metadata.ts'
import { type Run, setOf, unsupported } from './run.ts'
import type { Description } from './substrate.ts'
import { termTest, wildHead } from './term-match.ts'
import { timeTest } from './time.ts'

type Test = (description: Description) => boolean

/** All filters of one pair of braces are asked of the same description. */
export function filterDescriptions(concepts: ConceptSet, filters: readonly DescriptionFilter[], run: Run): ConceptSet {
  const tests = filters.map(filter => testOf(filter, run))
  if (!filters.some(({ what }) => what === 'active')) tests.push(({ active }) => active)
  const found: Concept[] = []
  for (const concept of candidates(concepts, filters, run)) {
    run.read()
    if (descriptionsOf(concept, run).some(description => tests.every(test => test(description)))) found.push(concept)
  }
  return setOf(run, found)
}

/** So few are read faster than looked up. */
const few = 200

/** The text index leads to those that some term has words for. It knows active descriptions alone. */
function candidates(concepts: ConceptSet, filters: readonly DescriptionFilter[], run: Run): ConceptSet {
  if (concepts.count <= few || filters.some(({ what }) => what === 'active')) return concepts
  return filters.reduce((left, filter) => {
    if (filter.what !== 'term' || filter.compare !== '=') return left
    const words = filter.anyOf.map(indexed)
    if (words.some(each => each === undefined)) return left
    const found = words.map(text => run.system.search(text ?? '', { within: left, most: left.count }))
    return setOf(run, found.flat()).and(left)
  }, concepts)
}

function indexed({ how, text }: SearchTerm): string | undefined {
  return how === 'wild' ? wildHead(text) : /[\p{L}\p{N}]/u.test(text) ? text : undefined
}

const types: ReadonlySet<string> = new Set([metadata.fullySpecifiedName, metadata.synonym, metadata.definition])

function descriptionsOf(concept: Concept, { system }: Run): readonly Description[] {
  return system.descriptions?.(concept) ?? fromDesignations(system, concept)
}

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

function testOf(filter: DescriptionFilter, run: Run): Test {
  const differs = filter.compare === '!='
  switch (filter.what) {
    case 'term': {
      const tests = filter.anyOf.map(termTest)
      return ({ term }) => tests.some(test => test(term)) !== differs
    }
    case 'language':
      return ({ language = '' }) => filter.anyOf.includes(language.slice(0, 2).toLowerCase()) !== differs
    case 'type':
      return ({ type }) => filter.anyOf.includes(type) !== differs
    case 'typeId': {
      const asked = codesOf(run.ask(filter.of), run)
      return ({ type }) => asked.has(type) !== differs
    }
    case 'active':
      needDescriptions('inactive descriptions', run, (filter.active ?? true) !== differs)
      return ({ active }) => filter.active === undefined || (active === filter.active) !== differs
    case 'dialect':
      return dialectTest(filter.anyOf, differs, run)
    default:
      return detailTest(filter, differs, run)
  }
}

type Detail = Extract<DescriptionFilter, { what: 'id' | 'moduleId' | 'effectiveTime' }>

function detailTest(filter: Detail, differs: boolean, run: Run): Test {
  needDescriptions(`'${filter.what}' of descriptions`, run)
  if (filter.what === 'id') return ({ id = '' }) => filter.anyOf.includes(id) !== differs
  if (filter.what === 'moduleId') {
    const modules = codesOf(run.ask(filter.of), run)
    return ({ moduleId = '' }) => modules.has(moduleId) !== differs
  }
  const fits = timeTest(filter)
  return ({ effectiveTime = '' }) => fits(effectiveTime)
}

function dialectTest(anyOf: readonly Dialect[], differs: boolean, run: Run): Test {
  needDescriptions('language reference sets', run)
  const asked = anyOf.map(({ refset, acceptability }) => ({ refsets: codesOf(run.ask(refset), run), acceptability }))
  return ({ dialects = [] }) =>
    asked.some(({ refsets, acceptability }) =>
      dialects.some(each => refsets.has(each.refset) && (acceptability?.includes(each.acceptability) ?? true)),
    ) !== differs
}

function codesOf(concepts: ConceptSet, run: Run): ReadonlySet<string> {
  return new Set([...concepts].map(concept => run.system.code(concept)))
}

function needDescriptions(what: string, run: Run, always = false): void {
  if (always || run.system.descriptions !== undefined) return
  throw unsupported(`${what} are not kept here, and cannot be asked for; term, language and type can`)
}
