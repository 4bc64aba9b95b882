/**
 * Conditional references: `Patient?identifier=system|value` is the one resource that fits once the transaction is done, be it
 * there already or written by the transaction. https://hl7.org/fhir/R4/http.html#trules
 *
 * What the transaction patches is judged as it was before; a chain among the criteria sees, for the resources that the
 * transaction writes, only each other.
 */
import { fail } from '../../fhir/issue.ts'
import { containedId, containedType } from '../../search/contained.ts'
import { type Found, fits, worldOf } from '../../search/match.ts'
import type { Key, Version } from '../../store/port.ts'
import { type Criteria, criteriaOf } from '../conditional/criteria.ts'
import { look } from '../conditional/look.ts'
import type { Context, FhirRequest } from '../interaction.ts'
import { nameOf } from './identify.ts'
import { misplaced, type Step } from './step.ts'
import type { Relied } from './terms.ts'

/** An entry that writes. */
export type Written = Step & { readonly key: Key }

export type Resolved = {
  /** As written → `Patient/123` */
  readonly known: ReadonlyMap<string, string>
  /** Where they lead outside the transaction. */
  readonly standing: readonly Version[]
  readonly relied: readonly Relied[]
}

/** `wanted`: the references as written, and where each stands for the first time. */
export async function findReferences(
  ctx: Context,
  request: FhirRequest,
  wanted: ReadonlyMap<string, string>,
  entries: readonly Written[],
): Promise<Resolved> {
  const own = ownResources(ctx, request, entries)
  const written = new Set(entries.filter(({ request }) => request.method !== 'PATCH').map(({ key }) => nameOf(key)))
  const known = new Map<string, string>()
  const standing: Version[] = []
  const relied: Relied[] = []
  await Promise.all(
    [...wanted].map(async ([reference, place]) => {
      const criteria = await criteriaIn(ctx, request, reference).catch(misplaced(place))
      const found = await look(ctx, request.tenant, criteria, 2 + written.size)
      const matches = found.matches.filter(match => !written.has(nameOf(match)))
      const there = matches.map(nameOf)
      standing.push(...matches)
      relied.push({ look: found, isNew: there.length === 0 })
      known.set(reference, theOne(reference, place, [...there, ...own(criteria)]))
    }),
  )
  return { known, standing, relied }
}

async function criteriaIn(ctx: Context, request: FhirRequest, reference: string): Promise<Criteria> {
  const mark = reference.indexOf('?')
  const type = reference.slice(0, mark)
  if (!ctx.shapes.resourceTypes.includes(type)) throw fail('value', `'${type}' is not a resource type of FHIR R4`)
  return criteriaOf(ctx, request, type, new URLSearchParams(reference.slice(mark + 1)))
}

function theOne(reference: string, place: string, matches: readonly string[]): string {
  const [match, second] = matches
  if (match !== undefined && second === undefined) return match
  const found = match === undefined ? 'nothing matches' : 'several resources match'
  throw fail('multiple-matches', `${found} the conditional reference '${reference}': expected exactly one`, place)
}

/** What the transaction puts, by the same questions that the store is asked. */
function ownResources(
  ctx: Context,
  { base }: FhirRequest,
  entries: readonly Written[],
): (criteria: Criteria) => readonly string[] {
  const updated = ctx.clock()
  const own = entries.flatMap(({ request: { method }, resource, key }): readonly Found[] => {
    if ((method !== 'POST' && method !== 'PUT') || !resource) return []
    const { entries, contained } = ctx.index(resource, key.id, base)
    const { type, id } = key
    return [
      { type, id, updated, born: 0, entries },
      ...contained.map(it => ({ ...it, type: containedType(it.type), id: containedId(key, it.id), updated, born: 0 })),
    ]
  })
  const world = worldOf(own)
  return ({ type, where }) =>
    world
      .all(type)
      .filter(it => fits(where, it, world))
      .map(nameOf)
}
