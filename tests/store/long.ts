/** `npm run faults`: the random questions of the contract, 20,000 of them on each store. */
import t from 'tap'
import { mongoUrl } from '../mongo-engine/engine.ts'
import { randomSearches } from './contract/random-search.ts'
import { openPlace as openMongoPlace } from './mongo/place.ts'
import { openPlace as openSqlitePlace } from './sqlite/place.ts'

t.setTimeout(0) // takes as long as it takes

const scenes = 2_000 // of some 11 questions each
const url = await mongoUrl()

await t.test('SQLite', async t => {
  const place = await openSqlitePlace(t)
  await randomSearches(t, place, await place.again(), scenes)
})
await t.test('MongoDB', { skip: url === undefined }, async t => {
  const place = await openMongoPlace(t, url ?? '')
  await randomSearches(t, place, await place.again(), scenes)
})
