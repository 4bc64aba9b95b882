/**
 * Proves that of 32 writers who hold the same version exactly one wins, and that versions follow without gaps: round after
 * round, over real connections to two Kilns on the same store, by plain updates and by transactions with `ifMatch`.
 *
 * Negative control: a store that checks the version before the commit and outside of it lets several win; the same count
 * must notice.
 */
import type { Test } from 'tap'
import { type Breaking, checksThenActs } from './broken-store.ts'
import { examine } from './checker.ts'
import type { Client } from './client.ts'
import { type Deed, perform } from './journal.ts'
import { openKiln } from './kiln.ts'
import { kinds, type Place } from './places.ts'
import { openRandom, type Random } from './random.ts'
import { bundle, type Change, update } from './requests.ts'

export type RaceSizes = { readonly SQLite: number; readonly MongoDB: number }

const writers = 32

export async function raceTests(t: Test, rounds: RaceSizes): Promise<void> {
  const random = openRandom(t)
  for (const { name, fresh } of await kinds()) {
    await t.test(`on ${name}, of ${writers} writers with the same If-Match exactly one wins`, async t => {
      const journal: Deed[] = []
      const kilns = await openTwo(t, fresh(t))
      const winners: number[] = []
      for (let round = 1; round <= rounds[name]; round++) winners.push(await race(kilns, journal, round, random))
      t.same([...new Set(winners)], [1], `${rounds[name]} rounds`)
      t.same(refusals(journal), [412], 'the others are told that their version is stale')
      t.same(
        (await examine(kilns[0], journal)).slice(0, 5),
        [],
        'versions follow without gaps, and hold what their winners sent',
      )
    })
    await t.test(`on ${name}, a store that checks outside of the commit is caught`, async t => {
      const kilns = await openTwo(t, fresh(t), checksThenActs)
      t.ok((await race(kilns, [], 1, random)) > 1, 'several won')
    })
  }
}

type Two = readonly [Client, Client]

async function openTwo(t: Test, place: Place, wrap?: Breaking): Promise<Two> {
  const kilns = [await openKiln(place, wrap ? { wrap } : {}), await openKiln(place, wrap ? { wrap } : {})] as const
  t.teardown(async () => {
    for (const kiln of kilns) await kiln.close()
  })
  return [kilns[0].client, kilns[1].client]
}

/** How many of them won. The first round makes the resource. */
async function race(kilns: Two, journal: Deed[], round: number, random: Random): Promise<number> {
  const id = 'contested'
  if (round === 1) await perform(kilns[0], journal, update('start', id).asked, update('start', id).wants)
  const racing = Array.from({ length: writers }, (_, writer) => {
    const trace = `round${round}-w${writer}`
    const change = random.next() < 0.5 ? update(trace, id, round) : entry(trace, id, round)
    return perform(kilns[writer % 2]!, journal, change.asked, change.wants)
  })
  const deeds = await Promise.all(racing)
  return deeds.filter(({ became }) => became === 'acknowledged').length
}

/** The same update as the only entry of a transaction. */
function entry(trace: string, id: string, version: number): Change {
  const { asked, wants } = update(trace, id)
  const request = JSON.stringify({ method: 'PUT', url: asked.path, ifMatch: `W/"${version}"` })
  return bundle([`{"resource":${asked.body},"request":${request}}`], wants)
}

function refusals(journal: readonly Deed[]): readonly (number | undefined)[] {
  const lost = journal.filter(({ became }) => became !== 'acknowledged')
  return [...new Set(lost.map(({ reply }) => reply?.status))]
}
