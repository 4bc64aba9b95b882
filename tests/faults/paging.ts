/**
 * Proves that a walk through the pages of a search meets every resource that was there when it began exactly once and in
 * order, while others change them, so that they would stand elsewhere or match no more, create further ones, and delete some:
 * over real connections to two processes on the same store, which serve the pages in turn.
 *
 * Negative control: a server that reads each page from the present state misses some or shows them twice; the same comparison
 * must notice.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import type { Breaking } from './broken-store.ts'
import { type Client, each } from './client.ts'
import { kinds } from './places.ts'
import { openRandom, type Random } from './random.ts'
import { inThisProcess, inTwoProcesses, type Two } from './two.ts'

export type PagingSizes = { readonly SQLite: number; readonly MongoDB: number }

const writers = 4
const pageSize = 100
const writesPerPage = 50 // at least, between one page and the next
const orders = ['', '&_sort=family', '&_sort=-birthdate,-_id'] as const

export async function pagingTests(t: Test, rows: PagingSizes): Promise<void> {
  const random = openRandom(t)
  for (const { name, fresh } of await kinds()) {
    for (const order of orders) {
      await t.test(`on ${name}, pages of '${order}' meet ${rows[name]} rows once each, in order`, async t => {
        const two = await inTwoProcesses(t, fresh(t))
        const { wrong, figures } = await walk(two, order, rows[name], random)
        t.same(wrong.slice(0, 5), [])
        t.comment(figures)
      })
    }
    await t.test(`on ${name}, a server that shows the present on each page is caught`, async t => {
      const two = await inThisProcess(t, fresh(t), showsThePresent)
      const { wrong } = await walk(two, '&_sort=family', 1_000, random)
      t.match(wrong.join('\n'), /missed|twice|not there/)
    })
  }
}

const showsThePresent: Breaking = store => ({
  ...store,
  search: ({ until: _, ...query }) => store.search(query),
  history: async () => ({ versions: [], more: false }),
})

type Outcome = { readonly wrong: readonly string[]; readonly figures: string }

/** What went wrong, one sentence each. */
async function walk(two: Two, order: string, rows: number, random: Random): Promise<Outcome> {
  const start = seeded(rows)
  await store(two[0], start)
  const expected = await namesOf(two, order, start.length)
  // What is there when the first page is cut is what the walk shows.
  const { names: seen, link } = await read(two[0], `Patient?active=true&_count=${pageSize}${order}`)
  const writing = openWriters(two, start, random)
  const times: number[] = []
  for (let page = 1, next = link; next !== undefined; page++) {
    const began = performance.now()
    const shown = await read(two[page % 2] as Client, next)
    times.push(performance.now() - began)
    seen.push(...shown.names)
    next = shown.link
    await writing.reached(page * writesPerPage)
  }
  const writes = await writing.stop()
  const half = times.length / 2
  const figures = [
    `${times.length} pages; ms of the first half: ${spread(times.slice(0, half))}, of the second: ${spread(times.slice(half))}`,
    `${writes} writes meanwhile`,
  ].join('; ')
  return { wrong: compare(expected, seen, writing.deleted), figures }
}

function spread(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  return [0.5, 0.9, 1].map(share => sorted[Math.floor(share * (sorted.length - 1))]?.toFixed(0)).join(' / ')
}

type Row = { readonly id: string; readonly family: string; readonly birthDate: string }

/** Every tenth may be deleted. */
const isMortal = (id: string): boolean => id.endsWith('0')

function seeded(rows: number): readonly Row[] {
  return Array.from({ length: rows }, (_, at) => ({
    id: `r${at}`,
    family: `F${String((at * 7919) % 10_007).padStart(5, '0')}`,
    birthDate: new Date(Date.UTC(1950, 0, 1 + ((at * 31) % 5_000))).toISOString().slice(0, 10),
  }))
}

function bodyOf({ id, family, birthDate }: Row, active: boolean): object {
  return { resourceType: 'Patient', id, active, birthDate, name: [{ family }] }
}

