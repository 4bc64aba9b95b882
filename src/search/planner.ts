/** A query → what the stores are asked. https://hl7.org/fhir/R4/search.html */
import { FhirError, fail, type Issue, isError } from '../fhir/issue.ts'
import { containedType, noOne, ofContained } from './contained.ts'
import { testNode } from './filter/test.ts'
import { all, and, type Node, none, not, or, type SortKey } from './node.ts'
import { refusalOf } from './parse/mistakes.ts'
import type { Code, Codes, Plan, PlanNeeds } from './plan.ts'
import { counting } from './plan-codes.ts'
import { askContained } from './plan-contained.ts'
import type { Ask, Criterion, Query, Sort } from './query.ts'
import type { Asked, Place, Question } from './questions/question.ts'
import { eachSoon, type Soon, soon } from './soon.ts'

export type Planned = {
  readonly plan: Plan
  /** What is left of the query: under lenient handling criteria with malformed values are left out, of `understood` too. */
  readonly query: Query
  /** What was left out (warnings). */
  readonly issues: readonly Issue[]
}

/**
 * Rejects with a `FhirError` (400) that tells all malformed values, unless handling is lenient. `question` comes from
 * `compileQuestions`; `now`, in ms, is what `ap` measures from.
 */
export async function plan(query: Query, question: Question, needs: PlanNeeds, now: number): Promise<Planned> {
  const asking: Asking = { question, needs: { ...needs, terminology: remembering(needs.terminology) }, now }
  const severity = query.handling === 'strict' ? 'error' : 'warning'
  const answering = eachSoon(query.criteria, criterion => answerOf(criterion, severity, asking))
  const answers = answering instanceof Promise ? await answering : answering
  const issues = answers.filter(answer => 'issues' in answer).flatMap(answer => answer.issues)
  const errors = issues.filter(isError)
  if (errors.length > 0) throw new FhirError(errors, { status: 400 })
  const left = answers.filter(answer => 'nodes' in answer)
  const wanted = query.types.map(type => ({ type, where: and(left.map(({ nodes }) => nodes.get(type) ?? none)) }))
  const questions = wanted.map(({ type, where }) => {
    return { type, where: and([where, needs.within?.(type) ?? all, needs.restrict(type)]) }
  })
  const sort = query.sort.map(sortKey)
  return {
    plan: { questions: askContained(query.contained, questions, wanted, sort, needs), sort },
    query: issues.length === 0 ? query : without(query, left),
    issues,
  }
}

type Asking = { readonly question: Question; readonly needs: PlanNeeds; readonly now: number }

/** Of one chain, steps that may lead into contained resources: each doubles what is asked. Two: to one, and on to its sibling. */
const intoContained = 2

type Answer =
  | { readonly criterion: Criterion; readonly nodes: ReadonlyMap<string, Node> }
  | { readonly issues: readonly Issue[] }

function answerOf(criterion: Criterion, severity: 'error' | 'warning', asking: Asking): Soon<Answer> {
  const { name, asks } = criterion
  const nodes = eachSoon([...asks], ([type, ask]) =>
    soon(nodeOf(ask, { name, type, into: intoContained }, asking), node => [type, node] as const),
  )
  const answer = soon(nodes, all => ({ criterion, nodes: new Map(all) }))
  return answer instanceof Promise ? answer.catch(error => ({ issues: refusalOf(error, severity, name) })) : answer
}

/** Where an ask stands: on this type, as part of the criterion of this name; `into`: steps left of `intoContained`. */
type At = { readonly name: string; readonly type: string; readonly into: number }

function nodeOf(ask: Ask, at: At, asking: Asking): Soon<Node> {
  switch (ask.by) {
    case 'parameter':
      return put({ name: at.name, ...ask }, at.type, asking)
    case 'chain':
      return chain(ask, at, asking).then(or)
    case 'has':
      return referred(ask, at, asking)
    case 'not':
      return soon(nodeOf(ask.of, at, asking), not)
    case 'test':
      return testNode(ask.test, ask.parameter, asked => put(asked, at.type, asking))
    default:
      return soon(
        eachSoon(ask.of, part => nodeOf(part, at, asking)),
        ask.by === 'and' ? and : or,
      )
  }
}

