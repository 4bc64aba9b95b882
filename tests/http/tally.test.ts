import t from 'tap'
import type { HttpEvent } from '../../src/http/event.ts'
import { openTally } from '../../src/http/tally.ts'

t.test('who was turned away is told once, with how often', async t => {
  const events: HttpEvent[] = []
  const tally = openTally(event => events.push(event))
  for (let n = 0; n < 1_000; n++) tally.add({ tenant: 'north', client: 'app' })
  tally.add({ address: '203.0.113.9' })
  t.same(events, [])
  tally.tell()
  t.same(events.splice(0), [
    { event: 'http.throttled', tenant: 'north', client: 'app', count: 1_000 },
    { event: 'http.throttled', address: '203.0.113.9', count: 1 },
  ])
  tally.tell()
  t.same(events, [], 'nothing is told twice, and of nobody nothing')
  tally.add({ address: '203.0.113.9' })
  tally.close()
  t.same(events, [{ event: 'http.throttled', address: '203.0.113.9', count: 1 }], 'nor forgotten at the end')
})

t.test('a flood of many is told by a hundred, and the number of the others', async t => {
  const events: HttpEvent[] = []
  const tally = openTally(event => events.push(event))
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 10_000; n++) tally.add({ address: `2001:db8:0:${n.toString(16)}::/64` })
  }
  tally.tell()
  t.equal(events.length, 101)
  t.same(events[0], { event: 'http.throttled', address: '2001:db8:0:0::/64', count: 3 })
  t.same(events.at(-1), { event: 'http.throttled', count: 3 * 9_900 })
})
