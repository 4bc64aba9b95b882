/** What it costs that a resource can be found: its entries made, and kept by the store. `node bench/search-create.ts [--quick]` */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadDefinitions } from '../src/conformance/definitions.ts'
import { parseJson } from '../src/fhir/json.ts'
import { isResource } from '../src/fhir/resource.ts'
import { draft } from '../src/fhir/stamp.ts'
import { searchNeeds } from '../src/interactions/search/needs.ts'
import type { Entries } from '../src/search/entry.ts'
import type { Store } from '../src/store/port.ts'
import { openSqlite } from '../src/store/sqlite/open.ts'
import { median } from './drive/contest.ts'
import { newcomers } from './drive/work.ts'

const quick = process.argv.includes('--quick')
const [rounds, commits] = quick ? [1, 64] : [9, 4_096]
const writers = 16
const base = 'https://kiln.example.org/fhir'
const { search, index } = searchNeeds(loadDefinitions(), { handling: 'strict', budget: 0 })
const folder = mkdtempSync(join(tmpdir(), 'kiln-bench-'))

const bare = await open('bare')
const full = await open('full')
for (const type of ['Patient', 'Observation'] as const) await indexing(type)
await Promise.all([bare.close(), full.close()])
rmSync(folder, { recursive: true })

async function indexing(type: 'Patient' | 'Observation'): Promise<void> {
  const texts = newcomers(type).flatMap(lane => lane.map(({ body = '' }) => body))
  const resources = texts.map(text => parseJson(text)).filter(isResource)
  const made = resources.map(resource => ({
    draft: draft(resource, ''),
    entries: index(resource, '', base).entries,
  }))
  const of = <T>(list: readonly T[], n: number): T => list[n % list.length]!
  const rates = {
    values: await each(n => search.values(of(resources, n), base)),
    both: await each(n => index(of(resources, n), '', base)),
  }
  const bareCommits: number[] = []
  const fullCommits: number[] = []
  for (let round = quick ? 1 : 0; round <= rounds; round++) {
    const without = await cost(n => commit(bare, of(made, n).draft))
    const within = await cost(n => commit(full, of(made, n).draft, of(made, n).entries))
    if (round === 0) continue // it only warms up
    bareCommits.push(without)
    fullCommits.push(within)
  }
  const [less, more] = [median(bareCommits), median(fullCommits)]
  const times = median(fullCommits.map((µs, round) => µs / bareCommits[round]!)).toFixed(2)
  const { terms, ranges } = of(made, 0).entries
  const parts = `values ${rates.values.toFixed(0)}, entries ${(rates.both - rates.values).toFixed(0)}, store ${(more - less).toFixed(0)}`
  console.log(
    `search-create ${type}, ${terms.length} terms and ${ranges.length} ranges: ${(rates.both + more - less).toFixed(0)} µs of processor time (${parts}); a commit ${times} × one without (${more.toFixed(0)} against ${less.toFixed(0)} µs)`,
  )
}

function open(name: string): Promise<Store> {
  return openSqlite({ clock: Date.now, random: randomBytes, observe: () => {}, path: join(folder, name) })
}

function commit(store: Store, { type, rest }: ReturnType<typeof draft>, entries?: Entries): Promise<unknown> {
  const id = randomBytes(16).toString('hex')
  const key = { tenant: 'default', type, id }
  return store.commit({
    tenant: 'default',
    writes: [{ do: 'put', method: 'POST', key, draft: { type, id, rest }, ...(entries && { entries }) }],
  })
}

/** In the best round: noise of a shared machine only ever adds. */
async function each(call: (n: number) => unknown): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) least = Math.min(least, await cost(async n => call(n)))
  return least
}

/** µs of processor time of all threads per call, 16 at a time. */
async function cost(call: (n: number) => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage()
  let next = 0
  const writer = async () => {
    while (next < commits) await call(next++)
  }
  await Promise.all(Array.from({ length: writers }, writer))
  const { user, system } = process.cpuUsage(start)
  return (user + system) / commits
}
