/** `npm run faults`: 20,000 requests of each of twelve, on both stores: about an hour on each. */
import t from 'tap'
import { onBothStores } from '../world.ts'
import { interferenceTests } from './non-interference.ts'
import { somebodies } from './principals.ts'

t.setTimeout(0) // takes as long as it takes

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)

await onBothStores(async (t, open) => {
  t.setTimeout(0)
  await interferenceTests(t, open, { somebodies, requests: 20_000, fresh: 400, seed })
})
