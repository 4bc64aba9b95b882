/**
 * References that lead up a hierarchy, such as places that are part of places: `:below` and `:above`. How far it goes is found out
 * before the store is asked, level by level, so that it is followed to its end, however deep; circles end too.
 * https://hl7.org/fhir/R4/search.html#recursive
 */
import { parseReference } from '../../fhir/reference.ts'
import type { Node } from '../node.ts'
import { unescaped } from './escape.ts'
import { idForm, type Modifier, malformed, type Subject } from './kind.ts'

/** By type, the parameter of the reference to what a resource is part of: "when the reference establishes a strict hierarchy". */
export const parents: Readonly<Record<string, string>> = {
  CarePlan: 'part-of',
  DeviceDefinition: 'parent',
  Encounter: 'part-of',
  Location: 'partof',
  MedicationStatement: 'part-of',
  Organization: 'partof',
  Procedure: 'part-of',
  ResearchStudy: 'partof',
  Specimen: 'parent',
  Task: 'part-of',
}

/** A reference to resources of the type that is asked is the hierarchy itself: `CarePlan?based-on:below=…`. */
function parentOf(target: string, { type, slot }: Pick<Subject, 'type' | 'slot'>): string | undefined {
  return target === type ? slot : Object.hasOwn(parents, target) ? parents[target] : undefined
}

export function hasHierarchy(on: Subject): boolean {
  return on.targets.some(target => parentOf(target, on) !== undefined)
}

type Direction = 'above' | 'below'

/** The reference leads to a resource asked, or to one that lies below or above it. */
export function within(direction: Direction): Modifier {
  return async (values, on) => {
    const asked = on.targets.map(target => [target, idsOf(values, target, on)] as const)
    const found = asked.map(async ([target, ids]) => {
      const parent = parentOf(target, on)
      const all = parent === undefined ? ids : await closure(direction, target, parent, ids, on)
      return [...all].map(id => `${target}/${id}`)
    })
    const texts = (await Promise.all(found)).flat()
    return texts.length === 0 ? { is: 'none' } : { is: 'term', slot: on.slot, texts }
  }
}

/** Those of the values that mean a resource of the type. */
function idsOf(values: readonly string[], target: string, on: Subject): ReadonlySet<string> {
  return new Set(
    values.flatMap(text => {
      const { type = target, id } = parse(text, on)
      return type === target ? [id] : []
    }),
  )
}

function parse(text: string, on: Subject): { readonly type?: string; readonly id: string } {
  const asked = unescaped(text)
  if (idForm.test(asked)) return { id: asked }
  const parsed = parseReference(asked, on.base)
  if (parsed.kind === 'local' && parsed.version === undefined && on.targets.includes(parsed.type)) return parsed
  const example = on.targets.find(target => parentOf(target, on) !== undefined)
  throw malformed(on, text, `a resource of the hierarchy, such as ${example}/123`)
}

async function closure(
  direction: Direction,
  type: string,
  slot: string,
  ids: ReadonlySet<string>,
  { stored }: Subject,
): Promise<ReadonlySet<string>> {
  const found = new Set(ids)
  // What lies above a resource that may not be seen is not told.
  const seen = direction === 'below' ? [...ids] : await stored.ids(type, { is: 'id', ids: [...ids] })
  for (let level = seen; level.length > 0; ) {
    const next = await stored.ids(
      type,
      direction === 'below' ? childrenOf(level, type, slot) : parentsOf(level, type, slot),
    )
    level = next.filter(id => !found.has(id))
    for (const id of level) found.add(id)
  }
  return found
}

function childrenOf(ids: readonly string[], type: string, slot: string): Node {
  return { is: 'term', slot, texts: ids.map(id => `${type}/${id}`) }
}

function parentsOf(ids: readonly string[], type: string, slot: string): Node {
  return { is: 'referred', type, slot, where: { is: 'id', ids } }
}
