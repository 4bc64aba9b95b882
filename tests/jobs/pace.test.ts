import t from 'tap'
import { openPace } from '../../src/jobs/pace.ts'

/** A world in which a turn takes 10 ms, and others want so much of what is left. */
function world(load: () => number) {
  let now = 0
  const rests: number[] = []
  const pace = openPace({
    load,
    elapsed: () => now,
    sleep: async ms => {
      rests.push(ms)
      now += ms
    },
  })
  const turn = async (): Promise<void> => {
    now += 10
  }
  return { pace, rests, turn, now: () => now }
}

t.test('the more others want, the longer it rests', async t => {
  const idle = world(() => 0)
  const busy = world(() => 1)
  const half = world(() => 0.5)
  for (const { pace, turn } of [idle, half, busy]) for (let n = 0; n < 5; n++) await pace(turn)
  const last = [idle, half, busy].map(({ rests }) => rests.at(-1) ?? 0)
  t.same(last, [2.5, 26.25, 50])
  t.ok(30 / (busy.now() - 32.5) <= 0.2, 'of a busy process it takes a fifth at most')
})

t.test('turns come one after the other, whoever asks, and one that fails stops nobody', async t => {
  const { pace } = world(() => 0)
  const seen: string[] = []
  const turn = (name: string) => async () => {
    seen.push(`${name} begins`)
    await new Promise(resolve => setImmediate(resolve))
    seen.push(`${name} ends`)
    if (name === 'b') throw new Error('b fails')
    return name
  }
  const [a, b, c] = await Promise.allSettled(['a', 'b', 'c'].map(name => pace(turn(name))))
  t.same(seen, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
  t.match([a, b, c], [{ value: 'a' }, { reason: { message: 'b fails' } }, { value: 'c' }])
})
