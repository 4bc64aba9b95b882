/** The cases of `search/`, named by the sections of https://hl7.org/fhir/R4/search.html, through the whole server: on both stores, and with searches in memory. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Store } from '../../src/store/port.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { openKiln } from '../http/kiln.ts'
import { onBothServers } from './both-servers.ts'
import { type Case, judge, type Section, written } from './search-case.ts'
import { answerInMemory } from './search-memory.ts'
import { send } from './wire.ts'

const folder = join(import.meta.dirname, 'search')
const sections = readdirSync(folder)
  .sort()
  .map(name => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Section)
const tenants = sections.map((_, index) => `s${index}`)

t.test('every case has a name of its own', async t => {
  for (const { section, cases } of sections) t.equal(new Set(cases.map(({ name }) => name)).size, cases.length, section)
})

await onBothServers(t, run)
await t.test('in memory', async t => {
  const path = mkdtempSync(join(tmpdir(), 'kiln-search-'))
  const observe = () => {}
  const store = await openSqlite({ path, synchronous: 'NORMAL', clock: Date.now, random: randomBytes, observe })
  t.teardown(async () => {
    await store.close()
    rmSync(path, { recursive: true, force: true })
  })
  await run(t, {}, answerInMemory(store))
})

async function run(t: Test, environment: Readonly<Record<string, string>>, over?: Store): Promise<void> {
  const kiln = await openKiln(t, { ...environment, KILN_TENANTS: tenants.join(',') }, over)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  for (const [index, section] of sections.entries()) {
    const base = `${kiln.origin}/t/s${index}/fhir`
    await t.test(section.section, async t => {
      await prepare(agent, base, section)
      for (const one of section.cases) {
        const wrong = await judge(agent, base, one).catch(error => [String(error)])
        if (one.open !== undefined) report(t, one, one.open, wrong)
        else if (wrong.length === 0) t.pass(one.name)
        else t.fail(one.name, { request: one.request, wrong })
      }
    })
  }
  t.same(
    kiln.events.filter(({ event }) => event === 'http.failed'),
    [],
    'no request failed by a bug',
  )
}

/** What is known to be missing is counted, not hidden; when it works, its mark has to go. */
function report(t: Test, { name }: Case, open: string, wrong: readonly string[]): void {
  if (wrong.length > 0) t.fail(name, { todo: open })
  else t.fail(`${name}: works by now, so it is not open any more`)
}

async function prepare(agent: Agent, base: string, { resources, apart, changes = [] }: Section): Promise<void> {
  const puts = resources.map(resource => ({ method: 'PUT', url: `${resource.resourceType}/${resource.id}`, resource }))
  if (apart) {
    for (const { url, resource } of puts) await must(agent, base, { method: 'PUT', target: `/${url}`, body: resource })
  } else {
    const entry = puts.map(({ resource, ...request }) => ({ resource, request }))
    await must(agent, base, {
      method: 'POST',
      target: '',
      body: { resourceType: 'Bundle', type: 'transaction', entry },
    })
  }
  for (const change of changes) await must(agent, base, change)
}

/** The next change has another lastUpdated. */
async function must(agent: Agent, base: string, request: Parameters<typeof send>[2]): Promise<void> {
  const { body } = request
  const text = body === undefined ? {} : { text: written(JSON.stringify(body)) }
  const headers = { 'Content-Type': 'application/fhir+json' }
  const { method, target } = request
  const answer = await send(agent, base, { method, target, headers, ...text }, new Map([['base', base]]))
  if (answer.status >= 300) throw new Error(`${method} ${target}: ${answer.status} ${answer.text.slice(0, 3_000)}`)
  await setTimeout(2)
}
