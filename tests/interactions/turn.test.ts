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
