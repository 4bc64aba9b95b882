/** Elements told apart by discriminators, each kind with rules of its own. https://hl7.org/fhir/R4/profiling.html#slicing */
import type { Slicing } from '../../conformance/structure-definition.ts'
import { add } from '../findings.ts'
import { type Matches, matchesOf } from './discriminator.ts'
import { labelOf, type Part } from './part.ts'
import { addAt, type Item, type ItemCheck, type Run, runAt } from './run.ts'
import { type Against, asked, type Scope } from './scope.ts'
import { stepOf } from './slot.ts'

/** Of all elements of one name, to whose owner the path leads. */
export type SlicingCheck = (items: readonly Item[], run: Run) => void

/** Compiles what a slice asks of an element beyond what it has to fulfil anyway. */
export type Compile = (slice: Part, against: Against) => readonly ItemCheck[]

type Slice = {
  readonly name: string
  readonly matches: Matches
  readonly checks: readonly ItemCheck[]
  readonly count: (found: number, run: Run) => void
  readonly further: SlicingCheck | undefined
}

type Rules = NonNullable<Slicing['discriminator']>

export function slicingCheck(part: Part, against: Against, scope: Scope, compile: Compile): SlicingCheck | undefined {
  if (part.slices.length === 0) return undefined
  const rules = rulesOf(part)
  if (rules === undefined) {
    scope.problem(`${labelOf(part.definition)} is sliced without a discriminator: its slices are not applied`)
    return undefined
  }
  const rests = part.slices.filter(isRest)
  const slices = part.slices.flatMap(slice => sliceOf(slice, part, rules, against, scope, compile))
  const isWhole = slices.length + rests.length === part.slices.length
  const group: Group = {
    step: stepOf(part),
    slices,
    rest: rests.flatMap(slice => [...compile(slice, [...against, part])]),
    hasRest: rests.length > 0,
    // What belongs to a slice that cannot be applied must not be refused because it belongs to no other.
    openness: (isWhole ? part.definition.slicing?.rules : undefined) ?? 'open',
    ordered: part.definition.slicing?.ordered === true,
  }
  return (items, run) => {
    const chosen = items.map(item => sliceFor(item, group, scope, run))
    checkOrder(items, chosen, group, scope, run)
    for (const slice of slices) {
      let found = 0
      for (const each of chosen) if (each === slice) found++
      slice.count(found, run)
      if (slice.further === undefined) continue
      const own = items.filter((_, index) => chosen[index] === slice)
      slice.further(own, run)
    }
  }
}

/** Extensions are told apart by their urls, choices by their types, whether it is said or not. */
function rulesOf({ name, definition }: Part): Rules | undefined {
  const { discriminator = [] } = definition.slicing ?? {}
  if (discriminator.length > 0) return discriminator
  if (name === 'extension' || name === 'modifierExtension') return [{ type: 'value', path: 'url' }]
  return name.endsWith('[x]') ? [{ type: 'type', path: '$this' }] : undefined
}

/** https://hl7.org/fhir/R4/profiling.html#default-slice: what no other slice has. */
function isRest({ definition }: Part): boolean {
  return definition.sliceName === '@default'
}

function sliceOf(
  slice: Part,
  part: Part,
  rules: Rules,
  against: Against,
  scope: Scope,
  compile: Compile,
): readonly Slice[] {
  if (isRest(slice)) return []
  const matches = matchesOf(rules, slice, scope)
  if (typeof matches === 'string') {
    scope.problem(`the slice ${labelOf(slice.definition)} is not applied: ${matches}`)
    return []
  }
  const name = slice.definition.sliceName ?? slice.definition.path
  const given = [...against, part]
  return [
    {
      name,
      matches,
      checks: compile(slice, given),
      count: countOf(slice, name, stepOf(part), scope),
      further: slicingCheck(withRules(slice, part), given, scope, compile),
    },
  ]
}

/** Slices of a slice are told apart as its siblings are, unless it says otherwise. */
function withRules(slice: Part, { definition: { slicing } }: Part): Part {
  if (slice.definition.slicing !== undefined || slicing === undefined) return slice
  const { discriminator } = slicing
  return { ...slice, definition: { ...slice.definition, slicing: discriminator ? { discriminator } : {} } }
}

function countOf({ definition }: Part, name: string, step: string, scope: Scope): Slice['count'] {
  const { min = 0, max = '*' } = definition
  const most = max === '*' ? Number.POSITIVE_INFINITY : Number(max)
  const report = (text: string, run: Run, code: 'required' | 'structure') =>
    addAt(run, step, asked(scope, code, `slice '${name}': ${text}`))
  return (found, run) => {
    if (found < min) report(`found ${found}, expected at least ${min}`, run, 'required')
    if (found > most) report(`found ${found}, expected ${most === 0 ? 'none' : `at most ${max}`}`, run, 'structure')
    if (found === 0 && run.options.mustSupport === true && definition.mustSupport === true) {
      addAt(
        run,
        step,
        asked(scope, 'informational', `slice '${name}' is to be supported, and not there`, 'information'),
      )
    }
  }
}

type Group = {
  readonly step: string
  readonly slices: readonly Slice[]
  /** What the default slice asks of elements that no other has. */
  readonly rest: readonly ItemCheck[]
  readonly hasRest: boolean
  readonly openness: NonNullable<Slicing['rules']>
  readonly ordered: boolean
}

/** The element is checked by it, and told of if it belongs to none or several. */
function sliceFor(
  item: Item,
  { step, slices, rest, hasRest, openness }: Group,
  scope: Scope,
  run: Run,
): Slice | undefined {
  const matching = slices.filter(({ matches }) => matches(item, run))
  const [slice, another] = matching
  if (another !== undefined) {
    const names = matching.map(({ name }) => `'${name}'`).join(' and ')
    reportAt(item, step, `matches the slices ${names}, expected to match one of them`, scope, run)
  } else if (slice === undefined && openness === 'closed' && !hasRest) {
    const names = slices.map(({ name }) => `'${name}'`).join(', ')
    reportAt(item, step, `matches no slice, expected one of ${names}`, scope, run)
  }
  runAt(run, step, item, slice?.checks ?? rest)
  return slice
}

function checkOrder(
  items: readonly Item[],
  chosen: readonly (Slice | undefined)[],
  { step, slices, openness, ordered }: Group,
  scope: Scope,
  run: Run,
): void {
  if (!ordered && openness !== 'openAtEnd') return
  let last = 0
  let passed = false
  for (const [at, item] of items.entries()) {
    const slice = chosen[at]
    if (slice === undefined) {
      passed = true
      continue
    }
    const index = slices.indexOf(slice)
    const outOfOrder = `slice '${slice.name}' is out of order: expected before`
    if (ordered && index < last) reportAt(item, step, `${outOfOrder} slice '${slices[last]?.name}'`, scope, run)
    if (openness === 'openAtEnd' && passed) reportAt(item, step, `${outOfOrder} elements of no slice`, scope, run)
    last = Math.max(last, index)
  }
}

function reportAt(item: Item, step: string, text: string, scope: Scope, run: Run): void {
  runAt(run, step, item, [(_value, _twin, _type, { found }) => add(found, asked(scope, 'structure', text))])
}
