/**
 * Proves that conditional deletes and patches act on what fits at the moment of their commit, whatever others do meanwhile:
 * 32 clients at once, over real connections to two processes on the same store, alone and in Bundles.
 *
 * - Creations and deletions by the same criteria: never are there two at once, and each that was acknowledged has happened.
 * - Patches and deletions beside plain updates, by which the resource fits or fits no more: each stands on a version that fitted,
 *   and each patch that was acknowledged is there once, upon what was there before it.
 *
 * Negative controls: stores that are told neither claims nor guards, or that check before the commit and outside of it.
 */
import type { Test } from 'tap'
import { type Breaking, checksThenActs, forgetsTerms } from './broken-store.ts'
import type { Client } from './client.ts'
import { answerOf, type Bundled, type Form, inBundle, patient, spellings } from './criteria.ts'
import { kinds } from './places.ts'
import { openRandom, type Random } from './random.ts'
import { inThisProcess, inTwoProcesses, type Two } from './two.ts'

export type ChangeSizes = { readonly SQLite: number; readonly MongoDB: number }

const clients = 32

export async function conditionalChangeTests(t: Test, rounds: ChangeSizes): Promise<void> {
  const random = openRandom(t)
  for (const { name, fresh } of await kinds()) {
    for (const [what, { race, broken }] of Object.entries(races)) {
      await t.test(`on ${name}, ${clients} ${what}`, async t => {
        const two = await inTwoProcesses(t, fresh(t))
        const wrong: string[] = []
        for (let round = 1; round <= rounds[name]; round++) wrong.push(...(await race(two, `r${round}`, random)))
        t.same(wrong.slice(0, 5), [], `${rounds[name]} rounds`)
      })
      await t.test(`on ${name}, a broken store among ${what} is caught`, async t => {
        const two = await inThisProcess(t, fresh(t), broken)
        const wrong: string[] = []
        for (let round = 1; round <= 10 && wrong.length === 0; round++)
          wrong.push(...(await race(two, `r${round}`, random)))
        t.not(wrong.length, 0)
      })
    }
  }
}

type Race = (two: Two, value: string, random: Random) => Promise<readonly string[]>

const races: Readonly<Record<string, { readonly race: Race; readonly broken: Breaking }>> = {
  'creations and deletions by the same criteria': { race: appearing, broken: forgetsTerms },
  'patches and deletions by criteria beside updates': { race: changing, broken: checksThenActs },
}

const alone =
  (method: string): Form =>
  (value, criteria, client) => {
    if (method === 'POST') {
      const headers = { 'if-none-exist': criteria }
      return { method, path: 'Patient', headers, body: JSON.stringify(patient(value, `${client}`)) }
    }
    if (method === 'DELETE') return { method, path: `Patient?${criteria}` }
    const headers = { 'content-type': 'application/json-patch+json' }
    return { method, path: `Patient?${criteria}`, headers, body: JSON.stringify(patchOf(client)) }
  }

const bundled =
  (type: Bundled, method: string): Form =>
  (value, criteria, client) => {
    const request = { method, url: `Patient?${criteria}` }
    if (method === 'DELETE') return inBundle(type, request)
    if (method === 'POST')
      return inBundle(type, { method, url: 'Patient', ifNoneExist: criteria }, patient(value, `${client}`))
    const data = Buffer.from(JSON.stringify(patchOf(client))).toString('base64')
    return inBundle(type, request, { resourceType: 'Binary', contentType: 'application/json-patch+json', data })
  }

function patchOf(client: number): object[] {
  return [{ op: 'add', path: '/name/-', value: { text: `patch ${client}` } }]
}

const formsOf = (method: string): readonly Form[] => [
  alone(method),
  bundled('batch', method),
  bundled('transaction', method),
]
const creations = formsOf('POST')
const deletions = formsOf('DELETE')
const patches = formsOf('PATCH')

/** A plain update, after which it fits or not. */
const update =
  (fits: boolean): Form =>
  (value, _, client) => ({
    method: 'PUT',
    path: `Patient/${value}`,
    body: JSON.stringify(patient(value, `update ${client}`, { id: value, active: fits })),
  })

type Deed = {
  readonly client: number
  readonly method: string
  readonly status: number
  readonly etag: string | undefined
}

