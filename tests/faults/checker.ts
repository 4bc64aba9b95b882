/** Holds what a server has against what it told its clients, and names every broken promise. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, each, type Reply } from './client.ts'
import type { Deed, Wanted } from './journal.ts'

export type Violation = {
  readonly kind: /** Acknowledged, and not there. */
    | 'lost'
    /** Some changes of one request are there, others are not. */
    | 'partial'
    /** Refused or never asked for, and there. */
    | 'ghost'
    /** One change happened twice. */
    | 'twice'
    /** Another content, id or version than was acknowledged. */
    | 'altered'
    /** The versions of a resource are not 1, 2, 3 … */
    | 'gap'
    | 'unreadable'
  readonly what: string
}

type Seen = {
  readonly type: string
  readonly id: string
  readonly version: number
  readonly trace: string
  readonly deleted: boolean
}

/**
 * Whatever the deeds left in a store that nobody else wrote to. All of them are looked for in the history; the content of the
 * `fresh` ones is compared byte for byte.
 */
export async function examine(
  client: Client,
  deeds: readonly Deed[],
  fresh: readonly Deed[] = deeds,
): Promise<readonly Violation[]> {
  const violations: Violation[] = []
  const report: Report = (kind, what) => void violations.push({ kind, what })
  const seen = await walk(client, report)
  const traces = Map.groupBy(seen, ({ trace }) => trace)
  const resources = Map.groupBy(seen, nameOf)
  for (const [name, versions] of resources) contiguous(name, versions, report)
  for (const deed of deeds) judge(deed, traces, report)
  const known = byTrace(deeds)
  for (const { trace, ...one } of seen)
    if (!known.has(trace)) report('ghost', `${nameOf(one)}: nobody wanted '${trace}'`)
  const young = byTrace(fresh)
  await each(seen, async one => {
    const want = young.get(one.trace)
    if (want) await exact(client, one, one.version === resources.get(nameOf(one))?.length, want, report)
  })
  return violations
}

function byTrace(deeds: readonly Deed[]): ReadonlyMap<string, Wanted> {
  return new Map(deeds.flatMap(({ wants }) => wants.map(want => [want.trace, want] as const)))
}

const patience = 30_000 // ms; what a process that died left open on MongoDB is ended after a while

/** A server that says that it will answer later is asked again. */
async function patiently(client: Client, path: string): Promise<Reply> {
  for (const until = performance.now() + patience; ; await sleep(250)) {
    const reply = await client.ask({ method: 'GET', path })
    if (reply.status !== 503 || performance.now() > until) return reply
  }
}

type Report = (kind: Violation['kind'], what: string) => void

const nameOf = ({ type, id }: Pick<Seen, 'type' | 'id'>): string => `${type}/${id}`

type Page = {
  readonly link?: readonly { readonly relation: string; readonly url: string }[]
  readonly entry?: readonly {
    readonly fullUrl: string
    readonly resource?: { readonly identifier?: readonly { readonly value: string }[] }
    readonly request: { readonly method: string }
    readonly response: { readonly etag: string }
  }[]
}

/** The whole history of the system, page by page. */
async function walk(client: Client, report: Report): Promise<readonly Seen[]> {
  const seen: Seen[] = []
  for (let path: string | undefined = '_history?_count=1000'; path !== undefined; ) {
    const reply: Reply = await patiently(client, path)
    if (reply.status !== 200) {
      report('unreadable', `GET ${path}: ${reply.status} ${reply.text}`)
      break
    }
    const page = JSON.parse(reply.text) as Page
    for (const { fullUrl, resource, request, response } of page.entry ?? []) {
      const [type = '', id = ''] = fullUrl.split('/').slice(-2)
      const deleted = request.method === 'DELETE'
      const trace = deleted ? `DELETE ${type}/${id}` : (resource?.identifier?.[0]?.value ?? '')
      seen.push({ type, id, version: Number(/\d+/.exec(response.etag)?.[0]), trace, deleted })
    }
    path = page.link?.find(({ relation }) => relation === 'next')?.url.split('/fhir/')[1]
  }
  return seen
}

function contiguous(name: string, versions: readonly Seen[], report: Report): void {
  const numbers = versions.map(({ version }) => version).toSorted((a, b) => a - b)
  if (numbers.some((number, at) => number !== at + 1)) report('gap', `${name} has the versions ${numbers.join(', ')}`)
}

function judge(deed: Deed, traces: ReadonlyMap<string, readonly Seen[]>, report: Report): void {
  const { asked, wants, became, stored } = deed
  const name = `${asked.method} ${asked.path} '${wants[0]?.trace}' (${became})`
  const found = wants.map(({ trace }) => traces.get(trace) ?? [])
  const there = found.filter(versions => versions.length > 0).length
  if (found.some(versions => versions.length > 1)) report('twice', name)
  if (there > 0 && there < wants.length) report('partial', `${name}: ${there} of ${wants.length} changes are there`)
  if (became === 'acknowledged' && there < wants.length)
    report('lost', `${name}: ${wants.length - there} changes are gone`)
  if (became === 'refused' && there > 0) report('ghost', `${name}: ${there} changes are there`)
  for (const [at, told] of stored.entries()) {
    const one = found[at]?.[0]
    if (one && (nameOf(one) !== nameOf(told) || one.version !== (told.version ?? one.version))) {
      report(
        'altered',
        `${name}: told ${nameOf(told)} version ${told.version}, found ${nameOf(one)} version ${one.version}`,
      )
    }
  }
}

/** The current version is read as such, so that the pointer to it is checked too. */
async function exact(client: Client, one: Seen, current: boolean, want: Wanted, report: Report): Promise<void> {
  const { type, id, version, deleted } = one
  const path = current ? `${type}/${id}` : `${type}/${id}/_history/${version}`
  const { status, headers, text } = await patiently(client, path)
  if (deleted) {
    if (status !== 410) report('altered', `GET ${path}: ${status} instead of 410`)
    return
  }
  if (status !== 200 || headers.etag !== `W/"${version}"`) {
    report(
      status === 200 ? 'altered' : 'unreadable',
      `GET ${path}: ${status} ${headers.etag} instead of version ${version}`,
    )
    return
  }
  const start = `{"resourceType":"${type}","id":"${id}","meta":{"versionId":"${version}","lastUpdated":"`
  const rest = text.slice(start.length).replace(/^[^"]+"\},/, '')
  if (!text.startsWith(start) || (want.rest !== undefined && rest !== `${want.rest}}`))
    report('altered', `GET ${path}: ${text}`)
}
