import t from 'tap'
import { watchDelay } from '../../src/http/admission.ts'
import type { HttpEvent } from '../../src/http/event.ts'
import { issuesOf, openKiln } from './kiln.ts'

function watch(bound: number) {
  const events: HttpEvent[] = []
  let delay = Number.NaN
  const admission = watchDelay({
    mean: () => delay,
    reset() {
      delay = Number.NaN
    },
    bound,
    observe: event => events.push(event),
  })
  const after = (milliseconds: number): boolean => {
    delay = milliseconds
    admission.judge()
    return admission.overloaded()
  }
  return { admission, events, after }
}

t.test('requests are turned away while the event loop is late, and no longer', async t => {
  const { admission, after } = watch(500)
  t.teardown(admission.close)
  t.notOk(admission.overloaded(), 'before the first window')
  t.notOk(after(500), 'at the bound')
  t.ok(after(501))
  t.ok(after(2000))
  t.notOk(after(12))
  t.notOk(after(Number.NaN), 'nothing was measured')
})

t.test('overload is reported when it begins, not as long as it lasts', async t => {
  const { admission, events, after } = watch(500)
  t.teardown(admission.close)
  for (const delay of [600, 700, 10, 800]) after(delay)
  t.same(events, [
    { event: 'http.overloaded', delay: 600, bound: 500 },
    { event: 'http.overloaded', delay: 800, bound: 500 },
  ])
})

t.test('a bound of zero never turns anybody away', async t => {
  const { admission, after } = watch(0)
  t.teardown(admission.close)
  t.notOk(after(60_000))
})

t.test('an overloaded server says so with 503, is not ready, and recovers', async t => {
  const { base, origin } = await openKiln(t, { KILN_MAX_EVENT_LOOP_DELAY: '50' })
  let answer = await fetch(`${base}/metadata`)
  t.equal(answer.status, 200)
  for (let tries = 0; tries < 30 && answer.status === 200; tries++) {
    const until = performance.now() + 100
    while (performance.now() < until); // nobody else gets a turn
    answer = await fetch(`${base}/metadata`)
  }
  t.equal(answer.status, 503)
  t.equal(answer.headers.get('retry-after'), '1')
  t.match(await issuesOf(answer), [{ code: 'transient' }])
  t.equal((await fetch(`${origin}/ops/ready`)).status, 503)
  for (let tries = 0; tries < 100 && answer.status === 503; tries++) {
    await new Promise(resolve => setTimeout(resolve, 50))
    answer = await fetch(`${base}/metadata`)
  }
  t.equal(answer.status, 200)
})
