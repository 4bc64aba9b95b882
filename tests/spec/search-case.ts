/** Searches written as data, and what their answers must be. */
import type { Agent } from 'node:http'
import { type Answer, differences, type Expected, type Request, send, type Variables } from './wire.ts'

export type Resource = { readonly resourceType: string; readonly id: string }

/**
 * `{text*1000}` in any text stands for that text so many times, `"{=5.40}"` for a number with these digits: formatters would cut
 * the last.
 */
export type Section = {
  readonly section: string
  readonly url: string
  /** Stored before the cases, in this order. */
  readonly resources: readonly Resource[]
  /** Each resource has another lastUpdated. */
  readonly apart?: true
  /** What happens to the resources then. */
  readonly changes?: readonly Request[]
  readonly cases: readonly Case[]
}

export type Case = {
  readonly name: string
  /** Why Kiln does not do this yet: the case must fail. */
  readonly open?: string
  /** What comes before; `next` saves the cursor of its next link as `{page}`. */
  readonly given?: readonly (Request & { readonly next?: true })[]
  /** GET, unless something else is said. */
  readonly method?: string
  /** What follows the base, without slash. Blanks and what else a URL cannot have is percent-encoded; what is already, stays. */
  readonly request: string
  readonly headers?: Readonly<Record<string, string>>
  /** Of a POST. */
  readonly text?: string
  /** 200, unless something else is said. Several: any of these. */
  readonly status?: number | readonly number[]
  /** Each occurs in a diagnostics of the OperationOutcome. */
  readonly diagnostics?: readonly string[]
  /** The whole answer has fewer characters. */
  readonly shorter?: number
  /** The matches: `id`, or `Type/id` where the type is not the one that is searched. */
  readonly ids?: readonly string[]
  /** They come in the order of `ids`, or of `pages`. */
  readonly ordered?: true
  /** Among the matches; others may be there. */
  readonly has?: readonly string[]
  /** How many matches there are. */
  readonly count?: number
  /** If the answer is a Bundle, it has no matches. */
  readonly none?: true
  /** `Type/id`; none, unless something is said. */
  readonly includes?: readonly string[]
  readonly total?: number
  /** Whether there is a next page. */
  readonly next?: boolean
  /** The matches of each page on the way from next to next; and what each includes. */
  readonly pages?: readonly (readonly string[])[]
  readonly includesOf?: readonly (readonly string[])[]
  /** The matches of all pages together, each once, whatever is on which. */
  readonly walk?: readonly string[]
  /** Each occurs in the diagnostics of an entry with search.mode 'outcome'. */
  readonly outcome?: readonly string[]
  /** What the self link has behind the base, decoded. */
  readonly self?: string
  /** More about the answer. */
  readonly then?: Omit<Expected, 'status'>
}

/** What is wrong, one sentence each; nothing where all is as it should be. */
export async function judge(agent: Agent, base: string, one: Case): Promise<readonly string[]> {
  const variables: Variables = new Map([['base', base]])
  for (const request of one.given ?? []) {
    const answer = await send(agent, base, request, variables)
    if (answer.status >= 300) return [`given: ${request.method} ${request.target} was answered with ${answer.status}`]
    if (request.next) variables.set('page', new URL(linkOf(answer, 'next') ?? base).searchParams.get('_page') ?? '')
  }
  const answer = await send(agent, base, requestOf(one, variables), variables)
  const wrong = [
    ...wrongStatus(answer, one),
    ...wrongDiagnostics(answer, one),
    ...(isBundle(answer) ? await wrongBundle(agent, base, one, answer) : wrongKind(answer, one)),
    ...(one.then === undefined ? [] : differences(answer, { status: answer.status, ...one.then }, variables)),
  ]
  return wrong.length === 0 ? [] : [...wrong, answer.text.slice(0, 1_000)]
}

/** What goes out for a JSON text. */
export function written(json: string): string {
  return repeated(json).replaceAll(/"\{=([^"}]+)\}"/g, '$1')
}

function repeated(text: string): string {
  return text.replaceAll(/\{([^{}]*)\*(\d+)\}/g, (_, piece: string, times: string) => piece.repeat(Number(times)))
}

