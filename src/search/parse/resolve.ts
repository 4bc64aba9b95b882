/** A name and the types searched → what is asked of each. https://hl7.org/fhir/R4/search.html#chaining */
import type { SearchParameter } from '../parameters.ts'
import type { Ask, Asks } from '../query.ts'
import { codesOf, find, hint, type Known, listed, mistake, type Refusal, shown, unknownType } from './known.ts'
import type { Name, Step } from './name.ts'

/** What is asked of the type at the end of the path. */
export type Leaf = (type: string) => Ask | Refusal

/** What one type may be asked, or why it may not; `depth`: how far the path led before it failed. */
type Found = Ask | { readonly failed: Refusal; readonly depth: number }

/** Throws a 400 unless every one of the types can be asked. */
export function resolve(name: Name, types: readonly string[], leaf: Leaf, known: Known): Asks {
  const follow = pathOf(name, leaf, known)
  const asks = new Map<string, Ask>()
  for (const type of types) {
    const found = follow(0, type)
    if ('failed' in found)
      throw mistake('not-supported', `${shown(name.text)}: ${failureOf(found.failed, name, types, known)}`)
    asks.set(type, found)
  }
  return asks
}

export function resolveOne(name: Name, type: string, leaf: Leaf, known: Known): Ask | Refusal {
  const found = pathOf(name, leaf, known)(0, type)
  return 'failed' in found ? found.failed : found
}

/** Of several types searched, what some of them lack is told together with what all of them have. */
function failureOf(failed: Refusal, { steps, code }: Name, types: readonly string[], known: Known): string {
  const first = steps[0]?.code ?? code
  const lacking = types.filter(type => !known.parameters.of(type).has(first))
  if (types.length < 2 || steps[0]?.by === 'has' || lacking.length === 0) return failed()
  const common = codesOf(types, known)
  return `'${shown(first)}' is no search parameter of ${listed(lacking)}${hint(first, common)}; a search of several types takes what all of them have: ${common.join(', ')}`
}

/** The same rest asked of the same type is worked out once: without it, types branch without end. */
function pathOf({ steps, code }: Name, leaf: Leaf, known: Known): (at: number, type: string) => Found {
  const seen = new Map<string, Found>()

  function follow(at: number, type: string): Found {
    const key = `${at} ${type}`
    const found = seen.get(key) ?? go(at, type)
    seen.set(key, found)
    return found
  }

  function go(at: number, type: string): Found {
    const step = steps[at]
    if (step === undefined) {
      const ask = leaf(type)
      return typeof ask === 'function' ? { failed: ask, depth: at } : ask
    }
    return step.by === 'has' ? goBack(at, type, step) : goOn(at, type, step)
  }

  function goOn(at: number, type: string, step: Extract<Step, { readonly by: 'chain' }>): Found {
    const parameter = reference(type, step.code, known)
    if (typeof parameter === 'function') return { failed: parameter, depth: at }
    const targets = targetsOf(parameter, type, step.type, known)
    if (typeof targets === 'function') return { failed: targets, depth: at }
    const found = targets.map(target => [target, follow(at + 1, target)] as const)
    const to = found.flatMap(([target, it]): [string, Ask][] => ('failed' in it ? [] : [[target, it]]))
    if (to.length === 0) return furthest(found, parameter, steps[at + 1]?.code ?? code, known)
    return { by: 'chain', parameter, to: new Map(to) }
  }

  function goBack(at: number, type: string, step: Extract<Step, { readonly by: 'has' }>): Found {
    const unknown = unknownType(step.type, known)
    if (unknown !== undefined) return { failed: () => unknown, depth: at }
    const parameter = reference(step.type, step.code, known)
    if (typeof parameter === 'function') return { failed: parameter, depth: at }
    const targets = targetsOf(parameter, step.type, type, known)
    if (typeof targets === 'function') return { failed: targets, depth: at }
    const rest = follow(at + 1, step.type)
    return 'failed' in rest ? rest : { by: 'has', type: step.type, parameter, asks: rest }
  }

  return follow
}

/** Only references lead on. */
function reference(type: string, code: string, known: Known): SearchParameter | Refusal {
  const parameter = find(type, code, known)
  if (typeof parameter === 'function' || parameter.type === 'reference') return parameter
  return () =>
    `'${code}' of ${type} is a ${parameter.type}, and only references lead to other resources: expected ${referencesOf(type, known)}`
}

export function referencesOf(type: string, { parameters }: Known): string {
  const references = [...parameters.of(type).values()].filter(({ type }) => type === 'reference')
  return listed(references.map(({ code }) => code).sort())
}

/** All types that it may refer to, or the one that is wanted. */
export function targetsOf(
  parameter: SearchParameter,
  type: string,
  wanted: string | undefined,
  known: Known,
): readonly string[] | Refusal {
  const { code, target } = parameter
  if (wanted !== undefined && known.types.includes(wanted) && target?.includes(wanted) !== false) return [wanted]
  const targets = target?.filter(it => known.types.includes(it)) ?? known.types
  if (wanted === undefined) return targets
  return () =>
    unknownType(wanted, known) ??
    `'${code}' of ${type} never refers to ${shown(wanted)}${hint(wanted, targets)}: expected ${listed(targets)}`
}

/** Of all types tried, what failed last on the way; if none has the next parameter, that in one sentence. */
function furthest(
  found: readonly (readonly [string, Found])[],
  { code }: SearchParameter,
  next: string,
  known: Known,
): Found {
  const failures = found.flatMap(([type, it]) => ('failed' in it ? [{ type, ...it }] : []))
  const depth = Math.max(...failures.map(it => it.depth))
  const last = failures.filter(it => it.depth === depth)
  const telling = last.find(
    ({ type }) => failures.length === 1 || last.length < failures.length || known.parameters.of(type).has(next),
  )
  if (telling !== undefined) return telling
  const types = failures.map(({ type }) => type)
  return { failed: () => noneHas(code, types, next, known), depth }
}

function noneHas(code: string, types: readonly string[], next: string, { parameters }: Known): string {
  const meant = hint(next, new Set(types.flatMap(type => [...parameters.of(type).keys()])))
  return `'${code}' refers to ${listed(types)}, none of which has a search parameter '${shown(next)}'${meant}`
}
