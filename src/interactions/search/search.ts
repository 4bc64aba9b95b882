/** Search, of a type, of the whole system, in a compartment. https://hl7.org/fhir/R4/http.html#search */
import { bundleText, type Link } from '../../fhir/bundle.ts'
import { fail } from '../../fhir/issue.ts'
import type { Query } from '../../search/query.ts'
import type { Soon } from '../../search/soon.ts'
import type { Version } from '../../store/port.ts'
import { displaying } from '../display.ts'
import type { Answer, Context, FhirRequest, Interaction } from '../interaction.ts'
import type { Target } from '../target.ts'
import { explanation, warnings } from './advice.ts'
import { type Asked, understand } from './asked.ts'
import { parametersOf } from './form.ts'
import { type Included, include, nothing } from './include.ts'
import { type Page, readPage } from './page.ts'
import { entry, outcome } from './searchset.ts'
import { nextOf, previousOf, type Start, startOf, walkOf } from './start.ts'
import { total } from './total.ts'

// Searches are audited as executions: https://hl7.org/fhir/R4/valueset-audit-event-action.html
const common = { scope: 's', audit: 'E', cost: 50, handle: search } as const
const byUrl = { ...common, method: 'GET', verb: '' } as const
const byForm = { ...common, method: 'POST', verb: '_search' } as const

export const searches: readonly Interaction[] = [
  { ...byUrl, code: 'search-type', at: 'type' },
  { ...byForm, code: 'search-type', at: 'type' },
  { ...byUrl, code: 'search-type', at: 'compartment' },
  { ...byForm, code: 'search-type', at: 'compartment' },
  { ...byUrl, code: 'search-system', at: 'system' },
  { ...byForm, code: 'search-system', at: 'system' },
]

/** It tells what lies in the store, rows that may not be seen included. */
const unexplained = fail(
  'forbidden',
  '_explain is for those who may do everything: expected a token of an administrator',
)

async function search(ctx: Context, request: FhirRequest): Promise<Answer> {
  const parameters = parametersOf(request)
  const asked = await understand(ctx, request, parameters)
  const { query } = asked
  const path = pathOf(request.target)
  const linkTo = linker(`${request.base}/${path}`.replace(/\/$/, ''), query, parameters)
  if (query.explain && !ctx.access.unlimited) throw unexplained
  const explained = query.explain ? await explanation(ctx, request, asked) : []
  if (query.countOnly) {
    const all = { ...asked.plan, words: query.words }
    const head = { total: await total(ctx, request, all), link: linkTo({}) }
    return answer(head, outcome([...asked.issues, ...explained]))
  }

  const walk = () => walkOf(request, path, query)
  const starting = startOf(ctx, query, walk)
  const start = starting instanceof Promise ? await starting : starting
  const { page, included } = await read(ctx, request, asked, start)
  const counting = start.until === undefined ? totalOf(ctx, request, asked, page) : start.total
  const counted = counting instanceof Promise ? await counting : counting
  const from = { ...start, total: counted }
  const sealing = nextOf(ctx, walk, from, query, page, included)
  const next = sealing && (await sealing)
  const returning = previousOf(ctx, walk, from)
  const previous = returning && (await returning)
  const issues = [...asked.issues, ...warnings(ctx, asked, page), ...explained]
  const shown = query.display ? await displaying(ctx, request) : asStored
  const texts = [...textsOf(ctx, request, query, start, page, included, shown), ...outcome(issues)]
  return answer({ total: counted, link: linkTo({ previous, next }) }, texts)
}

function asStored(version: Version): Version {
  return version
}

type Head = { readonly total: number | undefined; readonly link: readonly Link[] }

function answer(head: Head, entries: readonly string[]): Answer {
  return { status: 200, body: { is: 'json', json: bundleText({ type: 'searchset', ...head }, entries) } }
}

/** `Patient`, `Patient/1/Observation`, or nothing. */
function pathOf({ type, id, of }: Target): string {
  return [type, id, of].filter(part => part !== '').join('/')
}

type Part = { readonly page: Page; readonly included: Included }

async function read(ctx: Context, request: FhirRequest, asked: Asked, start: Start): Promise<Part> {
  const { plan, query } = asked
  const limit = Math.min(query.count, (query.most ?? Number.POSITIVE_INFINITY) - start.before)
  const page = await readPage(ctx, request, { ...plan, ...start, words: query.words }, limit)
  const matches = page.hits.map(({ version }) => version)
  const included =
    query.includes.length === 0 ? nothing : await include(ctx, request, query.includes, matches, start.included)
  // What is included goes on with the next page, which will look for the same matches in the state that it is told.
  const relied = included.last !== undefined && page.end === undefined && start.until === undefined
  return relied ? read(ctx, request, asked, { ...start, until: page.until }) : { page, included }
}

/** Free where the first page holds everything. */
function totalOf(
  ctx: Context,
  request: FhirRequest,
  { plan, query }: Asked,
  { hits, end }: Page,
): undefined | Soon<number> {
  if (end === undefined) return hits.length
  return query.total === 'none' ? undefined : total(ctx, request, { ...plan, words: query.words })
}

function textsOf(
  { shapes }: Context,
  { base }: FhirRequest,
  { subset }: Query,
  start: Start,
  { hits }: Page,
  { versions }: Included,
  shown: (version: Version) => Version,
): readonly string[] {
  const matches = start.included === undefined ? hits : []
  // "The list of elements does not apply to included resources": https://hl7.org/fhir/R4/search.html#elements
  const ofIncluded = subset?.by === 'elements' ? undefined : subset
  return [
    ...matches.map(({ version }) => entry(shown(version), 'match', base, subset, shapes)),
    ...versions.map(version => entry(shown(version), 'include', base, ofIncluded, shapes)),
  ]
}

/** Of a search by form, too, pages are read with GET. Whoever asked for a format by parameter gets all pages in it. */
function linker(base: string, { understood, page }: Query, parameters: URLSearchParams) {
  const form = [...parameters].filter(([name, value]) => (name === '_format' || name === '_pretty') && value !== '')
  const common = [understood.toString(), form.length === 0 ? '' : new URLSearchParams(form).toString()]
  const plain = common.filter(part => part !== '').join('&')
  const at = (cursor: string | undefined): string => {
    if (cursor === undefined) return plain === '' ? base : `${base}?${plain}`
    return `${base}?${plain}${plain === '' ? '' : '&'}_page=${cursor}`
  }
  return (others: { readonly previous?: string | undefined; readonly next?: string | undefined }): readonly Link[] => [
    { relation: 'self', url: at(page) },
    { relation: 'first', url: at(undefined) },
    ...(['previous', 'next'] as const).flatMap(relation => {
      const cursor = others[relation]
      return cursor === undefined ? [] : [{ relation, url: at(cursor) }]
    }),
  ]
}