async function act(two: Two, forms: readonly (readonly Form[])[], value: string, random: Random): Promise<Deed[]> {
  return Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      const kind = random.pick(forms)
      const asked = random.pick(kind)(value, random.pick(spellings)(value), client)
      const method = kind === creations ? 'POST' : kind === deletions ? 'DELETE' : kind === patches ? 'PATCH' : 'PUT'
      return { client, method, ...answerOf(await two[client % 2 === 0 ? 0 : 1].ask(asked)) }
    }),
  )
}

async function appearing(two: Two, value: string, random: Random): Promise<readonly string[]> {
  const deeds = await act(two, [creations, deletions], value, random)
  const versions = (await history(two[1], 'Patient')).filter(({ resource }) => !resource || isOf(resource, value))
  const own = new Set(versions.flatMap(({ resource }) => resource?.id ?? []))
  const there = new Set<string>()
  const wrong = strange(deeds, [200, 201, 204])
  const made = { POST: 0, DELETE: 0 }
  for (const { request, resource } of versions) {
    const id = resource?.id ?? request.url.replace('Patient/', '')
    if (!own.has(id)) continue // of an earlier round
    if (resource) there.add(id)
    else there.delete(id)
    made[resource ? 'POST' : 'DELETE']++
    if (there.size > 1) wrong.push(`${value}: two at once`)
  }
  const created = deeds.filter(({ status }) => status === 201).length
  const deleted = deeds.filter(({ method, etag }) => method === 'DELETE' && etag !== undefined).length
  if (created !== made.POST) wrong.push(`${value}: ${created} creations were acknowledged, ${made.POST} are there`)
  if (deleted !== made.DELETE) wrong.push(`${value}: ${deleted} deletions were acknowledged, ${made.DELETE} are there`)
  return wrong
}

async function changing(two: Two, value: string, random: Random): Promise<readonly string[]> {
  await two[0].ask(update(true)(value, '', clients))
  const deeds = await act(
    two,
    [patches, patches, deletions, [update(true), update(true), update(false)]],
    value,
    random,
  )
  const versions = await history(two[1], `Patient/${value}`)
  const wrong = strange(deeds, [200, 201, 204, 404])
  const patched: string[] = []
  let deleted = 0
  for (const [at, { request, resource }] of versions.entries()) {
    const before = versions[at - 1]?.resource
    if (request.method === 'PUT') continue
    if (!before?.active) wrong.push(`${value}: ${request.method} of what did not fit`)
    if (request.method === 'DELETE') deleted++
    const names = resource?.name.map(({ text }) => text) ?? []
    const added = names.pop()
    if (added === undefined) continue
    patched.push(added)
    if (names.join() !== before?.name.map(({ text }) => text).join())
      wrong.push(`${value}: ${added} lost what was there`)
  }
  const promised = deeds.filter(({ method, status }) => method === 'PATCH' && status === 200)
  const missing = promised.filter(({ client }) => patched.filter(text => text === `patch ${client}`).length !== 1)
  const promisedDeletions = deeds.filter(({ method, etag }) => method === 'DELETE' && etag !== undefined).length
  return [
    ...wrong,
    ...missing.map(({ client }) => `${value}: patch ${client} was acknowledged and is not there once`),
    ...(patched.length === promised.length ? [] : [`${value}: a patch is there that nobody was told of`]),
    ...(deleted === promisedDeletions
      ? []
      : [`${value}: ${promisedDeletions} deletions were acknowledged, ${deleted} are there`]),
  ]
}

function strange(deeds: readonly Deed[], expected: readonly number[]): string[] {
  return deeds
    .filter(({ status }) => !expected.includes(status))
    .map(({ method, status }) => `a ${method} was answered with ${status}`)
}

type Patient = {
  readonly id: string
  readonly active: boolean
  readonly identifier: readonly { readonly value: string }[]
  readonly name: readonly { readonly text: string }[]
}
type Entry = { readonly request: { readonly method: string; readonly url: string }; readonly resource?: Patient }

function isOf({ identifier }: Patient, value: string): boolean {
  return identifier[0]?.value === value
}

/** Oldest first; as many as one round can make. */
async function history(client: Client, of: string): Promise<readonly Entry[]> {
  const { text } = await client.ask({ method: 'GET', path: `${of}/_history?_count=${2 * clients}` })
  return ((JSON.parse(text) as { readonly entry?: readonly Entry[] }).entry ?? []).toReversed()
}
