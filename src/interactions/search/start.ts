/** Where a page of a search begins, as its link carries it. https://hl7.org/fhir/R4/http.html#paging */
import type { Place } from '../../search/node.ts'
import type { Query } from '../../search/query.ts'
import { seal, unseal } from '../cursor.ts'
import type { Context, FhirRequest } from '../interaction.ts'
import type { Included } from './include.ts'
import type { Page, Walk } from './page.ts'

export type Start = Pick<Walk, 'until' | 'after' | 'upTo'> & {
  /** Matches on earlier pages. */
  readonly before: number
  readonly total: number | undefined
  /** The matches of this page were shown already, and of what belongs to them all up to this name. */
  readonly included: string | undefined
  /** Where the pages before this one began, the nearest last. */
  readonly past: readonly Mark[]
}

type Mark = readonly [before: number, after: Place | null, included: string | null]

/** Links are good for one search of one principal alone: this is everything that tells it from others. */
export function walkOf(
  { tenant, principal }: Pick<FhirRequest, 'tenant' | 'principal'>,
  path: string,
  { understood }: Query,
): string {
  return `search ${tenant} ${principal?.id ?? ''} ${path}?${understood}`
}

const first: Start = {
  until: undefined,
  before: 0,
  total: undefined,
  after: undefined,
  included: undefined,
  past: [],
}

/** A promise only where there is a cursor. */
export function startOf({ store }: Context, { page }: Query, walk: () => string): Start | Promise<Start> {
  return page === undefined ? first : store.secret('cursor').then(secret => open(secret, walk(), page))
}

/** What the `next` link carries; `undefined`: this was the last page. A promise only where there is one. */
export function nextOf(
  { store }: Context,
  walk: () => string,
  start: Start,
  { most }: Query,
  { hits, end, until }: Page,
  { last }: Included,
): undefined | Promise<string> {
  const before = start.before + hits.length
  if (last === undefined && (end === undefined || (most !== undefined && before >= most))) return undefined
  const here = { ...start, until, upTo: undefined, past: remembered(start) }
  const next = last === undefined ? { ...here, before, after: end, included: undefined } : { ...here, included: last }
  return store.secret('cursor').then(secret => sealed(secret, walk(), next))
}

/** Bytes of a cursor for the way back: links must stay short enough for every proxy between. */
const longestPast = 1_000

function remembered({ past, before, after, included }: Start): readonly Mark[] {
  const marks: Mark[] = [...past, [before, after ?? null, included ?? null]]
  while (JSON.stringify(marks).length > longestPast) marks.shift()
  return marks
}

/** What the `previous` link carries; `undefined`: this is the first page, or the way back to it is too long. */
export function previousOf(
  { store }: Context,
  walk: () => string,
  { until, past, ...start }: Start,
): Promise<string> | undefined {
  const mark = past.at(-1)
  if (mark === undefined || until === undefined) return undefined
  const [before, after, included] = mark
  const upTo = start.included === undefined ? start.after : start.upTo
  const place = { before, total: start.total, after: after ?? undefined, included: included ?? undefined, upTo }
  const previous = { ...place, until, past: past.slice(0, -1) }
  return store.secret('cursor').then(secret => sealed(secret, walk(), previous))
}

type Begun = Start & { readonly until: number }

type Sealed = readonly [
  until: number,
  before: number,
  total: number | null,
  after: Place | null,
  included: string | null,
  upTo: Place | null,
  past: readonly Mark[],
]

function sealed(secret: Uint8Array, walk: string, start: Begun): string {
  const { until, before, total, after, included, upTo, past } = start
  return seal<Sealed>(secret, walk, [until, before, total ?? null, after ?? null, included ?? null, upTo ?? null, past])
}

function open(secret: Uint8Array, walk: string, cursor: string): Start {
  const [until, before, total, after, included, upTo, past] = unseal<Sealed>(secret, walk, cursor)
  const span = { after: after ?? undefined, upTo: upTo ?? undefined }
  return { until, before, total: total ?? undefined, included: included ?? undefined, ...span, past }
}