/** As a browser's address bar would: all that a URL cannot have, but no `%`. */
function encoded(text: string): string {
  return text.replaceAll(/[^!-~]|["<>\\^`{|}[\]]/gu, encodeURIComponent)
}

function requestOf({ method, request, headers, text }: Case, variables: Variables): Request {
  const filled = repeated(request).replaceAll(/\{(\w+)\}/g, (whole, name) => variables.get(name) ?? whole)
  return {
    method: method ?? (text === undefined ? 'GET' : 'POST'),
    target: encoded(/^[?/]/.test(filled) ? filled : `/${filled}`),
    ...(headers && { headers }),
    ...(text !== undefined && { text: repeated(text) }),
  }
}

function wrongStatus({ status }: Answer, { status: expected = 200 }: Case): readonly string[] {
  const right = [expected].flat().includes(status)
  return right ? [] : [`status ${status}, expected ${[expected].flat().join(' or ')}`]
}

function wrongDiagnostics({ status, text, body }: Answer, { diagnostics = [], shorter }: Case): readonly string[] {
  const long = shorter !== undefined && text.length >= shorter ? [`the answer has ${text.length} characters`] : []
  if (status < 400) return long
  const { resourceType, issue = [] } = (body ?? {}) as Outcome
  const said = issue.map(it => it.diagnostics).join('\n')
  return [
    ...long,
    ...(resourceType === 'OperationOutcome' ? [] : ['no OperationOutcome came']),
    ...diagnostics.filter(part => !said.includes(part)).map(part => `the diagnostics do not tell '${part}'`),
  ]
}

type Outcome = { readonly resourceType?: string; readonly issue?: readonly { readonly diagnostics?: string }[] }

type Bundle = {
  readonly resourceType: 'Bundle'
  readonly type: string
  readonly total?: number
  readonly link?: readonly { readonly relation: string; readonly url: string }[]
  readonly entry?: readonly Entry[]
}

type Entry = {
  readonly fullUrl?: string
  readonly resource: Resource & Outcome
  readonly search?: { readonly mode?: string }
}

function isBundle({ body }: Answer): boolean {
  return (body as Bundle | undefined)?.resourceType === 'Bundle'
}

function bundleOf({ body }: Answer): Bundle {
  return body as unknown as Bundle
}

function linkOf({ body }: Pick<Answer, 'body'>, relation: string): string | undefined {
  return (body as Bundle | undefined)?.link?.find(link => link.relation === relation)?.url
}

/** Whatever tells about matches can only hold of a Bundle. */
function wrongKind({ status }: Answer, { ids, has, count, pages, walk, total, self }: Case): readonly string[] {
  if (status >= 400) return []
  return [ids, has, count, pages, walk, total, self].some(it => it !== undefined) ? ['no Bundle came'] : []
}

async function wrongBundle(agent: Agent, base: string, one: Case, answer: Answer): Promise<readonly string[]> {
  const bundle = bundleOf(answer)
  const isWhole = one.pages === undefined && one.walk === undefined
  return [
    ...ill(bundle, base),
    ...wrongMatches(bundle, one),
    ...wrongFrame(answer, base, one),
    ...(isWhole ? wrongIncludes(bundle, one) : await wrongPages(agent, base, one, answer)),
  ]
}

function wrongMatches(bundle: Bundle, { request, ids, ordered, has = [], count, none }: Case): readonly string[] {
  const found = keysOf(bundle, 'match')
  const key = named(request)
  return [
    ...(ids === undefined ? [] : unlike('matches', found, ids.map(key), ordered)),
    ...has.filter(id => !found.includes(key(id))).map(id => `${id} is not among ${found}`),
    ...(count === undefined || found.length === count ? [] : [`${found.length} matches`]),
    ...(none && found.length > 0 ? [`found ${found}, expected nothing`] : []),
  ]
}

function wrongIncludes(bundle: Bundle, { ids, includes = [] }: Case): readonly string[] {
  return ids === undefined ? [] : unlike('includes', keysOf(bundle, 'include'), includes)
}

function wrongFrame(
  answer: Answer,
  base: string,
  { request, total, next, self, outcome = [] }: Case,
): readonly string[] {
  const bundle = bundleOf(answer)
  const outcomes = (bundle.entry ?? []).filter(({ search }) => search?.mode === 'outcome')
  const said = outcomes.flatMap(({ resource }) => resource.issue?.map(it => it.diagnostics) ?? []).join('\n')
  const shown = decodeURIComponent(linkOf(answer, 'self')?.replaceAll('+', ' ') ?? '')
  // "total is set whenever the first page is complete"
  const isAll = linkOf(answer, 'next') === undefined && !request.includes('_maxresults')
  const counted = isAll ? keysOf(bundle, 'match').length : undefined
  const all = total ?? counted
  return [
    ...(all === undefined || bundle.total === all ? [] : [`total ${bundle.total}, expected ${all}`]),
    ...(next === undefined || next === (linkOf(answer, 'next') !== undefined) ? [] : [`next page: ${!next}`]),
    ...(self === undefined || shown === `${base}/${self}` ? [] : [`self is ${shown}`]),
    ...outcome.filter(part => !said.includes(part)).map(part => `no outcome tells '${part}'`),
  ]
}

/** What holds of every answer to a search. */
function ill(bundle: Bundle, base: string): readonly string[] {
  const { type, total, entry = [] } = bundle
  const next = linkOf({ body: bundle }, 'next')
  const count = keysOf(bundle, 'match').length
  return [
    ...(type === 'searchset' ? [] : [`a Bundle of type ${type}`]),
    ...(linkOf({ body: bundle }, 'self') === undefined ? ['no self link'] : []),
    ...(next === undefined || next.startsWith(`${base}/`) || next.startsWith(`${base}?`) ? [] : [`next is ${next}`]),
    ...(entry.every(({ search }) => /^(match|include|outcome)$/.test(search?.mode ?? '')) ? [] : ['no search.mode']),
    ...(entry.every(it => it.search?.mode === 'outcome' || isFull(it, base)) ? [] : ['fullUrl is not absolute']),
    ...(total !== undefined && total < count ? [`total ${total} of ${count} matches`] : []),
  ]
}

function isFull({ fullUrl, resource: { resourceType, id } }: Entry, base: string): boolean {
  return (
    fullUrl === `${base}/${resourceType}/${id}` ||
    (fullUrl?.startsWith(`${base}/`) && fullUrl.endsWith(`#${id}`)) === true
  )
}

async function wrongPages(agent: Agent, base: string, one: Case, first: Answer): Promise<readonly string[]> {
  const key = named(one.request)
  const most = (one.pages?.length ?? 20) + 1 // a walk that does not end is wrong as well
  const pages = [bundleOf(first)]
  for (let url = linkOf(first, 'next'); url !== undefined && pages.length < most; ) {
    const answer = await send(agent, base, { method: 'GET', target: url }, new Map())
    if (!isBundle(answer)) return [`GET ${url}: ${answer.text.slice(0, 500)}`]
    pages.push(bundleOf(answer))
    url = linkOf(answer, 'next')
  }
  const found = pages.map(page => keysOf(page, 'match'))
  const { pages: expected, walk, includesOf } = one
  return [
    ...pages.slice(1).flatMap(page => ill(page, base)),
    ...(walk === undefined ? [] : unlike('walk', found.flat(), walk.map(key))),
    ...(expected === undefined || expected.length === pages.length ? [] : [`${pages.length} pages`]),
    ...(expected ?? []).flatMap((page, at) => unlike(`page ${at + 1}`, found[at] ?? [], page.map(key), one.ordered)),
    ...(includesOf ?? []).flatMap((page, at) =>
      unlike(`includes of page ${at + 1}`, keysOf(pages[at], 'include'), page),
    ),
  ]
}

function keysOf(bundle: Bundle | undefined, mode: string): readonly string[] {
  const entries = (bundle?.entry ?? []).filter(({ search }) => search?.mode === mode)
  return entries.map(({ resource }) => `${resource.resourceType}/${resource.id}`)
}

/** The type that is searched is the last of the path. */
function named(request: string): (id: string) => string {
  const steps = (request.split('?', 1)[0] ?? '').split('/').filter(step => /^[A-Z][A-Za-z]+$/.test(step))
  return id => (id.includes('/') ? id : `${steps.at(-1)}/${id}`)
}

function unlike(
  what: string,
  found: readonly string[],
  expected: readonly string[],
  ordered?: true,
): readonly string[] {
  const [one, other] = ordered ? [found, expected] : [found.toSorted(), expected.toSorted()]
  const right = one.length === other.length && one.every((key, at) => key === other[at])
  return right ? [] : [`${what}: found ${found.join(' ') || 'none'}, expected ${expected.join(' ') || 'none'}`]
}
