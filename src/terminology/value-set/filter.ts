/** Filters: https://hl7.org/fhir/R4/valueset-filter-operator.html, with `child-of` and `descendent-leaf` of R5. */
import { FhirError } from '../../fhir/issue.ts'
import { type CodeSystem, decimalKey, keysOf } from '../code-system.ts'
import { type Concept, ConceptSet } from '../concept-set.ts'
import { namesOf } from '../resource/concept-list.ts'
import { isRelated } from '../resource/supplemented.ts'
import type { Filter } from './definition.ts'
import { regexOf } from './regex.ts'
import type { Constrained, Terminology } from './terminology.ts'
import { ofType, refusal, type TxIssue, txIssue } from './tx-issue.ts'

/** Of the concepts the code system lists. Throws a FhirError where the filter has no meaning there. */
export function filtered(
  system: CodeSystem,
  filter: Filter,
  terminology: Terminology,
  warn?: (warning: TxIssue) => void,
): ConceptSet {
  const { property, op } = filter
  const ecl = terminology.ecl?.bind(terminology)
  if (property === 'constraint' && op === '=' && ecl !== undefined) {
    const { concepts, warnings } = constrained(() => ecl(system, filter.value), filter)
    for (const { text } of warnings) warn?.(doubtfulConstraint(text, filter))
    return concepts
  }
  if (isHierarchy(op)) return hierarchical(system, filter)
  switch (op) {
    case '=':
      return valued(system, property, filter.value, filter)
    case 'in':
      return among(system, filter)
    case 'not-in':
      return among(system, filter).not()
    case 'exists':
      return existing(system, filter)
    case 'regex':
      return matching(system, filter)
    default:
      throw refusal([notSupported(system, filter)])
  }
}

const hierarchyOps = ['is-a', 'descendent-of', 'is-not-a', 'generalizes', 'child-of', 'descendent-leaf'] as const
type HierarchyOp = (typeof hierarchyOps)[number]

function isHierarchy(op: string): op is HierarchyOp {
  return hierarchyOps.some(known => known === op)
}

/** By whichever name the value set calls the concept itself. */
export const itself: ReadonlySet<string> = new Set(['concept', 'code'])

function hierarchical(system: CodeSystem, filter: Filter): ConceptSet {
  if (!itself.has(filter.property)) throw refusal([notSupported(system, filter)])
  const concept = conceptFor(system, filter.value, filter)
  if (concept === undefined) return new ConceptSet(system.size)
  const one = ConceptSet.of(system.size, [concept])
  switch (filter.op as HierarchyOp) {
    case 'is-a':
      return system.descendants(concept).or(one)
    case 'descendent-of':
      return system.descendants(concept)
    case 'is-not-a':
      return system.descendants(concept).or(one).not()
    case 'generalizes':
      return system.ancestors(concept).or(one)
    case 'child-of':
      return ConceptSet.of(system.size, system.children(concept))
    case 'descendent-leaf':
      return ConceptSet.of(
        system.size,
        Iterator.from(system.descendants(concept)).filter(each => system.children(each).length === 0),
      )
  }
}

/** A fragment may lack it: then what it lists has nothing to do with it, as far as it knows. */
function conceptFor(system: CodeSystem, code: string, filter: Filter): Concept | undefined {
  const concept = system.find(code)
  if (concept !== undefined || system.facts.content === 'fragment' || system.facts.content === 'example') return concept
  const text = `The code '${code}' in the filter ${filter.property} ${filter.op} is not known in the CodeSystem '${system.facts.url}'`
  throw refusal([invalidFilter('UNKNOWN_CODE_IN_FILTER', text, `${filter.at}.value`)])
}

