/** A resource, and each that it contains → what they are found by. https://hl7.org/fhir/R4/search.html#contained */
import { fail } from '../fhir/issue.ts'
import { printJson } from '../fhir/json.ts'
import { isResource, type Resource } from '../fhir/resource.ts'
import { type Contained, carriedTypes, containedId, containedType, idSlot, inSlot, sortSlot } from './contained.ts'
import { entriesOf } from './entries.ts'
import type { Entries } from './entry.ts'
import type { Index, IndexValues } from './index-values.ts'
import { withSecurityContext } from './security-context.ts'
import { listOf, objectOf, textOf } from './values/member.ts'
import { nameless } from './values/reference.ts'
import type { SimpleValue } from './values/simple.ts'
import type { Value } from './values/value.ts'

export type Indexed = { readonly entries: Entries; readonly contained: readonly Contained[] }

const most = 1_000 // resources in one; each is written with every version of it

const none: readonly Contained[] = []

/** `id`: of the resource, which need not have it yet. */
export function indexed(values: Index, resource: Resource, id: string, base: string): Indexed {
  const carried = carriedBy(resource)
  if (carried !== undefined) return carrying(carried, values, resource, id, base)
  const inner = innerOf(resource)
  if (inner.size === 0) {
    return { entries: withSecurityContext(entriesOf(values(resource, base)), resource, base), contained: none }
  }
  if (inner.size > most) throw tooMany(resource.resourceType, inner.size)
  const container = { type: resource.resourceType, id }
  const name = `${container.type}/${id}`
  // References among them are told by what is beside them, and `#` is the container.
  const beside = [...inner.values(), { resourceType: container.type, id: '' }]
  const known = { inner, container }
  const contained = [...inner].map(([local, it]): Contained => {
    const { terms, ranges } = entriesOf(resolved(values({ ...it, contained: beside }, base), known))
    const own = [inSlot, idSlot].map((slot, at) => ({ slot, text: at === 0 ? name : local, element: 0 }))
    return {
      type: it.resourceType,
      id: local,
      json: printJson(it),
      entries: { terms: [...terms, ...own], ranges },
    }
  })
  const own = entriesOf(resolved(values(resource, base), known))
  return { entries: withSorts(own, contained), contained }
}

/**
 * The first resource of a document or a message: "this parameter provides access to search its contents". It is not contained, so
 * only chains lead to its row, and not `_contained`. https://hl7.org/fhir/R4/bundle.html#search
 */
function carriedBy({ resourceType, entry }: Resource): Resource | undefined {
  if (resourceType !== 'Bundle') return undefined
  const { resource } = objectOf(listOf(entry)[0])
  return isResource(resource) && carriedTypes.has(resource.resourceType) ? resource : undefined
}

function carrying(carried: Resource, values: Index, resource: Resource, id: string, base: string): Indexed {
  const container = { type: resource.resourceType, id }
  const local = textOf(carried['id']) ?? nameless
  const found = resolved(values(resource, base), { inner: new Map([[local, carried]]), container })
  const row = {
    ...{ type: carried.resourceType, id: local, json: printJson(carried) },
    entries: entriesOf(values(carried, base)),
  }
  return { entries: entriesOf(found), contained: [row] }
}

/** By id; what has none cannot be referred to, and of two with the same one only the first can be. */
function innerOf(resource: Resource): ReadonlyMap<string, Resource> {
  const inner = new Map<string, Resource>()
  if (resource['contained'] === undefined) return inner
  for (const it of listOf(resource['contained'])) {
    const id = isResource(it) ? textOf(it['id']) : undefined
    if (isResource(it) && id !== undefined && !inner.has(id)) inner.set(id, it)
  }
  return inner
}

function tooMany(type: string, count: number): Error {
  const text = `the resource contains ${count} resources: expected at most ${most}, as each is indexed with it`
  return fail('too-costly', text, `${type}.contained`, { status: 422 })
}

type Known = {
  readonly inner: ReadonlyMap<string, Resource>
  readonly container: { readonly type: string; readonly id: string }
}

/** References to contained resources lead to their rows. */
function resolved(values: IndexValues, known: Known): IndexValues {
  return new Map([...values].map(([code, of]) => [code, of.map(value => leading(value, known))]))
}

function leading(value: Value, known: Known): Value {
  if (value.type !== 'composite') return leadingTo(value, known)
  return { ...value, parts: value.parts.map(part => part.map(it => leadingTo(it, known))) }
}

function leadingTo(value: SimpleValue, { inner, container }: Known): SimpleValue {
  if (value.type !== 'reference' || value.by !== 'contained') return value
  if (value.id === '') return { type: 'reference', by: 'id', target: container.type, id: container.id }
  const target = inner.get(value.id)?.resourceType
  if (target === undefined) return value
  return { type: 'reference', by: 'id', target: containedType(target), id: containedId(container, value.id) }
}

/** Slots that results are sorted by, without those that are only asked: `code`, but not `code|` or `code$0`. */
const sortable = /^[\w-]+$/

function withSorts({ terms, ranges }: Entries, contained: readonly Contained[]): Entries {
  const of = <E extends { readonly slot: string }>(type: string, entries: readonly E[]): readonly E[] =>
    entries
      .filter(({ slot }) => sortable.test(slot) && slot !== idSlot)
      .map(it => ({ ...it, slot: sortSlot(type, it.slot) }))
  const moreTerms = contained.flatMap(({ type, entries }) => of(type, entries.terms))
  const moreRanges = contained.flatMap(({ type, entries }) => of(type, entries.ranges))
  return { terms: unique(terms, moreTerms), ranges: unique(ranges, moreRanges) }
}

/** Two contained resources may say the same. */
function unique<E extends object>(own: readonly E[], more: readonly E[]): readonly E[] {
  return [...own, ...new Map(more.map(it => [JSON.stringify(Object.values(it)), it])).values()]
}
