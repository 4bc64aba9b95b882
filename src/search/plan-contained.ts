/** `_contained` and `_containedType`. https://hl7.org/fhir/R4/search.html#contained */
import {
  carriedTypes,
  containedType,
  inSlot,
  isContained,
  noOne,
  ofContained,
  ownId,
  plainType,
  sortOfContained,
  sortOfContainers,
} from './contained.ts'
import { all, and, type Node, none, or, type SortKey } from './node.ts'
import type { Plan, PlanNeeds } from './plan.ts'
import type { Query } from './query.ts'

type Questions = Plan['questions']

/** `own`: the questions about resources that stand alone; `wanted`: the criteria without compartment and restriction. */
export function askContained(
  { of, type }: Query['contained'],
  own: Questions,
  wanted: Questions,
  sort: readonly SortKey[],
  needs: PlanNeeds,
): Questions {
  if (of === 'false') return own
  const { types = [], restrict } = needs
  const there = wanted.filter(it => restrict(it.type).is !== 'none' && types.includes(containedType(it.type)))
  const inner = there.map(question => ({ type: containedType(question.type), where: innerWhere(question, needs) }))
  const asked = type === 'contained' ? alone(inner, sort, needs) : containers(inner, wanted, sort, needs)
  return of === 'true' ? asked : together(own, asked)
}

/** A compartment is one resource by its id, which is no contained one's, and all that refers to it. */
function innerWhere({ type, where }: Questions[number], { within }: PlanNeeds): Node {
  return and([ofContained(where, ownId), ofContained(within?.(type) ?? all, noOne)])
}

function alone(inner: Questions, sort: readonly SortKey[], needs: PlanNeeds): Questions {
  const may = inSeenContainer(needs)
  const contained = (type: string): Node =>
    carriedTypes.has(plainType(type)) ? { is: 'present', slots: [inSlot] } : all
  return inner.map(({ type, where }) => {
    return { type, where: and([where, may, contained(type)]), sort: sort.map(sortOfContained) }
  })
}

/** Each once, however many of those that it contains fit. */
function containers(
  inner: Questions,
  [first]: Questions,
  sort: readonly SortKey[],
  { types = [], restrict }: PlanNeeds,
): Questions {
  const contains = or(
    inner.map(({ type, where }) => (where.is === 'none' ? none : { is: 'referred', type, slot: inSlot, where })),
  )
  const by = sort.map(key => sortOfContainers(key, first?.type ?? ''))
  return alones(types).map(type => ({ type, where: and([contains, restrict(type)]), sort: by }))
}

/** What is contained is a part of its container: who may see that one may see it, too, and nobody else. */
function inSeenContainer({ types = [], restrict }: PlanNeeds): Node {
  const rules = alones(types).map(type => ({ type, where: restrict(type) }))
  if (rules.every(({ where }) => where.is === 'all')) return all
  return or(rules.map(({ type, where }) => (where.is === 'none' ? none : { is: 'refers', slot: inSlot, type, where })))
}

/** Of resources that stand alone: no contained one contains others. */
function alones(types: readonly string[]): readonly string[] {
  return types.filter(type => !isContained(type))
}

/** A type is asked once: a resource may fit by itself and by what it contains. */
function together(own: Questions, asked: Questions): Questions {
  const byType = new Map(own.map(question => [question.type, question]))
  for (const question of asked) {
    const known = byType.get(question.type)
    byType.set(question.type, known ? { ...known, where: or([known.where, question.where]) } : question)
  }
  return [...byType.values()]
}

/** Types as clients know them, for messages. */
export function shownType(type: string): string {
  return isContained(type) ? `contained ${type.slice(1)}` : type
}
