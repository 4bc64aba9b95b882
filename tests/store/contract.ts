/** The promises of `src/store/port.ts`, to be kept by every adapter. */
import type { Test } from 'tap'
import { coordination } from './contract/coordination.ts'
import { histories } from './contract/history.ts'
import { integrityKept } from './contract/integrity.ts'
import { lasting } from './contract/lasting.ts'
import { notesKept } from './contract/notes.ts'
import { races } from './contract/races.ts'
import { randomWalk } from './contract/random-walk.ts'
import { reindexing } from './contract/reindexing.ts'
import { rewording } from './contract/rewording.ts'
import { searches } from './contract/search.ts'
import { streams } from './contract/streams.ts'
import { tenantsKept } from './contract/tenants.ts'
import { writing } from './contract/writing.ts'
import type { OpenPlace, Place } from './place.ts'

const parts = {
  'one by one': async (t: Test, place: Place, open: OpenPlace): Promise<void> => {
    const other = await place.again()
    await t.test('writing and reading', t => writing(t, place))
    await t.test('integrity', t => integrityKept(t, place))
    await t.test('history', t => histories(t, place, other))
    await t.test('coordination', t => coordination(t, place, other))
    await t.test('notes', t => notesKept(t, place, other))
    await t.test('tenants', t => tenantsKept(t, place, other))
    await t.test('tenants, closing, faults', t => lasting(t, open))
  },
  'at once': async (t: Test, place: Place): Promise<void> => {
    const other = await place.again()
    await t.test('streams', t => streams(t, place, other))
    await t.test('races', t => races(t, place, other))
    await t.test('random walk', t => randomWalk(t, place, other, 40))
  },
  searched: async (t: Test, place: Place): Promise<void> => {
    const other = await place.again()
    await searches(t, place, other)
    await t.test('reindexing', t => reindexing(t, place, other))
    await t.test('rewording', t => rewording(t, place, other))
  },
}

/** Each takes about as long as the others, so that a slow store may have a test file for each. */
export type Part = keyof typeof parts

const all = Object.keys(parts) as Part[]

/** `open` gives a fresh, empty store each time. */
export async function contract(t: Test, name: string, open: OpenPlace, which: readonly Part[] = all): Promise<void> {
  for (const part of which) {
    await t.test(`the contract of a store, ${part}: ${name}`, async t => parts[part](t, await open(t), open))
  }
}
