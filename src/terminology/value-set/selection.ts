/** Some codes of one version of one code system: those it lists as a set of bits, others by code. */
import { printCanonical } from '../canonical.ts'
import type { CodeSystem } from '../code-system.ts'
import { type Concept, ConceptSet } from '../concept-set.ts'
import { andCodes, type Codes, codesOf, minusCodes, noCodes, orCodes } from './codes.ts'

export type Selection = {
  readonly url: string
  /** As the definition tells it, else as the value set does. */
  readonly version: string | undefined
  /** What the include says of it, and what came out by the rules of the request: a version, a pattern, or nothing. */
  readonly said?: string | undefined
  readonly wanted?: string | undefined
  /** Absent: no definition is known, so codes are as value sets list them. */
  readonly system: CodeSystem | undefined
  readonly listed: ConceptSet
  readonly unlisted: Codes
  /** Of a fragment: concepts that may belong to it as well, as far as the fragment tells. None that are `listed`. */
  readonly doubtful?: ConceptSet
}

export function keyOf({ url, version }: Selection): string {
  return printCanonical(url, version)
}

export function hasCode(selection: Selection, code: string): boolean {
  const concept = selection.system?.find(code)
  return concept === undefined ? selection.unlisted.has(code) : selection.listed.has(concept)
}

export function isDoubtful({ system, doubtful }: Selection, code: string): boolean {
  const concept = doubtful === undefined ? undefined : system?.find(code)
  return concept !== undefined && doubtful?.has(concept) === true
}

export function isEmpty({ listed, unlisted, doubtful }: Selection): boolean {
  return listed.isEmpty && unlisted.only?.size === 0 && doubtful?.isEmpty !== false
}

export function and(a: Selection, other: Selection): Selection {
  const b = inTermsOf(a, other)
  const listed = a.listed.and(b.listed)
  const unlisted = andCodes(a.unlisted, b.unlisted)
  if (a.doubtful === undefined && b.doubtful === undefined) return { ...a, listed, unlisted }
  return { ...a, listed, unlisted, doubtful: possible(a).and(possible(b)).minus(listed) }
}

export function or(a: Selection, other: Selection): Selection {
  const b = inTermsOf(a, other)
  const listed = a.listed.or(b.listed)
  const unlisted = orCodes(a.unlisted, b.unlisted)
  if (a.doubtful === undefined && b.doubtful === undefined) return { ...a, listed, unlisted }
  return { ...a, listed, unlisted, doubtful: possible(a).or(possible(b)).minus(listed) }
}

/** What is in doubt is not taken away. */
export function minus(a: Selection, other: Selection): Selection {
  const b = inTermsOf(a, other)
  return {
    ...a,
    listed: a.listed.minus(b.listed),
    unlisted: minusCodes(a.unlisted, b.unlisted),
    ...(a.doubtful === undefined ? {} : { doubtful: a.doubtful.minus(b.listed) }),
  }
}

export function withoutInactive(selection: Selection): Selection {
  const { system, listed, doubtful } = selection
  if (system === undefined) return selection
  const active = (concepts: ConceptSet): ConceptSet =>
    ConceptSet.of(
      system.size,
      Iterator.from(concepts).filter(concept => !system.inactive(concept)),
    )
  return { ...selection, listed: active(listed), ...(doubtful === undefined ? {} : { doubtful: active(doubtful) }) }
}

function possible({ listed, doubtful }: Selection): ConceptSet {
  return doubtful === undefined ? listed : listed.or(doubtful)
}

/** Two versions of a code system are compared by code: the bits of one mean nothing to the other. */
function inTermsOf({ doubtful: _, ...target }: Selection, given: Selection): Selection {
  if (target.system === given.system) return given
  const codes = allCodes(given)
  if (codes === undefined) {
    const has = (code: string): boolean => hasCode(given, code)
    const { system } = target
    const listed = system === undefined ? [] : concepts(system).filter(concept => has(system.code(concept)))
    return { ...target, listed: ConceptSet.of(system?.size ?? 0, listed), unlisted: { has, only: undefined } }
  }
  const listed: Concept[] = []
  const unlisted: string[] = []
  for (const code of codes) {
    const concept = target.system?.find(code)
    if (concept === undefined) unlisted.push(code)
    else listed.push(concept)
  }
  return {
    ...target,
    listed: ConceptSet.of(target.system?.size ?? 0, listed),
    unlisted: unlisted.length === 0 ? noCodes : codesOf(unlisted),
  }
}

function concepts(system: CodeSystem): IteratorObject<Concept> {
  return Iterator.from(ConceptSet.all(system.size))
}

/** `undefined`: there is no end of them. */
function allCodes({ system, listed, unlisted }: Selection): readonly string[] | undefined {
  if (unlisted.only === undefined) return undefined
  return [...Array.from(listed, concept => system?.code(concept) ?? ''), ...unlisted.only]
}
