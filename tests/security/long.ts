/** `npm run faults`: 20,000 requests of each of twenty-two to two servers, 2,000 to two tenants, on both stores: hours on each. */
import t from 'tap'
import { seed } from '../seed.ts'
import { onBothStores } from '../world.ts'
import { interferenceTests, servers, tenants } from './non-interference.ts'
import { somebodies } from './principals.ts'
import { staff } from './staff.ts'

t.setTimeout(0) // takes as long as it takes

await onBothStores(async (t, open) => {
  t.setTimeout(0)
  const all = { somebodies: [...somebodies, ...staff], fresh: 400, seed }
  await interferenceTests(t, open, { ...all, house: servers, requests: 20_000 })
  await interferenceTests(t, open, { ...all, house: tenants, requests: 2_000 })
})
