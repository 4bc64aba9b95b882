import t from 'tap'
import { FhirError } from '../../src/fhir/issue.ts'
import { countAsker, type Throttle, throttle, throttlesFor } from '../../src/http/rate-limit.ts'
import type { Turned } from '../../src/security/audit/edge-event.ts'
import { fc } from '../property.ts'

/** How long a client is told to wait; 0: it is served. */
function wait(count: Throttle, key: string): number {
  try {
    count(key)
    return 0
  } catch (error) {
    if (!(error instanceof FhirError)) throw error
    return Number(error.headers['retry-after'])
  }
}

const whose = 'this address'

t.test('a burst is served, then as many as come back in time', async t => {
  let now = 5_000
  const count = throttle({ rate: { perSecond: 2, burst: 3 }, whose, elapsed: () => now })
  const served = (): boolean => wait(count, 'a') === 0
  t.same([served(), served(), served(), served()], [true, true, true, false])
  now += 499
  t.equal(served(), false, 'half a second makes one')
  now += 1
  t.same([served(), served()], [true, false])
  now += 60_000
  t.same([served(), served(), served(), served()], [true, true, true, false], 'no more than a burst is saved')
})

t.test('who comes back when he was told to is served', async t => {
  for (const perSecond of [0.1, 0.3, 1, 3, 7.7]) {
    let now = 0
    const count = throttle({ rate: { perSecond, burst: 2 }, whose, elapsed: () => now })
    for (let n = 0; n < 50; n++) {
      const seconds = wait(count, 'a')
      t.ok(Number.isInteger(seconds) && seconds >= 0 && seconds <= Math.ceil(1 / perSecond), `${seconds} s`)
      if (seconds === 0) continue
      now += seconds * 1000
      t.equal(wait(count, 'a'), 0, `${perSecond} a second, after ${seconds} s`)
    }
  }
})

t.test('in no stretch of time more are served than the rate and one burst allow', async () => {
  const pauses = fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(pauses, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), (gaps, perSecond, burst) => {
      let now = 0
      const count = throttle({ rate: { perSecond, burst }, whose, elapsed: () => now })
      const times: number[] = []
      for (const gap of gaps) {
        now += gap
        if (wait(count, 'a') === 0) times.push(now)
      }
      return times.every((from, first) =>
        times.slice(first).every((to, more) => more + 1 <= burst + ((to - from) / 1000) * perSecond + 1e-6),
      )
    }),
  )
})

t.test('one does not pay for another', async t => {
  const count = throttle({ rate: { perSecond: 1, burst: 1 }, whose, elapsed: () => 0 })
  t.equal(wait(count, 'a'), 0)
  t.equal(wait(count, 'a'), 1)
  t.equal(wait(count, 'b'), 0)
})

t.test('a refusal is a 429 that says what is allowed and when to come again', async t => {
  const count = throttle({ rate: { perSecond: 0.5, burst: 1 }, whose, elapsed: () => 0 })
  count('203.0.113.9')
  const refusal = t.throws(() => count('203.0.113.9'), FhirError)
  t.match(refusal, {
    status: 429,
    headers: { 'retry-after': '2' },
    issues: [
      {
        code: 'throttled',
        diagnostics: 'too many requests from this address: 0.5 a second are served, 1 at once; try again in 2 s',
      },
    ],
  })
})

t.test('only the newest keys are remembered, and those that keep coming', async t => {
  const count = throttle({ rate: { perSecond: 1, burst: 1 }, whose, elapsed: () => 0, keys: 10 })
  const fill = (from: number, many: number): void => {
    for (let n = from; n < from + many; n++) count(`filler ${n}`)
  }
  count('a')
  fill(0, 9) // a generation is full
  t.equal(wait(count, 'a'), 1, 'still remembered')
  fill(100, 10) // and another one
  t.equal(wait(count, 'a'), 0, 'forgotten')
})

const settings = {
  KILN_RATE_ADDRESS: '',
  KILN_RATE_CLIENT: '',
  KILN_RATE_USER: '',
  KILN_RATE_TOKEN: '',
  KILN_RATE_SIGN_IN: '',
}

function limits(over: Partial<typeof settings> = {}, isExposed = false, refused: (who: Turned) => void = () => {}) {
  return throttlesFor({ settings: { ...settings, ...over }, elapsed: () => 0, isExposed, refused })
}

t.test('settings make the limits; without them there are some where other machines can connect', async t => {
  t.same(Object.values(limits()).filter(Boolean), [])
  t.equal(Object.values(limits({}, true)).filter(Boolean).length, 5)
  const off = limits({ KILN_RATE_TOKEN: '0' }, true)
  t.equal(off.token, undefined)
  t.ok(off.signIn)
  const on = limits({ KILN_RATE_TOKEN: '0.5:2' })
  t.equal(on.signIn, undefined)
  if (!on.token) throw new Error('no limit')
  t.same(
    ['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8:0:1::1'].map(from => wait(on.token!, from)),
    [0, 0, 2, 0],
  )
})

t.test('the app and the person are counted, each of them in its tenant', async t => {
  const throttles = limits({ KILN_RATE_CLIENT: '1:3', KILN_RATE_USER: '1:2' })
  const asker = { id: 'x', tenant: 'default', client: 'app', user: 'amy', scope: '', purposes: [] }
  const count = (asked: Partial<typeof asker>) => wait(() => countAsker(throttles, { ...asker, ...asked }), '')
  t.same([count({}), count({}), count({})], [0, 0, 1], 'the person')
  t.equal(count({ user: 'bob' }), 1, 'the app has been counted three times')
  t.equal(count({ client: 'other', user: 'bob' }), 0)
  t.equal(count({ tenant: 'north' }), 0)
  const { user: _, ...alone } = asker
  t.same(
    [1, 2, 3, 4].map(() => wait(() => countAsker(throttles, { ...alone, client: 'job' }), '')),
    [0, 0, 0, 1],
  )
  for (let n = 0; n < 10; n++) t.equal(count({ client: '', user: `${n}` }), 0, 'metadata is for everybody')
})

t.test('whom a limit turns away is told, each by his name in his tenant', async t => {
  const told: Turned[] = []
  const over = { KILN_RATE_ADDRESS: '1:1', KILN_RATE_CLIENT: '1:1', KILN_RATE_USER: '1:1' }
  const throttles = limits(over, false, who => told.push(who))
  const asker = { id: 'x', tenant: 'north', client: 'app', user: 'https://login.example amy', scope: '', purposes: [] }
  const { user: _, ...alone } = asker
  for (const count of [
    () => throttles.address?.('2001:db8::1'),
    () => countAsker(throttles, asker),
    () => countAsker({ ...throttles, client: undefined }, asker),
    () => countAsker(throttles, alone),
  ]) {
    for (let n = 0; n < 2; n++) wait(count, '')
  }
  t.same(told, [
    { address: '2001:db8:0:0::/64' },
    { tenant: 'north', client: 'app' },
    { tenant: 'north', account: 'https://login.example amy' },
    { tenant: 'north', account: 'https://login.example amy' },
    { tenant: 'north', client: 'app' },
    { tenant: 'north', client: 'app' },
  ])
})
