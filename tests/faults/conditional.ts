/**
 * Proves that 32 clients who ask for the same resource by the same criteria at once get exactly one: round after round, over
 * real connections to two processes on the same store, by If-None-Exist and by conditional updates, alone and in Bundles,
 * with the criteria spelled in several ways, and by criteria of different meaning that the resource fits.
 *
 * Negative control: a store that is told neither claims nor guards makes several; the same count must notice.
 */
import type { Test } from 'tap'
import { forgetsTerms } from './broken-store.ts'
import type { Client } from './client.ts'
import { answerOf, type Bundled, criteriaOf, type Form, inBundle, patient, spellings } from './criteria.ts'
import { kinds } from './places.ts'
import { openRandom, type Random } from './random.ts'
import { inThisProcess, inTwoProcesses, type Two } from './two.ts'

export type ConditionalSizes = { readonly SQLite: number; readonly MongoDB: number }

const clients = 32

export async function conditionalTests(t: Test, rounds: ConditionalSizes): Promise<void> {
  const random = openRandom(t)
  for (const { name, fresh } of await kinds()) {
    for (const [what, forms] of Object.entries(races)) {
      await t.test(`on ${name}, ${clients} ${what} make one resource`, async t => {
        const two = await inTwoProcesses(t, fresh(t))
        const wrong: string[] = []
        for (let round = 1; round <= rounds[name]; round++) wrong.push(...(await race(two, forms, `r${round}`, random)))
        t.same(wrong.slice(0, 5), [], `${rounds[name]} rounds`)
        t.equal(await count(two[0], ''), rounds[name], 'no other resource was made')
      })
    }
    await t.test(`on ${name}, a store that knows neither claims nor guards is caught`, async t => {
      const two = await inThisProcess(t, fresh(t), forgetsTerms)
      const wrong = await race(two, creations, 'r1', random)
      t.match(wrong.join(), /(?:[2-9]|\d\d) were told that they created it/)
    })
  }
}

/** What went wrong, one sentence each. */
async function race(two: Two, forms: readonly Form[], value: string, random: Random): Promise<readonly string[]> {
  const racing = Array.from({ length: clients }, (_, client) =>
    (client % 2 === 0 ? two[0] : two[1]).ask(random.pick(forms)(value, random.pick(spellings)(value), client)),
  )
  const statuses = (await Promise.all(racing)).map(reply => answerOf(reply).status)
  const strange = statuses.filter(status => status !== 200 && status !== 201)
  const created = statuses.filter(status => status === 201).length
  const there = await count(two[1], criteriaOf(value))
  return [
    ...strange.map(status => `${value}: somebody was answered with ${status}`),
    ...(created === 1 ? [] : [`${value}: ${created} were told that they created it`]),
    ...(there === 1 ? [] : [`${value}: ${there} are there`]),
  ]
}

async function count(client: Client, criteria: string): Promise<number> {
  const { text } = await client.ask({ method: 'GET', path: `Patient?${criteria}&_summary=count` })
  return (JSON.parse(text) as { total: number }).total
}

const create: Form = (value, criteria, client) => ({
  method: 'POST',
  path: 'Patient',
  headers: { 'if-none-exist': criteria },
  body: JSON.stringify(patient(value, `${client}`)),
})

const createIn =
  (type: Bundled): Form =>
  (value, ifNoneExist, client) =>
    inBundle(type, { method: 'POST', url: 'Patient', ifNoneExist }, patient(value, `${client}`))

/** All with the same content: those who find it there change nothing. */
const update: Form = (value, criteria) => ({
  method: 'PUT',
  path: `Patient?${criteria}`,
  body: JSON.stringify(patient(value, '0')),
})

const updateIn =
  (type: Bundled): Form =>
  (value, criteria) =>
    inBundle(type, { method: 'PUT', url: `Patient?${criteria}` }, patient(value, '0'))

/** Each with another content: all those who find it there change it. */
const change: Form = (value, criteria, client) => ({
  ...update(value, criteria, client),
  body: JSON.stringify(patient(value, `${client}`)),
})

const creations = [create, createIn('batch'), createIn('transaction')]
const upserts = [update, update, updateIn('batch'), updateIn('transaction')]

/** Different questions, which the same resource answers. */
const meanings: readonly ((value: string) => string)[] = [criteriaOf, value => `identifier=${value}`, ...spellings]

const differently = (...forms: readonly Form[]): readonly Form[] =>
  forms.map(
    form => (value, criteria, client) => form(value, meanings[client % meanings.length]?.(value) ?? criteria, client),
  )

const races = {
  'creations by the same criteria': creations,
  'upserts by the same criteria': upserts,
  'creations and changes by the same criteria': [...creations, ...creations, change],
  'creations and upserts by criteria of different meaning': differently(create, createIn('transaction'), update),
}
