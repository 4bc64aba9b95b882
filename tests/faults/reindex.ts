/**
 * Proves that a server killed with `kill -9` while it indexes by a new search parameter goes on where it was: after its restart
 * the parameter is refused until everything is indexed, and then finds every resource, those included that were written in between.
 *
 * Negative control: the same definition on a server that was never asked to index is refused for as long as anybody looks.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { definition } from '../interactions/own-definitions.ts'
import { type Client, each, openClient } from './client.ts'
import { openKiln } from './kiln.ts'
import { kinds, onSqlite, type Place } from './places.ts'
import { type Process, product, startProcess } from './process.ts'
import { openRandom, type Random } from './random.ts'

/** Resources, and numbers of kills while they are indexed. */
export type ReindexSizes = Readonly<
  Record<'SQLite' | 'MongoDB', { readonly resources: number; readonly kills: number }>
>

const eyes = definition('eyes', 'eye-colour')
const query = 'Patient?eye-colour=blue&_count=0'

export async function reindexTests(t: Test, sizes: ReindexSizes): Promise<void> {
  const random = openRandom(t)
  for (const { name, fresh } of await kinds()) {
    await t.test(`on ${name}, what is being indexed survives kill -9`, async t => {
      await survives(t, fresh(t), sizes[name], random)
    })
  }
  await t.test('where nobody indexes, a new parameter stays refused', async t => {
    const kiln = await openKiln(onSqlite(t))
    t.teardown(() => kiln.close())
    await fill(kiln.client, 40)
    await define(kiln.client)
    await sleep(1_500)
    t.equal(await progress(kiln.client), 0)
  })
}

async function survives(
  t: Test,
  place: Place,
  { resources, kills }: ReindexSizes['SQLite'],
  random: Random,
): Promise<void> {
  let server = await begin(t, place)
  let client = openClient(server.origin)
  await fill(client, resources)
  await define(client)
  const seen: number[] = []
  let added = 0
  for (let round = 0; round < kills; round++) {
    const before = (await progress(client)) ?? 100
    const late = [1, 2, 3].map(n => `late-${round}-${n}`)
    for (const id of late) await put(client, id)
    added += late.length
    await workedOn(client, before)
    await sleep(random.below(300))
    await server.kill()
    client.close()
    server = await begin(t, place)
    client = openClient(server.origin)
    const percent = (await progress(client)) ?? 100
    t.ok(percent >= Math.min(before, 99) - 1, `round ${round}: ${before} % before, ${percent} % after`)
    seen.push(percent)
  }
  t.comment(`after the kills ${seen.join(', ')} % were done`)
  while ((await progress(client)) !== undefined) await sleep(50)
  const answer = await client.ask({ method: 'GET', path: query })
  t.equal(JSON.parse(answer.text).total, resources + added, 'nothing is missing')
  const patient = await client.ask({ method: 'GET', path: 'Patient/p-0/_history' })
  t.equal(JSON.parse(patient.text).total, 1, 'and nothing was written anew')
  client.close()
  await server.kill()
}

/** A server that was just started waits for the lease of the one that was killed. */
async function workedOn(client: Client, before: number): Promise<void> {
  while ((await progress(client)) === before) await sleep(10)
}

async function begin(t: Test, { store }: Place): Promise<Process> {
  const server = await startProcess(t, product, store)
  if (!server) throw new Error('nobody killed it')
  return server
}

function patient(id: string): object {
  return { resourceType: 'Patient', id, extension: [{ url: 'http://kiln.test/eye-colour', valueCode: 'blue' }] }
}

async function fill(client: Client, count: number): Promise<void> {
  const starts = Array.from({ length: Math.ceil(count / 200) }, (_, at) => at * 200)
  const bundleAt = async (from: number): Promise<void> => {
    const entry = Array.from({ length: Math.min(200, count - from) }, (_, at) => {
      const id = `p-${from + at}`
      return { resource: patient(id), request: { method: 'PUT', url: `Patient/${id}` } }
    })
    const body = JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry })
    const { status, text } = await client.ask({ method: 'POST', path: '', body })
    if (status !== 200) throw new Error(text)
  }
  await each(starts, bundleAt, 4)
}

async function put(client: Client, id: string): Promise<void> {
  const { status, text } = await client.ask({ method: 'PUT', path: `Patient/${id}`, body: JSON.stringify(patient(id)) })
  if (status !== 201) throw new Error(text)
}

async function define(client: Client): Promise<void> {
  const { status, text } = await client.ask({
    method: 'PUT',
    path: 'SearchParameter/eyes',
    body: JSON.stringify(eyes),
  })
  if (status !== 201) throw new Error(text)
}

/** In percent; `undefined`: it is in force. */
async function progress(client: Client): Promise<number | undefined> {
  const { status, text } = await client.ask({ method: 'GET', path: query })
  if (status === 200) return undefined
  const percent = /being indexed, (\d+) % are done/.exec(text)?.[1]
  if (status !== 400 || percent === undefined) throw new Error(text)
  return Number(percent)
}
