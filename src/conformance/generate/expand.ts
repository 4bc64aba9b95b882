/** The codes of a value set, as far as the code systems at hand tell. https://hl7.org/fhir/R4/valueset.html#compose */
import type {
  CodeSystem,
  CodeSystemConcept,
  ValueSet,
  ValueSetComposeInclude,
  ValueSetComposeIncludeFilter,
} from '@medplum/fhirtypes'

export type Terminology = {
  readonly valueSet: (url: string) => ValueSet | undefined
  readonly codeSystem: (url: string) => CodeSystem | undefined
}

export type Expansion = {
  /** By code system. */
  readonly codes: ReadonlyMap<string, ReadonlySet<string>>
  /** Code systems of which it holds codes that are not listed here: SNOMED CT, UCUM, MIME types … */
  readonly open: ReadonlySet<string>
  /** Value sets that it holds too, but that are not there. */
  readonly missing: ReadonlySet<string>
}

const nothing: Expansion = { codes: new Map(), open: new Set(), missing: new Set() }

export function expand({ compose }: ValueSet, terminology: Terminology): Expansion {
  const included = (compose?.include ?? []).map(include => expandInclude(include, terminology)).reduce(union, nothing)
  return (compose?.exclude ?? []).map(exclude => expandInclude(exclude, terminology)).reduce(difference, included)
}

/** "All of the conditions": the system's codes that are in each of the value sets too. */
function expandInclude(include: ValueSetComposeInclude, terminology: Terminology): Expansion {
  const { system, valueSet = [] } = include
  const imported = valueSet.map(url => {
    const found = terminology.valueSet(url)
    return found ? expand(found, terminology) : { ...nothing, missing: new Set([url]) }
  })
  const own = system === undefined ? [] : [expandSystem(system, include, terminology)]
  const [first = nothing, ...others] = [...own, ...imported]
  return others.reduce(intersection, first)
}

function expandSystem(
  url: string,
  { concept, filter = [] }: ValueSetComposeInclude,
  terminology: Terminology,
): Expansion {
  if (concept) return { ...nothing, codes: new Map([[url, new Set(concept.map(({ code }) => code ?? ''))]]) }
  const system = terminology.codeSystem(url)
  if (system?.content !== 'complete') return { ...nothing, open: new Set([url]) }
  const parents = parentsOf(system.concept ?? [])
  const codes = [...parents.keys()].filter(code => filter.every(each => passes(code, each, parents)))
  return { ...nothing, codes: new Map([[url, new Set(codes)]]) }
}

function passes(code: string, { property, op, value }: ValueSetComposeIncludeFilter, parents: Parents): boolean {
  if (property === 'concept' && op === 'is-a') return isA(code, value ?? '', parents)
  if (property === 'concept' && op === 'is-not-a') return !isA(code, value ?? '', parents)
  throw new Error(`R4 has no filter ${property} ${op}`)
}

type Parents = ReadonlyMap<string, ReadonlySet<string>>

/** Concepts stand inside one of their parents; v3's tell the others in a property. */
function parentsOf(concepts: readonly CodeSystemConcept[]): Parents {
  const parents = new Map<string, ReadonlySet<string>>()
  const visit = ({ code = '', property = [], concept = [] }: CodeSystemConcept, parent: string[]): void => {
    const told = property.flatMap(({ code, valueCode }) => (code === 'subsumedBy' && valueCode ? valueCode : []))
    parents.set(code, new Set([...(parents.get(code) ?? []), ...parent, ...told]))
    for (const child of concept) visit(child, [code])
  }
  for (const concept of concepts) visit(concept, [])
  return parents
}

function isA(code: string, ancestor: string, parents: Parents): boolean {
  return code === ancestor || [...(parents.get(code) ?? [])].some(parent => isA(parent, ancestor, parents))
}

function union(a: Expansion, b: Expansion): Expansion {
  const systems = new Set([...a.codes.keys(), ...b.codes.keys()])
  const codes = [...systems].map(system => [system, codesOf(a, system).union(codesOf(b, system))] as const)
  return { codes: new Map(codes), open: a.open.union(b.open), missing: a.missing.union(b.missing) }
}

/** R4's own value sets intersect with none that cannot be listed. */
function intersection(a: Expansion, b: Expansion): Expansion {
  assertListed(a)
  assertListed(b)
  const systems = [...a.codes.keys()].filter(system => b.codes.has(system))
  const codes = systems.map(system => [system, codesOf(a, system).intersection(codesOf(b, system))] as const)
  return { ...nothing, codes: new Map(codes) }
}

function difference(a: Expansion, b: Expansion): Expansion {
  assertListed(b)
  const codes = [...a.codes.keys()].map(system => [system, codesOf(a, system).difference(codesOf(b, system))] as const)
  return { ...a, codes: new Map(codes) }
}

function assertListed({ open, missing }: Expansion): void {
  const unlisted = [...open, ...missing]
  if (unlisted.length > 0) throw new Error(`the codes of ${unlisted.join(', ')} are not known`)
}

function codesOf({ codes }: Expansion, system: string): ReadonlySet<string> {
  return codes.get(system) ?? new Set()
}
