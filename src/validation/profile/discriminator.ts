/** Which slice an element belongs to. https://hl7.org/fhir/R4/profiling.html#discriminator */
import type { Slicing } from '../../conformance/structure-definition.ts'
import { isObject, isResource, type Json } from '../../fhir/resource.ts'
import { sameJson } from '../../fhir/same-json.ts'
import { conforms } from './around.ts'
import type { Part } from './part.ts'
import { parsePath } from './path.ts'
import { fitting } from './pattern.ts'
import { type Item, passes, type Run } from './run.ts'
import { childOf, type Scope, typesOf } from './scope.ts'
import { itemsOf, slotsOf } from './slot.ts'
import { demandOf } from './value.ts'
import { isPresent, requiredSlice, type Way, wayTo } from './way.ts'

export type Matches = (item: Item, run: Run) => boolean

type Rule = NonNullable<Slicing['discriminator']>[number]

/** A text instead says why the slice cannot be told from others. */
export function matchesOf(rules: readonly Rule[], slice: Part, scope: Scope): Matches | string {
  const url = urlOf(slice)
  if (url !== undefined && rules.every(({ path }) => path === 'url')) {
    return ({ value }) => isObject(value) && value['url'] === url
  }
  const all: Matches[] = []
  for (const rule of rules) {
    const matches = matchesBy(rule, slice, scope)
    if (typeof matches === 'string') return matches
    all.push(matches)
  }
  const [only, another] = all
  return only !== undefined && another === undefined ? only : (item, run) => all.every(matches => matches(item, run))
}

/** "The extension's url" is that of its definition. */
function urlOf({ definition }: Part): string | undefined {
  const [type] = definition.type ?? []
  const [canonical, another] = type?.code === 'Extension' ? (type.profile ?? []) : []
  return another === undefined ? canonical?.split('|', 1)[0] : undefined
}

function matchesBy({ type, path }: Rule, slice: Part, scope: Scope): Matches | string {
  const steps = parsePath(path)
  if (steps === undefined) return `its discriminator '${path}' is not a path of the kind that discriminators may have`
  const way = wayTo(steps, slice, scope, 'straight')
  if (way === undefined) return `its discriminator '${path}' leads to no element`
  const round = wayTo(steps, slice, scope, 'bySlice')
  const test = testOf(type, way, scope) ?? (round && testOf(type, round, scope))
  if (test === undefined) return `its discriminator '${path}' (${type}) finds nothing there to tell it by`
  return (item, run) => test(way.select([item], run), run)
}

type Test = (items: readonly Item[], run: Run) => boolean

function testOf(type: Rule['type'], way: Way, scope: Scope): Test | undefined {
  switch (type) {
    case 'value':
    case 'pattern':
      return some(valueTest(way, scope))
    case 'exists':
      return existsTest(way)
    case 'type':
      return some(way.types.length === 0 ? undefined : item => way.types.includes(item.type))
    case 'profile':
      return some(profileTest(way, scope))
    default:
      return undefined
  }
}

function some(matches: Matches | undefined): Test | undefined {
  return matches && ((items, run) => items.some(item => matches(item, run)))
}

function existsTest({ part }: Way): Test | undefined {
  const { min = 0, max } = part?.definition ?? {}
  if (max === '0') return items => !items.some(isPresent)
  return min > 0 ? items => items.some(isPresent) : undefined
}

function valueTest({ part, given }: Way, scope: Scope): Matches | undefined {
  const own = part && expectation(part, scope)
  if (own !== undefined) return own
  const wanted = given.map(fitting)
  return wanted.length === 0 ? undefined : ({ value }) => wanted.some(fits => fits(value ?? null))
}

/** What a definition demands of a value: by itself, else by those of its children that have to be there, else by its codes. */
function expectation(part: Part, scope: Scope): Matches | undefined {
  const fixed = demandOf(part.definition, 'fixed')
  if (fixed !== undefined) return ({ value }) => sameJson(value, fixed)
  const pattern = demandOf(part.definition, 'pattern')
  const fits = pattern === undefined ? undefined : fitting(pattern)
  if (fits !== undefined) return ({ value }) => fits(value)
  const required = requiredSlice(part)
  return ofChildren(part, scope) ?? (required && expectation(required, scope)) ?? ofBinding(part)
}

function ofChildren(part: Part, scope: Scope): Matches | undefined {
  const tests = [...part.children.keys()].flatMap(name => {
    const child = childOf(part, name, scope.library)
    const matches = child && (child.definition.min ?? 0) > 0 ? expectation(child, scope) : undefined
    return child && matches ? [{ slots: slotsOf(child, typesOf(child)), matches }] : []
  })
  if (tests.length === 0) return undefined
  return ({ value }, run) =>
    isObject(value) && tests.every(({ slots, matches }) => itemsOf(value, slots).some(item => matches(item, run)))
}

function ofBinding({ definition: { binding } }: Part): Matches | undefined {
  const { strength, valueSet } = binding ?? {}
  if (strength !== 'required' || valueSet === undefined) return undefined
  return ({ value }, run) => codesIn(value).some(coding => run.options.codes.validate({ valueSet, ...coding }) === 'in')
}

function codesIn(value: Json | undefined): readonly { readonly code: string; readonly system?: string }[] {
  if (typeof value === 'string') return [{ code: value }]
  if (!isObject(value)) return []
  const { coding, code, system } = value
  if (Array.isArray(coding)) return coding.flatMap(codesIn)
  return typeof code === 'string' ? [{ code, ...(typeof system === 'string' ? { system } : {}) }] : []
}

function profileTest({ profiles }: Way, scope: Scope): Matches | undefined {
  if (profiles.length === 0) return undefined
  return (item, run) => profiles.some(canonical => isOf(item, canonical, scope, run))
}

function isOf(item: Item, canonical: string, scope: Scope, run: Run): boolean {
  if (item.value === undefined) return false
  if (isResource(item.value)) return conforms(item.value, canonical, scope.library, run)
  const profile = scope.library.profile(canonical)
  return profile !== undefined && passes(profile.check, item, run)
}
