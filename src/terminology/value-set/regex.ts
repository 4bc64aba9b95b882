/**
 * Regular expressions in time that grows with the text alone, whatever the expression: filters come from anybody.
 * https://swtch.com/~rsc/regexp/regexp1.html. The language is what JavaScript, Java and PCRE share, without what needs to look
 * back or ahead. The whole text must match, as in the `regex` filters of other terminology servers.
 */
import { fail } from '../../fhir/issue.ts'
import { type Characters, type Expression, parseRegex } from './regex-syntax.ts'

/** States, after counted repetitions are written out. */
const mostStates = 5_000
/** Parts that are written out, those that take nothing among them: of repetitions in each other they would be without end. */
const mostParts = 4 * mostStates
/** Sets of states remembered; what goes beyond is forgotten and worked out again. */
const mostSets = 1_000

/** Visits to states that one expression may cost: about a second. Sets that are known cost nothing, so ordinary ones need few. */
const mostVisits = 2_000_000
/** What each text adds, so that an expression in long use is not refused for its age. */
const visitsPerText = 200

type State = { readonly take?: Characters; readonly next: number[] }

export function regexOf(source: string, expression?: string): (text: string) => boolean {
  const { states, start, end } = machineOf(parseRegex(source, expression), expression)
  let known = new Map<string, Step>()
  let visits = mostVisits
  const stepFor = (set: readonly number[]): Step => {
    const key = set.join()
    const before = known.get(key)
    if (before !== undefined) return before
    if (known.size >= mostSets) known = new Map()
    const step = { set, accepts: set.includes(end), by: new Map<string, Step>() }
    known.set(key, step)
    return step
  }
  const follow = (from: readonly number[]): Step => {
    const set = closure(states, from)
    visits -= set.length
    if (visits < 0) throw fail('too-costly', 'the regular expression takes too long', expression)
    return stepFor(set)
  }
  return text => {
    visits = Math.min(mostVisits, visits + visitsPerText)
    let step = follow([start])
    for (const character of text) {
      let next = step.by.get(character)
      if (next === undefined) {
        next = follow(taken(states, step.set, character))
        step.by.set(character, next)
      }
      if (next.set.length === 0) return false
      step = next
    }
    return step.accepts
  }
}

type Step = { readonly set: readonly number[]; readonly accepts: boolean; readonly by: Map<string, Step> }

function taken(states: readonly State[], set: readonly number[], character: string): number[] {
  const code = character.codePointAt(0) ?? 0
  return set.flatMap(at => {
    const state = states[at]
    return state?.take?.(code) === true ? state.next : []
  })
}

/** All that can be reached without taking a character. */
function closure(states: readonly State[], from: readonly number[]): readonly number[] {
  const found = new Set<number>()
  const waiting = [...from]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (found.has(at)) continue
    found.add(at)
    const state = states[at]
    if (state !== undefined && state.take === undefined) waiting.push(...state.next)
  }
  return [...found].sort((a, b) => a - b)
}

type Machine = { readonly states: readonly State[]; readonly start: number; readonly end: number }

/** Built from the end: each part is told where to go on. */
function machineOf(root: Expression, expression: string | undefined): Machine {
  const states: State[] = []
  let parts = 0
  const mustBeFew = (): void => {
    if (states.length < mostStates && parts < mostParts) return
    const text = `the regular expression is too large: it needs more than ${mostStates} states`
    throw fail('too-costly', text, expression)
  }
  const add = (state: State): number => {
    mustBeFew()
    return states.push(state) - 1
  }
  const build = (part: Expression, then: number): number => {
    mustBeFew()
    parts++
    switch (part.op) {
      case 'take':
        return add({ take: part.characters, next: [then] })
      case 'sequence':
        return part.of.reduceRight((after, each) => build(each, after), then)
      case 'either':
        return add({ next: part.of.map(each => build(each, then)) })
      case 'repeat':
        return repeat(part, then)
    }
  }
  const repeat = ({ of, min, max }: Extract<Expression, { op: 'repeat' }>, then: number): number => {
    let start = then
    if (max === undefined) {
      const loop = add({ next: [then] })
      states[loop]?.next.push(build(of, loop))
      start = loop
    } else {
      for (let times = min; times < max; times++) start = add({ next: [build(of, start), then] })
    }
    for (let times = 0; times < min; times++) start = build(of, start)
    return start
  }
  const end = add({ next: [] })
  return { states, start: build(root, end), end }
}