function valued(system: CodeSystem, property: string, value: string, filter: Filter): ConceptSet {
  const linked = links.get(property)
  if (linked !== undefined && !defines(system, property)) {
    return codesIn(value, system)
      .map(code => conceptFor(system, code, filter))
      .map(concept => (concept === undefined ? new ConceptSet(system.size) : linked(system, concept)))
      .reduce((all, some) => all.or(some))
  }
  if (itself.has(property)) return ConceptSet.of(system.size, [system.find(value) ?? []].flat())
  if (property === 'display') return those(system, concept => system.display(concept) === value)
  if (property === 'definition') return those(system, concept => system.definition(concept) === value)
  if (isMark(property)) return marked(system, property, value)
  const found = system.having(property, isDecimal(system, property) ? decimalKey(value) : value)
  // Few concepts say that they are active.
  if (property === 'status' && value === 'active') {
    return found.or(system.having(property).not().minus(marksOf(system, 'inactive')))
  }
  if (found.isEmpty) checkProperty(system, filter)
  return found
}

function isDecimal({ facts }: CodeSystem, property: string): boolean {
  return facts.properties.some(({ code, type }) => code === property && type === 'decimal')
}

/** `child = LP1-0,LP2-8` of LOINC: https://hl7.org/fhir/R4/loinc.html */
function codesIn(value: string, system: CodeSystem): readonly string[] {
  return system.find(value) === undefined ? value.split(',').map(code => code.trim()) : [value]
}

/** Properties that every hierarchy has, whether the code system declares them or not. */
const links: ReadonlyMap<string, (system: CodeSystem, concept: Concept) => ConceptSet> = new Map([
  ['parent', (system, concept) => ConceptSet.of(system.size, system.children(concept))],
  ['child', (system, concept) => ConceptSet.of(system.size, system.parents(concept))],
  ['ancestor', (system, concept) => system.descendants(concept)],
  ['descendant', (system, concept) => system.ancestors(concept)],
])

/** Data of its own wins, unless it is what made the hierarchy. */
function defines(system: CodeSystem, property: string): boolean {
  return property !== 'parent' && property !== 'child' && system.facts.properties.some(({ code }) => code === property)
}

type Mark = 'inactive' | 'notSelectable'

function isMark(property: string): property is Mark {
  return property === 'inactive' || property === 'notSelectable'
}

function marked(system: CodeSystem, mark: Mark, value: string): ConceptSet {
  const set = marksOf(system, mark)
  if (value === 'true') return set
  if (value !== 'false') return new ConceptSet(system.size)
  return mark === 'inactive' ? set.not() : saidToBe(system, 'notSelectable', 'false').minus(set)
}

/** By whichever names the code system has for the property: who says nothing of it says neither. */
function saidToBe(system: CodeSystem, name: string, value: string): ConceptSet {
  return namesOf(system.facts, name, 'abstract')
    .values()
    .map(each => system.having(each, value))
    .reduce((all, some) => all.or(some), new ConceptSet(system.size))
}

function marksOf(system: CodeSystem, mark: Mark): ConceptSet {
  return those(system, concept => (mark === 'inactive' ? system.inactive(concept) : system.abstract(concept)))
}

function those(system: CodeSystem, test: (concept: Concept) => boolean): ConceptSet {
  return ConceptSet.of(system.size, Iterator.from(ConceptSet.all(system.size)).filter(test))
}

/** A list of values with commas; in SNOMED CT, `concept in` names a reference set. https://hl7.org/fhir/R4/snomedct.html#implicit */
function among(system: CodeSystem, filter: Filter): ConceptSet {
  if (filter.property === 'concept' && isRelated(system)) {
    const refset = system.find(filter.value)
    if (refset !== undefined && system.refsets().has(refset)) return system.members(refset)
  }
  const values = filter.value.split(',').map(value => value.trim())
  return values
    .map(value => valued(system, filter.property, value, filter))
    .reduce((all, some) => all.or(some), new ConceptSet(system.size))
}

function existing(system: CodeSystem, filter: Filter): ConceptSet {
  const { property, value } = filter
  if (value !== 'true' && value !== 'false') {
    const text = `The value of the filter ${property} exists must be 'true' or 'false', not '${value}'`
    throw refusal([invalidFilter('INVALID_EXISTS_VALUE', text, `${filter.at}.value`)])
  }
  const having = present(system, filter)
  return value === 'true' ? having : having.not()
}

