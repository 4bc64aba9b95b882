/**
 * Proves that `kill -9` at any moment loses no acknowledged write and leaves no transaction half done: sixteen writers on
 * real connections, a server process killed while they write (now and then again while it starts), started anew on the same
 * data, and everything that it ever acknowledged read back.
 *
 * Negative controls: a server that acknowledges before it commits, and one that commits the changes of a transaction one by
 * one, are killed in the same way; the same checker must accuse the first of lost and the second of partial writes.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { examine, type Violation } from './checker.ts'
import { type Client, openClient } from './client.ts'
import { type Deed, perform } from './journal.ts'
import { kinds, onSqlite, type Place } from './places.ts'
import { brokenServer, type Process, product, startProcess } from './process.ts'
import { openRandom, type Random } from './random.ts'
import { creation, transaction, update } from './requests.ts'

/** Numbers of kills, each on data of its own. */
export type KillSizes = { readonly SQLite: readonly number[]; readonly MongoDB: readonly number[] }

const writers = 16
const generous = 20_000 // ms to start again, on a machine that is busy with other tests

export async function killTests(t: Test, sizes: KillSizes): Promise<void> {
  const random = openRandom(t)
  for (const { name, fresh } of await kinds()) {
    await t.test(`on ${name}, what was acknowledged survives kill -9, and no transaction is torn`, async t => {
      for (const kills of sizes[name]) await survives(t, fresh(t), kills, random)
    })
  }
  for (const [breaking, kind, what] of [
    ['early', 'lost', 'acknowledges before it commits'],
    ['split', 'partial', 'commits the changes of a transaction one by one'],
  ] as const) {
    await t.test(`a server that ${what} is caught`, async t => {
      const place = onSqlite(t)
      let violations: readonly Violation[] = []
      const isCaught = () => violations.some(violation => violation.kind === kind)
      // One kill nearly always suffices; it is chance after all, and a broken promise may show in other ways too.
      for (let tries = 0; tries < 5 && !isCaught(); tries++) {
        violations = await killed(t, place, random, breaking, `try${tries}`)
      }
      t.ok(isCaught(), `${violations.length} violations: ${violations[0]?.what}`)
    })
  }
}

async function survives(t: Test, place: Place, kills: number, random: Random): Promise<void> {
  const journal: Deed[] = []
  const starts: number[] = []
  let server = await begin(t, product, place, [])
  for (let round = 0; round < kills; round++) {
    const before = journal.length
    await load(server, journal, `round${round}`, random)
    if (random.next() < 0.3) await (await startProcess(t, product, place.store, [], random.below(400)))?.kill()
    server = await begin(t, product, place, [])
    starts.push(server.ms)
    const client = openClient(server.origin)
    const fresh = journal.slice(before)
    t.same(strange(fresh), [], 'while it lived it refused nothing')
    t.same((await examine(client, journal, fresh)).slice(0, 5), [], `round ${round}: ${summary(fresh)}`)
    await goesOn(t, client, journal, `after${round}`)
    client.close()
  }
  t.comment(`starts after a kill took ${starts.map(ms => Math.round(ms)).join(', ')} ms`)
  t.ok(Math.max(...starts) < generous, 'it starts again soon')
  await server.kill()
}

async function killed(t: Test, place: Place, random: Random, breaking: string, name: string) {
  const journal: Deed[] = []
  await load(await begin(t, brokenServer, place, [breaking]), journal, name, random)
  const server = await begin(t, product, place, [])
  const client = openClient(server.origin)
  const violations = await examine(client, journal, [])
  client.close()
  await server.kill()
  return violations
}

async function begin(t: Test, program: string, { store }: Place, args: readonly string[]): Promise<Process> {
  const server = await startProcess(t, program, store, args)
  if (!server) throw new Error('nobody killed it')
  return server
}

/** Writers write until the server is killed at some moment; it must have acknowledged something before. */
async function load(server: Process, journal: Deed[], name: string, random: Random): Promise<void> {
  const moment = 100 + random.below(300) // ms
  const client = openClient(server.origin)
  const before = journal.length
  const working = Array.from({ length: writers }, (_, writer) => write(client, journal, `${name}-w${writer}`, random))
  while (!journal.slice(before).some(({ became }) => became === 'acknowledged')) await sleep(1)
  await sleep(moment)
  await server.kill()
  await Promise.all(working)
  client.close()
}

/** Until a connection is lost. A writer's resources are its own, so it knows which versions must come. */
async function write(client: Client, journal: Deed[], name: string, random: Random): Promise<void> {
  const ids = ['a', 'b', 'c'].map(letter => `${name}-${letter}`)
  for (let count = 0; ; count++) {
    const trace = `${name}.${count}`
    const change = random.pick([
      () => creation(trace),
      () => update(trace, random.pick(ids)),
      () => transaction(trace, 50, ids),
    ])()
    const deed = await perform(client, journal, change.asked, change.wants)
    if (!deed.reply) return
  }
}

/** The server does not only remember: it works. */
async function goesOn(t: Test, client: Client, journal: Deed[], name: string): Promise<void> {
  const last = journal.findLast(({ became, asked }) => became === 'acknowledged' && asked.method === 'PUT')
  const changes = [creation(`${name}-new`), transaction(`${name}-all`, 50)]
  if (last) changes.push(update(`${name}-old`, last.stored[0]!.id))
  for (const { asked, wants } of changes) {
    const { became } = await perform(client, journal, asked, wants)
    t.equal(became, 'acknowledged', `${asked.method} ${asked.path} after the restart`)
  }
}

function strange(deeds: readonly Deed[]): readonly string[] {
  const answered = deeds.filter(({ became, reply }) => reply && became !== 'acknowledged')
  return answered.map(({ asked, reply }) => `${asked.method} ${asked.path}: ${reply?.status} ${reply?.text}`)
}

function summary(deeds: readonly Deed[]): string {
  const counts = Map.groupBy(deeds, ({ became }) => became)
  return [...counts].map(([became, some]) => `${some.length} ${became}`).join(', ')
}
