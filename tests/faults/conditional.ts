/**
 * Proves that 32 clients who ask for the same resource by the same criteria at once get exactly one: round after round, over
 * real connections to two processes on the same store, by If-None-Exist and by conditional updates, alone and in Bundles,
 * with the criteria spelled in several ways.
 *
 * Negative control: a store that is told neither claims nor guards makes several; the same count must notice.
 */
import type { Test } from 'tap'
import type { Breaking } from './broken-store.ts'
import { type Asked, type Client, openClient, type Reply } from './client.ts'
import { openKiln } from './kiln.ts'
import { kinds, type Place } from './places.ts'
import { product, startProcess } from './process.ts'
import { openRandom, type Random } from './random.ts'

export type ConditionalSizes = { readonly SQLite: number; readonly MongoDB: number }

const clients = 32

export async function conditionalTests(t: Test, rounds: ConditionalSizes): Promise<void> {
  const random = openRandom(t)
  for (const { name, fresh } of await kinds()) {
    for (const [what, forms] of Object.entries(races)) {
      await t.test(`on ${name}, ${clients} ${what} by the same criteria make one resource`, async t => {
        const two = await openProcesses(t, fresh(t))
        const wrong: string[] = []
        for (let round = 1; round <= rounds[name]; round++) wrong.push(...(await race(two, forms, `r${round}`, random)))
        t.same(wrong.slice(0, 5), [], `${rounds[name]} rounds`)
        t.equal(await count(two[0], ''), rounds[name], 'no other resource was made')
      })
    }
    await t.test(`on ${name}, a store that knows neither claims nor guards is caught`, async t => {
      const two = await openKilns(t, fresh(t), forgetsTerms)
      const wrong = await race(two, races.creations, 'r1', random)
      t.match(wrong.join(), /(?:[2-9]|\d\d) were told that they created it/)
    })
  }
}

const forgetsTerms: Breaking = store => ({
  ...store,
  commit: ({ claims: _, guards: __, ...commit }) => store.commit(commit),
})

type Two = readonly [Client, Client]

async function openProcesses(t: Test, { store }: Place): Promise<Two> {
  const open = async (): Promise<Client> => {
    const process = await startProcess(t, product, store)
    if (!process) throw new Error('nobody killed it')
    const client = openClient(process.origin)
    t.teardown(client.close)
    return client
  }
  return [await open(), await open()]
}

async function openKilns(t: Test, place: Place, wrap: Breaking): Promise<Two> {
  const kilns = [await openKiln(place, { wrap }), await openKiln(place, { wrap })] as const
  t.teardown(async () => {
    for (const kiln of kilns) await kiln.close()
  })
  return [kilns[0].client, kilns[1].client]
}

/** What went wrong, one sentence each. */
async function race(two: Two, forms: readonly Form[], value: string, random: Random): Promise<readonly string[]> {
  const racing = Array.from({ length: clients }, (_, client) =>
    (client % 2 === 0 ? two[0] : two[1]).ask(random.pick(forms)(value, random.pick(spellings)(value), client)),
  )
  const statuses = (await Promise.all(racing)).map(statusOf)
  const strange = statuses.filter(status => status !== 200 && status !== 201)
  const created = statuses.filter(status => status === 201).length
  const there = await count(two[1], `identifier=${system}|${value}`)
  return [
    ...strange.map(status => `${value}: somebody was answered with ${status}`),
    ...(created === 1 ? [] : [`${value}: ${created} were told that they created it`]),
    ...(there === 1 ? [] : [`${value}: ${there} are there`]),
  ]
}

/** Of a Bundle, that of its entry. */
function statusOf({ status, text }: Reply): number {
  const { entry } = text === '' ? {} : (JSON.parse(text) as { entry?: readonly { response: { status: string } }[] })
  return status === 200 && entry ? Number(entry[0]?.response.status.slice(0, 3)) : status
}

async function count(client: Client, criteria: string): Promise<number> {
  const { text } = await client.ask({ method: 'GET', path: `Patient?${criteria}&_summary=count` })
  return (JSON.parse(text) as { total: number }).total
}

const system = 'urn:kiln:faults'

const spellings: readonly ((value: string) => string)[] = [
  value => `identifier=${system}|${value}&active=true`,
  value => `active=true&identifier=${system}%7C${value}`,
  value => `active=%74rue&identifier=${encodeURIComponent(`${system}|${value}`)}&_pretty=true`,
]

/** One way to ask for a resource with this identifier. */
type Form = (value: string, criteria: string, client: number) => Asked

function patient(value: string, client: number): object {
  return { resourceType: 'Patient', identifier: [{ system, value }], active: true, name: [{ text: `${client}` }] }
}

function inBundle(type: 'batch' | 'transaction', resource: object, request: object): Asked {
  return {
    method: 'POST',
    path: '',
    body: JSON.stringify({ resourceType: 'Bundle', type, entry: [{ resource, request }] }),
  }
}

const create: Form = (value, criteria, client) => ({
  method: 'POST',
  path: 'Patient',
  headers: { 'if-none-exist': criteria },
  body: JSON.stringify(patient(value, client)),
})

const createIn =
  (type: 'batch' | 'transaction'): Form =>
  (value, ifNoneExist, client) =>
    inBundle(type, patient(value, client), { method: 'POST', url: 'Patient', ifNoneExist })

/** All with the same content: those who find it there change nothing. */
const update: Form = (value, criteria) => ({
  method: 'PUT',
  path: `Patient?${criteria}`,
  body: JSON.stringify(patient(value, 0)),
})

const updateIn =
  (type: 'batch' | 'transaction'): Form =>
  (value, criteria) =>
    inBundle(type, patient(value, 0), { method: 'PUT', url: `Patient?${criteria}` })

/** Each with another content: all those who find it there change it. */
const change: Form = (value, criteria, client) => ({
  ...update(value, criteria, client),
  body: JSON.stringify(patient(value, client)),
})

const creations = [create, createIn('batch'), createIn('transaction')]
const upserts = [update, update, updateIn('batch'), updateIn('transaction')]

const races = { creations, upserts, 'creations and changes': [...creations, ...creations, change] }
