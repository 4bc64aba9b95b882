/** What a profile asks beyond the definition of the type that it constrains. https://hl7.org/fhir/R4/profiling.html */
import { isObject, type JsonObject } from '../../fhir/resource.ts'
import { add } from '../findings.ts'
import { bindingChecks } from './binding.ts'
import { invariantChecks } from './invariants.ts'
import { labelOf, type Part, type Tree } from './part.ts'
import { profileChecks } from './profiled.ts'
import { referenceChecks } from './reference.ts'
import { addAt, type ItemCheck, type MemberCheck, type Run, runAt } from './run.ts'
import {
  type Against,
  asked,
  childOf,
  coreCanonical,
  isPrimitiveType,
  referenced,
  type Scope,
  typesOf,
} from './scope.ts'
import { slicingCheck } from './slicing.ts'
import { itemsOf, lengthIn, type Slots, slotsOf, stepOf } from './slot.ts'
import { valueChecks } from './value.ts'

export function compileOverlay({ root, faults }: Tree, scope: Scope): ItemCheck {
  const { type } = scope.definition
  for (const fault of faults) scope.problem(fault)
  const base = scope.library.tree(coreCanonical + type)?.root
  if (base === undefined) {
    scope.problem(`it constrains the type ${type}, which is not known here: it is not applied`)
    return () => {}
  }
  const checks = checksOf(root, [type], [base], scope)
  return (value, twin, actual, run) => {
    for (const check of checks) check(value, twin, actual, run)
  }
}

function checksOf(part: Part, types: readonly string[], against: Against, scope: Scope): readonly ItemCheck[] {
  return [
    ...valueChecks(part, against, scope),
    ...invariantChecks(part, types, against, scope),
    ...bindingChecks(part, against, scope),
    ...referenceChecks(part, against, scope),
    ...profileChecks(part, types, against, scope),
    ...contentChecks(part, types, against, scope),
  ]
}

function contentChecks(part: Part, types: readonly string[], against: Against, scope: Scope): readonly ItemCheck[] {
  const { contentReference } = part.definition
  if (contentReference !== undefined && part.children.size === 0) {
    const target = referenced(contentReference, part.root)
    return target === undefined ? [] : [byReference(target, against, scope)]
  }
  const members = [...part.children.values()].flatMap(child => memberOf(child, part, types, against, scope))
  if (members.length === 0) return []
  return [
    (value, twin, _type, run) => {
      const owner: JsonObject = isObject(value) ? value : (twin ?? {})
      for (const member of members) member(owner, run)
    },
  ]
}

/** Compiled when it comes by: it stands around what refers to it. */
function byReference(target: Part, against: Against, scope: Scope): ItemCheck {
  return (value, twin, type, run) => {
    let check = scope.compiled.get(target)
    if (check === undefined) {
      const given = against.map(part => referenced(part.definition.contentReference ?? '', part.root) ?? part)
      const checks = checksOf(target, typesOf(target), given, scope)
      check = (...item) => {
        for (const each of checks) each(...item)
      }
      scope.compiled.set(target, check)
    }
    check(value, twin, type, run)
  }
}

function memberOf(
  part: Part,
  parent: Part,
  types: readonly string[],
  against: Against,
  scope: Scope,
): readonly MemberCheck[] {
  // The value of a primitive is the element itself in JSON.
  if (part.name === 'value' && types.every(isPrimitiveType)) return []
  const given = against.flatMap(above => childOf(above, part.name, scope.library, types) ?? [])
  if (given.length === 0) {
    scope.problem(`${labelOf(part.definition)} is not applied: ${labelOf(parent.definition)} has no such element`)
    return []
  }
  const check = memberCheck(part, given, scope)
  return check === undefined ? [] : [check]
}

function memberCheck(part: Part, against: Against, scope: Scope): MemberCheck | undefined {
  const [base] = against
  const slots = slotsOf(part, base === undefined ? typesOf(part) : typesOf(base))
  const step = stepOf(part)
  const compile = (each: Part, given: Against) => checksOf(each, typesOf(each), given, scope)
  const checks = [...typeChecks(part, against, scope), ...compile(part, against)]
  const count = countCheck(part, against, scope)
  const slicing = slicingCheck(part, against, scope, compile)
  if (checks.length === 0 && slicing === undefined) return count && countOnly(count, slots)
  return (owner, run) => {
    const items = itemsOf(owner, slots)
    count?.check(items.length, run)
    if (checks.length > 0) for (const item of items) runAt(run, step, item, checks)
    slicing?.(items, run)
  }
}

/** Most elements of a profile are only to be supported, which hardly anybody asks about. */
function countOnly({ check, isSupportOnly }: CountCheck, slots: Slots): MemberCheck {
  return (owner, run) => {
    if (!isSupportOnly || run.options.mustSupport === true) check(lengthIn(owner, slots), run)
  }
}

function typeChecks(part: Part, against: Against, scope: Scope): readonly ItemCheck[] {
  const types = typesOf(part)
  const isOne = !part.name.endsWith('[x]') && !against.some(given => typesOf(given).includes('Resource'))
  const isOpen = isOne || types.includes('Resource') || types.includes('DomainResource') || part.definition.max === '0'
  const isGiven = against.some(given => typesOf(given).every(type => types.includes(type)))
  if (types.length === 0 || isOpen || isGiven) return []
  const expected = types.join(', ')
  return [
    (_value, _twin, type, { found }) => {
      if (!types.includes(type))
        add(found, asked(scope, 'structure', `found a value of type ${type}, expected ${expected}`))
    },
  ]
}

type CountCheck = {
  readonly check: (found: number, run: Run) => void
  /** Whether it is there is all that is asked. */
  readonly isSupportOnly: boolean
}

function countCheck(part: Part, against: Against, scope: Scope): CountCheck | undefined {
  const least = Math.max(0, ...against.map(({ definition }) => definition.min ?? 0))
  const most = Math.min(...against.map(({ definition }) => mostOf(definition.max)))
  const { min = 0, max, mustSupport = false } = part.definition
  const [isMore, isLess] = [min > least, mostOf(max) < most]
  const isSupported = mustSupport && !against.some(({ definition }) => definition.mustSupport === true)
  if (!isMore && !isLess && !isSupported) return undefined
  const step = stepOf(part)
  const check: CountCheck['check'] = (found, run) => {
    if (isMore && found < min) {
      addAt(run, step, asked(scope, 'required', `found ${found} of '${step}', expected at least ${min}`))
    }
    if (isLess && found > mostOf(max)) {
      const expected = max === '0' ? 'none' : `at most ${max}`
      addAt(run, step, asked(scope, 'structure', `found ${found} of '${step}', expected ${expected}`))
    }
    if (isSupported && found === 0 && run.options.mustSupport === true) {
      addAt(run, step, asked(scope, 'informational', `'${step}' is to be supported, and not there`, 'information'))
    }
  }
  return { check, isSupportOnly: !isMore && !isLess }
}

function mostOf(max = '*'): number {
  return max === '*' ? Number.POSITIVE_INFINITY : Number(max)
}
