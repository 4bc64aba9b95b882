/** Where a page of a search begins, as its link carries it. https://hl7.org/fhir/R4/http.html#paging */
import type { Place } from '../../search/node.ts'
import type { Query } from '../../search/query.ts'
import { seal, unseal } from '../cursor.ts'
import type { Context, FhirRequest } from '../interaction.ts'
import type { Included } from './include.ts'
import type { Page, Walk } from './page.ts'

export type Start = Pick<Walk, 'until' | 'after'> & {
  /** Matches on earlier pages. */
  readonly before: number
  readonly total: number | undefined
  /** The matches of this page were shown already, and of what belongs to them all up to this name. */
  readonly included: string | undefined
}

/** Links are good for one search of one principal alone: this is everything that tells it from others. */
export function walkOf(
  { tenant, principal }: Pick<FhirRequest, 'tenant' | 'principal'>,
  path: string,
  { understood }: Query,
): string {
  return `search ${tenant} ${principal?.id ?? ''} ${path}?${understood}`
}

const first: Start = { until: undefined, before: 0, total: undefined, after: undefined, included: undefined }

/** A promise only where there is a cursor. */
export function startOf({ store }: Context, { page }: Query, walk: () => string): Start | Promise<Start> {
  return page === undefined ? first : store.secret('cursor').then(secret => open(secret, walk(), page))
}

/** What the `next` link carries; `undefined`: this was the last page. */
export async function nextOf(
  { store }: Context,
  walk: () => string,
  start: Start,
  { most }: Query,
  { hits, end, until }: Page,
  { last }: Included,
): Promise<string | undefined> {
  const before = start.before + hits.length
  if (last === undefined && (end === undefined || (most !== undefined && before >= most))) return undefined
  const here = { ...start, until }
  const next = last === undefined ? { ...here, before, after: end, included: undefined } : { ...here, included: last }
  return sealed(await store.secret('cursor'), walk(), next)
}

type Next = Start & { readonly until: number }

type Sealed = readonly [
  until: number,
  before: number,
  total: number | null,
  after: Place | null,
  included: string | null,
]

function sealed(secret: Uint8Array, walk: string, { until, before, total, after, included }: Next): string {
  return seal<Sealed>(secret, walk, [until, before, total ?? null, after ?? null, included ?? null])
}

function open(secret: Uint8Array, walk: string, cursor: string): Start {
  const [until, before, total, after, included] = unseal<Sealed>(secret, walk, cursor)
  const optional = { total: total ?? undefined, after: after ?? undefined, included: included ?? undefined }
  return { until, before, ...optional }
}
