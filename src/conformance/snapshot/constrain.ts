/**
 * One element of a differential on top of what its base says: constraints add up, ranges narrow, and the rest is replaced.
 * https://hl7.org/fhir/R4/profiling.html#4.1.0.3
 */
import type { Constraint, ElementDefinition, TypeRef } from '../structure-definition.ts'

export type Constraining = {
  /** The canonical that new constraints come from. */
  readonly source: string
  /** Whether values of the first type are values of the second. */
  readonly isA: (type: string, base: string) => boolean
  readonly complain: (what: string) => void
}

export function constrain(base: ElementDefinition, by: ElementDefinition, how: Constraining): ElementDefinition {
  compare(base, by, how)
  const constraint = constraintsOf(base.constraint, by.constraint, how.source)
  const condition = [...new Set([...(base.condition ?? []), ...(by.condition ?? [])])]
  return {
    ...base,
    ...by,
    ...(base.base === undefined ? {} : { base: base.base }),
    ...(constraint.length > 0 ? { constraint } : {}),
    ...(condition.length > 0 ? { condition } : {}),
  }
}

/** A constraint that a differential repeats is still its base's. */
function constraintsOf(
  inherited: readonly Constraint[] = [],
  added: readonly Constraint[] = [],
  source: string,
): readonly Constraint[] {
  const isNew = ({ key, expression }: Constraint): boolean =>
    !inherited.some(known => known.key === key && known.expression === expression)
  return [...inherited, ...added.filter(isNew).map(each => ({ ...each, source: each.source ?? source }))]
}

function compare(base: ElementDefinition, by: ElementDefinition, how: Constraining): void {
  const say = how.complain
  const [min, max] = [by.min ?? base.min ?? 0, by.max ?? base.max ?? '*']
  if (min < (base.min ?? 0)) say(`min ${min} is less than ${base.min}, which its base demands`)
  if (most(max) > most(base.max)) say(`max ${max} is more than ${base.max}, which its base allows`)
  if (min > most(max)) say(`min ${min} is more than max ${max}`)
  for (const { code } of by.type ?? []) {
    if (!isAllowed(code, base.type, how)) say(`type ${code} is none of ${base.type?.map(type => type.code).join(', ')}`)
  }
  const { binding } = base
  if (binding?.strength === 'required' && by.binding && by.binding.strength !== 'required') {
    say(`its base binds it to ${binding.valueSet} as required, which ${by.binding.strength} cannot loosen`)
  }
}

function most(max: string | undefined): number {
  return max === undefined || max === '*' ? Number.POSITIVE_INFINITY : Number(max)
}

function isAllowed(code: string, types: readonly TypeRef[] | undefined, { isA }: Constraining): boolean {
  return types === undefined || types.length === 0 || types.some(base => base.code === code || isA(code, base.code))
}
