import type { Test } from 'tap'
import { onBothStores } from '../world.ts'
import { type Leak, leaks } from './leaks.ts'
import { compare, interferenceTests, type Open, servers, tenants } from './non-interference.ts'
import { somebodies } from './principals.ts'
import { staff } from './staff.ts'

let isFirst = true

await onBothStores(async (t, open) => {
  const here = isFirst
    ? { requests: 40, some: somebodies, people: staff }
    : { requests: 20, some: somebodies.slice(3, 6), people: staff.slice(-2) }
  const { requests, some, people } = here
  isFirst = false
  const extent = { requests, fresh: requests, seed: 1 }
  await interferenceTests(t, open, { ...extent, somebodies: people, house: servers })
  await interferenceTests(t, open, { ...extent, somebodies: some, house: tenants })
  if (some !== somebodies) return
  for (const leak of leaks) await t.test(`it is found out that ${leak.name}`, t => isFound(t, open, leak))
})

/** Sooner or later, with one seed or another. */
async function isFound(t: Test, open: Open, { by, over }: Leak): Promise<void> {
  const somebody = [...somebodies, ...staff][by]
  if (!somebody) throw new Error(`there is nobody with the number ${by}`)
  const ids = { from: 0 }
  const homes = await servers(open, ids, over)
  for (let seed = 7; seed < 30; seed++) {
    const { difference } = await compare(homes, ids, { somebody, seed, requests: 200, fresh: 200 })
    if (difference === undefined) continue
    t.comment(`by request ${difference.after}: ${difference.asked.method} ${difference.asked.path}`)
    t.not(difference.poor, difference.rich)
    return
  }
  t.fail('nothing was found')
}
