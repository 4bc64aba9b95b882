/** Whether codes are in the value sets that elements are bound to. https://hl7.org/fhir/R4/terminologies.html#strength */
import { FhirError } from '../../fhir/issue.ts'
import { parseCanonical } from '../../terminology/canonical.ts'
import { isPartial } from '../../terminology/value-set/clause.ts'
import type { Members, Memberships } from '../../terminology/value-set/membership.ts'
import type { Selection } from '../../terminology/value-set/selection.ts'
import { isFatal } from '../../terminology/value-set/validate.ts'
import { noRules } from '../../terminology/value-set/version-rules.ts'
import type { CodeAnswer, CodeQuestion } from '../../validation/codes.ts'

/** What a value set means where nobody asks for a version or a supplement. */
export const plain = { rules: noRules, supplements: [] } as const

const remembered = 1_000 // value sets; names of some that nobody has may come from any profile

type Answer = Exclude<CodeAnswer, 'later'>
type Bound = (question: CodeQuestion) => Answer

export type Bindings = { readonly validate: Bound }

export function bindings(memberships: Memberships): Bindings {
  const known = new Map<string, Bound>()
  const bound = (canonical: string): Bound => {
    if (known.size >= remembered) known.clear()
    const answer = answering(membersOf(memberships, canonical))
    known.set(canonical, answer)
    return answer
  }
  return { validate: question => (known.get(question.valueSet) ?? bound(question.valueSet))(question) }
}

/** Of one that has no meaning nothing can be told. */
function membersOf(memberships: Memberships, canonical: string): Members | undefined {
  const valueSet = memberships.find(parseCanonical(canonical))
  try {
    return valueSet && memberships.of(valueSet, plain)
  } catch (error) {
    if (error instanceof FhirError) return undefined
    throw error
  }
}

/** Versions are passed over: a code that another version has may well be right. */
function answering(members: Members | undefined): Bound {
  if (members === undefined) return () => 'unknown value set'
  const selections = new Map([...members.selections].map(([url, of]) => [url, of.map(each => judging(each, members))]))
  const every = [...selections.values()].flat()
  const unknown = new Set(members.unknown.map(({ url }) => url))
  const otherwise: Answer = members.faults.some(isFatal) ? 'unknown value set' : 'out'
  const isUnknown = (system: string | undefined): boolean =>
    system === undefined ? unknown.size > 0 : unknown.has(system)
  return ({ system, code }) => {
    const judges = system === undefined ? every : (selections.get(system) ?? none)
    const doubt = worstOf(judges, code)
    if (doubt !== 'out') return doubt
    return isUnknown(system) ? 'unknown system' : otherwise
  }
}

const none: readonly never[] = []

/** In one of them it is in. */
function worstOf(judges: readonly ((code: string) => Answer)[], code: string): Answer {
  let worst: Answer = 'out'
  for (const judge of judges) {
    const answer = judge(code)
    if (answer === 'in') return answer
    if (answer !== 'out') worst = answer
  }
  return worst
}

/** What a code system lists only a part of may be right though it is not among it, or stand elsewhere than it seems. */
function judging(selection: Selection, { definition, imports }: Members): (code: string) => Answer {
  const { url, system, listed, unlisted } = selection
  const clauses = [definition, ...imports].flatMap(({ include }) => include.filter(clause => clause.system === url))
  const isEnumerated = clauses.every(({ concepts }) => concepts !== undefined)
  const inDoubt = system !== undefined && isPartial(system) && !isEnumerated ? 'partly known system' : undefined
  return code => {
    const concept = system?.find(code)
    if (concept !== undefined) return listed.has(concept) ? 'in' : (inDoubt ?? 'out')
    return unlisted.has(code) ? (unlisted.only === undefined && inDoubt) || 'in' : (inDoubt ?? 'out')
  }
}