async function store(client: Client, rows: readonly Row[]): Promise<void> {
  for (let from = 0; from < rows.length; from += 250) {
    const entry = rows.slice(from, from + 250).map(row => ({
      resource: bodyOf(row, true),
      request: { method: 'PUT', url: `Patient/${row.id}` },
    }))
    const body = JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry })
    const { status, text } = await client.ask({ method: 'POST', path: '', body })
    if (status !== 200) throw new Error(text)
  }
}

/** All that match while nobody writes, in order. */
async function namesOf(two: Two, order: string, rows: number): Promise<readonly string[]> {
  const names: string[] = []
  for (let next: string | undefined = `Patient?active=true&_count=1000${order}`; next !== undefined; ) {
    const page = await read(two[0], next)
    names.push(...page.names)
    next = page.link
  }
  if (new Set(names).size !== rows) throw new Error(`${names.length} of ${rows} are there`)
  return names
}

type Shown = { readonly names: string[]; readonly link: string | undefined }
type Bundle = {
  readonly entry?: readonly { readonly resource: { readonly id: string }; readonly search: { readonly mode: string } }[]
  readonly link: readonly { readonly relation: string; readonly url: string }[]
}

async function read(client: Client, path: string): Promise<Shown> {
  const { status, text } = await client.ask({ method: 'GET', path })
  if (status !== 200) throw new Error(`${status} ${text}`)
  const { entry = [], link } = JSON.parse(text) as Bundle
  const loose = entry.find(({ search }) => search.mode !== 'match')
  if (loose) throw new Error(`the page says: ${JSON.stringify(loose.resource)}`)
  const next = link.find(({ relation }) => relation === 'next')?.url.replace(/^.*\/fhir\//, '')
  return { names: entry.map(({ resource }) => resource.id), link: next }
}

type Writers = {
  readonly deleted: ReadonlySet<string>
  reached(writes: number): Promise<void>
  /** How many writes there were. */
  stop(): Promise<number>
}

function openWriters(two: Two, rows: readonly Row[], random: Random): Writers {
  const deleted = new Set<string>()
  let writes = 0
  let stopped = false
  const write = async (client: Client): Promise<void> => {
    const row = random.pick(rows)
    const kind = random.next()
    writes++
    if (kind < 0.2) {
      const fresh = { ...row, id: `n${writes}` }
      await put(client, fresh, true)
    } else if (kind < 0.4 && isMortal(row.id)) {
      deleted.add(row.id)
      const { status } = await client.ask({ method: 'DELETE', path: `Patient/${row.id}` })
      if (status !== 204) throw new Error(`DELETE: ${status}`)
    } else if (!isMortal(row.id)) {
      const moved = { ...row, family: `F${random.below(10_007)}`, birthDate: `19${50 + random.below(14)}-01-01` }
      await put(client, moved, random.next() < 0.7)
    }
  }
  const running = each(
    Array.from({ length: writers }, (_, at) => two[at % 2] as Client),
    async client => {
      while (!stopped) await write(client)
    },
    writers,
  )
  return {
    deleted,
    async reached(wanted) {
      while (writes < wanted) await sleep(1)
    },
    async stop() {
      stopped = true
      await running
      return writes
    },
  }
}

async function put(client: Client, row: Row, active: boolean): Promise<void> {
  const body = JSON.stringify(bodyOf(row, active))
  const { status, text } = await client.ask({ method: 'PUT', path: `Patient/${row.id}`, body })
  if (status > 201) throw new Error(`PUT: ${status} ${text}`)
}

function compare(expected: readonly string[], seen: readonly string[], deleted: ReadonlySet<string>): string[] {
  const places = new Map(expected.map((id, at) => [id, at]))
  const wrong: string[] = []
  const met = new Set<string>()
  let last = -1
  for (const id of seen) {
    const place = places.get(id)
    if (place === undefined) wrong.push(`${id} was not there`)
    else if (met.has(id)) wrong.push(`${id} was met twice`)
    else if (place < last) wrong.push(`${id} is out of order`)
    met.add(id)
    last = Math.max(last, place ?? last)
  }
  return [...wrong, ...expected.filter(id => !met.has(id) && !deleted.has(id)).map(id => `${id} was missed`)]
}
