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
  const working = at.slice(0, 6) // what comes last is followed by no work
  t.equal(new Set(working).size, working.length, 'never two in one round of the event loop')
})

t.test('those who work side by side share a slice', async t => {
  let now = 0
  const turn = openTurn(() => now)
  let [worked, going] = [0, true]
  const slices: number[] = []
  const others = (): void => {
    slices.push(worked)
    worked = 0
    if (going) setImmediate(others)
  }
  setImmediate(others)
  const work = async (): Promise<void> => {
    for (let each = 0; each < 4; each++) {
      await turn()
      now += 2
      worked += 2
    }
  }
  await Promise.all(Array.from({ length: 32 }, work))
  going = false
  t.equal(
    slices.reduce((sum, ms) => sum + ms, worked),
    256,
  )
  t.ok(Math.max(...slices, worked) <= 8, `at most 8 ms in one go: ${slices.join(', ')}`)
})
