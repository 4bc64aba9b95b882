/** The cases of `http/`, named by the sections of https://hl7.org/fhir/R4/http.html, through the whole server on both stores. */
import { readdirSync, readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openKiln } from '../http/kiln.ts'
import { onBothServers } from './both-servers.ts'
import { differences, type Expected, type Request, send, type Variables } from './wire.ts'

type Exchange = { readonly when: Request; readonly then: Expected }

type Case = Exchange & {
  readonly name: string
  /** Sets the scene; all of it succeeds. */
  readonly given?: readonly Request[]
  readonly after?: readonly Exchange[]
}

type Section = { readonly section: string; readonly url: string; readonly cases: readonly Case[] }

const folder = join(import.meta.dirname, 'http')
const sections = readdirSync(folder)
  .sort()
  .filter(name => name.endsWith('.json'))
  .map(name => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Section)

t.test('every case has a name of its own', async t => {
  for (const { section, cases } of sections) t.equal(new Set(cases.map(({ name }) => name)).size, cases.length, section)
})

await onBothServers(t, run)

/**
 * Each case has a tenant of its own, so that the cases of a section share a server and still begin with nothing. Sections share
 * the store only: a server looks after all of its tenants all the time, and the more they are, the less time is left for answers.
 */
async function run(t: Test, environment: Readonly<Record<string, string>>): Promise<void> {
  for (const [index, { section, cases }] of sections.entries()) {
    await t.test(section, async t => {
      const tenants = cases.map((_, number) => `c${index}-${number}`)
      const kiln = await openKiln(t, { ...environment, KILN_TENANTS: tenants.join(',') })
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      t.teardown(() => agent.destroy())
      for (const [number, one] of cases.entries()) {
        const wrong = await judge(agent, `${kiln.origin}/t/${tenants[number]}/fhir`, one)
        if (wrong.length === 0) t.pass(one.name)
        else t.fail(one.name, { wrong })
      }
      t.same(
        kiln.events.filter(({ event }) => event === 'http.failed'),
        [],
        'no request failed by a bug',
      )
    })
  }
}

async function judge(agent: Agent, base: string, { given = [], when, then, after = [] }: Case): Promise<string[]> {
  const variables: Variables = new Map([
    ['root', ''],
    ['base', base],
  ])
  for (const request of given) {
    const { status, text } = await send(agent, base, request, variables)
    if (status >= 300) return [`given: ${request.method} ${request.target} was answered with ${status}`, text]
  }
  for (const exchange of [{ when, then }, ...after]) {
    const answer = await send(agent, base, exchange.when, variables)
    const wrong = differences(answer, exchange.then, variables)
    if (wrong.length > 0) return [`${exchange.when.method} ${exchange.when.target}`, ...wrong]
  }
  return []
}