function present(system: CodeSystem, filter: Filter): ConceptSet {
  const { property } = filter
  if (itself.has(property)) return ConceptSet.all(system.size)
  if (property === 'display') return those(system, concept => system.display(concept) !== undefined)
  if (property === 'definition') return those(system, concept => system.definition(concept) !== undefined)
  if (property === 'designation') return those(system, concept => system.designations(concept).length > 0)
  const found = system.having(property)
  if (property === 'parent') return those(system, concept => system.parents(concept).length > 0)
  if (property === 'child') return those(system, concept => system.children(concept).length > 0)
  if (found.isEmpty) checkProperty(system, filter)
  return found
}

function matching(system: CodeSystem, filter: Filter): ConceptSet {
  const matches = regexOf(filter.value, `${filter.at}.value`)
  const { property } = filter
  if (itself.has(property)) return those(system, concept => matches(system.code(concept)))
  if (property === 'display') return those(system, concept => matches(system.display(concept) ?? ''))
  if (property === 'definition') return those(system, concept => matches(system.definition(concept) ?? ''))
  const having = system.having(property)
  if (having.isEmpty) checkProperty(system, filter)
  const has = (concept: Concept): boolean =>
    system.properties(concept).some(({ code, value }) => code === property && keysOf(value).some(matches))
  return ConceptSet.of(system.size, Iterator.from(having).filter(has))
}

/** Standard properties may be asked of every code system. https://hl7.org/fhir/R4/codesystem-concept-properties.html */
const standard = new Set([
  'status',
  'deprecationDate',
  'deprecated',
  'retirementDate',
  'effectiveDate',
  'subsumedBy',
  'partOf',
])

/** What nobody declared and no concept has is a mistake in the value set. */
function checkProperty(system: CodeSystem, filter: Filter): void {
  const { property } = filter
  const { properties, filters, content, url } = system.facts
  if (standard.has(property) || content !== 'complete') return
  if ([...properties, ...filters].some(({ code }) => code === property) || !system.having(property).isEmpty) return
  const known = [...new Set([...properties, ...filters].map(({ code }) => `'${code}'`))].join(', ')
  const text = `The CodeSystem '${url}' has no property or filter '${property}'; it has ${known === '' ? 'none' : known}`
  throw refusal([invalidFilter('UNKNOWN_FILTER_PROPERTY', text, `${filter.at}.property`)])
}

/** What is wrong with a constraint is wrong with the value set that has it. */
function constrained(ask: () => Constrained, { value }: Filter): Constrained {
  try {
    return ask()
  } catch (error) {
    if (!(error instanceof FhirError)) throw error
    const { status } = error
    throw new FhirError(
      error.issues.map(issue => {
        const what = issue.code === 'invalid' ? 'Invalid ECL expression' : 'The ECL expression is not supported'
        const why = issue.diagnostics.replace(/^ECL: /, '')
        return issue.code === 'too-costly' ? issue : ofType('vs-invalid', issue, `${what}: '${value}': (${why})`)
      }),
      { status, cause: error },
    )
  }
}

function doubtfulConstraint(text: string, { value, at }: Filter): TxIssue {
  return txIssue({
    severity: 'warning',
    code: 'invalid',
    type: 'vs-invalid',
    id: 'ECL_WARNING',
    text: `ECL '${value}': ${text}`,
    at: `${at}.value`,
  })
}

export function notSupported(system: CodeSystem, { property, op, value, at }: Filter): TxIssue {
  const text = `The filter "${property} ${op} ${value}" from the CodeSystem '${system.facts.url}' was not understood`
  return invalidFilter('FILTER_NOT_UNDERSTOOD', text, at)
}

function invalidFilter(id: string, text: string, at: string): TxIssue {
  return txIssue({ code: 'invalid', type: 'vs-invalid', id, text, at })
}
