/** Where a discriminator's path leads: in the definition of a slice, and in the data. https://hl7.org/fhir/R4/profiling.html#discriminator */
import { isObject, type Json, type JsonObject } from '../../fhir/resource.ts'
import { resolve } from './inside.ts'
import type { Part } from './part.ts'
import type { Step } from './path.ts'
import { typeOf } from './reference.ts'
import type { Item, Run } from './run.ts'
import { childOf, isPrimitiveType, type Library, type Scope, typeName, typesOf } from './scope.ts'
import { itemOf, itemsOf, slotsOf } from './slot.ts'
import { demandOf } from './value.ts'

export type Way = {
  readonly select: (items: readonly Item[], run: Run) => readonly Item[]
  /** The element definition at the end of the path, unless only what stands above it is known. */
  readonly part: Part | undefined
  /** What the definitions passed on the way say the value has to be: a pattern of a CodeableConcept says it of its codes. */
  readonly given: readonly Json[]
  /** Types that the end of the path may have. */
  readonly types: readonly string[]
  readonly profiles: readonly string[]
}

/**
 * `undefined`: the definition knows no such element. Elements on the way may be sliced themselves; `bySlice` takes the way
 * through the slice that has to be there: R4's blood pressure tells its components by a slice of `code.coding`.
 */
export function wayTo(
  steps: readonly Step[],
  slice: Part,
  { library }: Scope,
  go: 'straight' | 'bySlice',
): Way | undefined {
  const start: Way = {
    select: items => items,
    part: slice,
    given: [],
    types: typesOf(slice),
    profiles: profilesOf(slice),
  }
  return steps.reduce<Way | undefined>((way, step) => {
    const next = way && further(way, step, library)
    const required = go === 'bySlice' ? requiredSlice(next?.part) : undefined
    return next && required ? { ...next, part: required } : next
  }, start)
}

export function requiredSlice(part: Part | undefined): Part | undefined {
  return part?.slices.find(({ definition }) => (definition.min ?? 0) > 0)
}

function further(way: Way, step: Step, library: Library): Way | undefined {
  switch (step.op) {
    case 'child':
      return toChild(way, step.name, library)
    case 'extension':
      return toExtension(way, step.url, library)
    case 'ofType':
      return ofType(way, step.type)
    case 'resolve':
      return toTarget(way, library)
  }
}

function toChild(way: Way, name: string, library: Library): Way | undefined {
  const { part, types } = way
  const child = part && (childOf(part, name, library, types) ?? childOf(part, `${name}[x]`, library, types))
  if (child === undefined) return undefined
  const slots = slotsOf(child, typesOf(child))
  const above = [...way.given, ...requiredOf(part)]
  return {
    select: (items, run) => {
      const owners = way.select(items, run)
      const [only, another] = owners
      return only !== undefined && another === undefined
        ? itemsOf(objectOf(only), slots)
        : owners.flatMap(owner => itemsOf(objectOf(owner), slots))
    },
    part: child,
    given: above.flatMap(value =>
      membersOf(
        value,
        slots.each.map(slot => slot.name),
      ),
    ),
    types: typesOf(child),
    profiles: profilesOf(child),
  }
}

function profilesOf({ definition }: Part): readonly string[] {
  return definition.type?.flatMap(({ profile = [] }) => profile) ?? []
}

/** What fixed[x] or pattern[x] demand. */
export function requiredOf(part: Part | undefined): readonly Json[] {
  const value = part && (demandOf(part.definition, 'fixed') ?? demandOf(part.definition, 'pattern'))
  return value === undefined ? [] : [value]
}

function membersOf(value: Json, names: readonly string[]): readonly Json[] {
  if (!isObject(value)) return []
  return names.flatMap(name => value[name] ?? [])
}

function objectOf({ value, twin }: Item): JsonObject {
  return isObject(value) ? value : (twin ?? {})
}

function toExtension(way: Way, url: string, library: Library): Way | undefined {
  const extensions = toChild(way, 'extension', library)
  if (extensions === undefined) return undefined
  const named = extensions.part?.slices.find(({ definition }) =>
    definition.type?.some(({ profile }) => profile?.some(canonical => canonical.split('|', 1)[0] === url)),
  )
  return {
    ...extensions,
    select: (items, run) =>
      extensions.select(items, run).filter(({ value }) => isObject(value) && value['url'] === url),
    part: named ?? library.tree(url)?.root ?? extensions.part,
  }
}

function ofType(way: Way, type: string): Way {
  const sliced = way.part?.slices.find(slice => typesOf(slice).join() === type)
  return {
    ...way,
    select: (items, run) => way.select(items, run).filter(item => item.type === type),
    part: sliced ?? way.part,
    types: [type],
  }
}

/** A target that cannot be had is still known by the type that its reference tells. */
function toTarget(way: Way, library: Library): Way {
  const { targetProfile = [] } = way.part?.definition.type?.find(ref => typeName(ref) === 'Reference') ?? {}
  const [target, another] = targetProfile
  return {
    select: (items, run) => way.select(items, run).flatMap(({ value }) => targetOf(value, run)),
    part: target === undefined || another !== undefined ? undefined : library.tree(target)?.root,
    given: [],
    types: targetProfile.flatMap(canonical => library.find(canonical)?.type ?? []),
    profiles: targetProfile,
  }
}

function targetOf(value: Json | undefined, run: Run): readonly Item[] {
  if (!isObject(value)) return []
  const { reference } = value
  const target = typeof reference === 'string' ? resolve(reference, run) : undefined
  const type = target?.resourceType ?? typeOf(value, run)
  return type === undefined ? [] : [itemOf(target, undefined, type)]
}

export function isPresent({ value, twin, type }: Item): boolean {
  return value !== undefined || (isPrimitiveType(type) && twin !== undefined)
}
