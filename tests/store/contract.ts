/** The promises of `src/store/port.ts`, to be kept by every adapter. */
import type { Test } from 'tap'
import { coordination } from './contract/coordination.ts'
import { histories } from './contract/history.ts'
import { integrityKept } from './contract/integrity.ts'
import { lasting } from './contract/lasting.ts'
import { races } from './contract/races.ts'
import { randomWalk } from './contract/random-walk.ts'
import { searches } from './contract/search.ts'
import { streams } from './contract/streams.ts'
import { writing } from './contract/writing.ts'
import type { OpenPlace } from './place.ts'

/** `open` gives a fresh, empty store each time; `walks` random walks are taken. */
export async function contract(t: Test, name: string, open: OpenPlace, walks = 40): Promise<void> {
  await t.test(`the contract of a store: ${name}`, async t => {
    const place = await open(t)
    const other = await place.again()
    await t.test('writing and reading', t => writing(t, place))
    await t.test('integrity', t => integrityKept(t, place))
    await t.test('history', t => histories(t, place, other))
    await t.test('coordination', t => coordination(t, place, other))
    await t.test('streams', t => streams(t, place, other))
    await t.test('races', t => races(t, place, other))
    await t.test('random walk', t => randomWalk(t, place, other, walks))
    await t.test('search', t => searches(t, place, other))
    await t.test('tenants, closing, faults', t => lasting(t, open))
  })
}