function put(asked: Asked, type: string, asking: Asking): Soon<Node> {
  return asking.question(asked, placeIn(type, asking), asking.needs.terminology)
}

function placeIn(type: string, { needs: { base, stored }, now }: Asking): Place {
  return { type, base, now, stored }
}

type Chain = Extract<Ask, { readonly by: 'chain' }>

/**
 * Types for which the value means nothing are passed over as long as there is another: what is a token of one type may be a date
 * of the next. So are those that are closed to who asks.
 */
async function chain({ parameter, to }: Chain, at: At, asking: Asking): Promise<readonly Node[]> {
  const place = placeIn(at.type, asking)
  const tried = await Promise.allSettled(
    [...to].map(async ([type, ask]): Promise<Node> => {
      const there = { ...at, type }
      const where = await seen(ask, there, asking)
      const within = await inside(parameter.code, ask, there, asking)
      if (where.is === 'none') return within
      return or([await asking.question.chain({ name: at.name, parameter, to: type, where }, place), within])
    }),
  )
  const nodes = tried.flatMap(it => (it.status === 'fulfilled' ? [it.value] : []))
  const failures = tried.flatMap(it => (it.status === 'rejected' ? [it.reason] : []))
  const grave = failures.find(it => !(it instanceof FhirError && (it.status === 400 || it.status === 403)))
  if (grave !== undefined || nodes.length === 0) throw grave ?? failures[0]
  return nodes
}

async function referred(
  { type, parameter, asks }: Extract<Ask, { readonly by: 'has' }>,
  at: At,
  asking: Asking,
): Promise<Node> {
  const where = await seen(asks, { ...at, type }, asking)
  return where.is === 'none' ? none : asking.question.has({ name: at.name, parameter, where }, placeIn(type, asking))
}

/** Of resources on the way, too, only those that may be seen. */
async function seen(ask: Ask, at: At, asking: Asking): Promise<Node> {
  const open = asking.needs.restrict(at.type)
  if (open.is === 'none') throw fail('forbidden', `your rights do not allow to search ${at.type}, as '${at.name}' does`)
  return and([await nodeOf(ask, at, asking), open])
}

function refers(slot: string, type: string, where: Node): Node {
  return where.is === 'none' ? none : { is: 'refers', slot, type, where }
}

/** "A chained condition will be evaluated inside contained resources": who may see the container sees what it contains. */
async function inside(slot: string, ask: Ask, at: At, asking: Asking): Promise<Node> {
  if (at.into === 0 || asking.needs.restrict(at.type).is === 'none') return none
  const where = await nodeOf(ask, { ...at, into: at.into - 1 }, asking)
  return refers(slot, containedType(at.type), ofContained(where, noOne))
}

/** A search of many types asks for the same codes many times. */
function remembering({ valueSet, hierarchy, translations, caseless }: Codes): Codes {
  const few = counting()
  const sets = memory(async (url: string) => few(await valueSet(url)))
  const families = memory(async (is: 'above' | 'below', code: Code) => few(await hierarchy(is, code)))
  const systems = memory(caseless)
  const others = memory(translations)
  return {
    valueSet: url => sets(url, url),
    hierarchy: (is, code) => families(JSON.stringify([is, code.system, code.code]), is, code),
    translations: code => others(JSON.stringify([code.system, code.code]), code),
    caseless: system => systems(system, system),
  }
}

function memory<A extends readonly unknown[], T>(ask: (...of: A) => T): (key: string, ...of: A) => T {
  const answers = new Map<string, T>()
  return (key, ...of) => {
    const answer = answers.get(key) ?? ask(...of)
    answers.set(key, answer)
    return answer
  }
}

function sortKey({ parameter: { code, type }, descending }: Sort): SortKey {
  if (code === '_id') return { by: 'id', descending }
  if (code === '_lastUpdated') return { by: 'updated', descending }
  const isRange = type === 'number' || type === 'date' || type === 'quantity'
  return { by: isRange ? 'range' : 'term', slot: code, descending }
}

function without(query: Query, left: readonly { readonly criterion: Criterion }[]): Query {
  const criteria = left.map(({ criterion }) => criterion)
  const understood = new URLSearchParams(query.understood)
  for (const criterion of query.criteria) {
    if (!criteria.includes(criterion)) understood.delete(criterion.name, criterion.value)
  }
  return { ...query, criteria, understood }
}
