import t from 'tap'
import { openTurn } from '../../src/interactions/turn.ts'

t.test('others have their turn once enough time has passed, however often it is asked', async t => {
  let now = 0
  const turn = openTurn(() => now)
  let others = 0
  setImmediate(() => others++)
  for (let asked = 0; asked < 1_000; asked++) await turn()
  t.equal(others, 0, 'nothing has lasted')
  now += 8
  await turn()
  t.equal(others, 1)
  setImmediate(() => others++)
  await turn()
  t.equal(others, 1, 'they just had it')
})

t.test('of several who wait one goes on at a time, others between them', async t => {
  let now = 0
  const turn = openTurn(() => now)
  let rounds = 0
  let counting = true
  const count = (): void => {
    rounds++
    if (counting) setImmediate(count)
  }
  setImmediate(count)
  const order: string[] = []
  const at: number[] = []
  const work = async (name: string): Promise<void> => {
    for (let step = 1; step <= 3; step++) {
      now += 8
      await turn()
      order.push(`${name}${step}`)
      at.push(rounds)
    }
  }
  await Promise.all([work('a'), work('b'), work('c')])
  counting = false
  t.strictSame(order, ['a1', 'b1', 'c1', 'a2', 'b2', 'c2', 'a3', 'b3', 'c3'])
  t.equal(new Set(at).size, at.length, 'never two in one round of the event loop')
})
