import type { Test } from 'tap'
import { type Over, onBothStores, type World } from '../world.ts'
import { type Leak, leaks } from './leaks.ts'
import { alike, compare, interferenceTests } from './non-interference.ts'
import { somebodies } from './principals.ts'

let isFirst = true

await onBothStores(async (t, open) => {
  const [requests, some] = isFirst ? [60, somebodies] : [20, somebodies.slice(3, 6)]
  await interferenceTests(t, open, { somebodies: some, requests, fresh: requests, seed: 1 })
  if (isFirst) for (const leak of leaks) await t.test(`it is found out that ${leak.name}`, t => isFound(t, open, leak))
  isFirst = false
})

/** Sooner or later, with one seed or another. */
async function isFound(t: Test, open: (over: Over) => Promise<World>, { by, over }: Leak): Promise<void> {
  const somebody = somebodies[by]
  if (!somebody) throw new Error(`there is nobody with the number ${by}`)
  const ids = { from: 0 }
  const world = await open({ ...alike(ids), ...over })
  for (let seed = 7; seed < 30; seed++) {
    const { difference } = await compare(world, ids, { somebody, seed, requests: 200, fresh: 200 })
    if (difference === undefined) continue
    t.comment(`by request ${difference.after}: ${difference.asked.method} ${difference.asked.path}`)
    t.not(difference.poor, difference.rich)
    return
  }
  t.fail('nothing was found')
}
