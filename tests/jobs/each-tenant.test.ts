import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { forEachTenant } from '../../src/jobs/each-tenant.ts'

/** Looks as often as it is told to. */
function openWatch() {
  const stopping = new AbortController()
  const marks = new Map<string, unknown>()
  const calls: string[] = []
  const failures: unknown[] = []
  const asked = { tenants: 0, marks: 0 }
  let open: readonly string[] = []
  let now = 0
  let wake: () => void = () => {}
  let act = async (_tenant: string): Promise<number> => Number.POSITIVE_INFINITY
  const working = forEachTenant(
    {
      async tenants() {
        asked.tenants++
        return open
      },
      signal: stopping.signal,
      sleep: () =>
        new Promise<void>(resolve => {
          wake = resolve
        }),
      elapsed: () => now,
      failed: error => void failures.push(error),
    },
    {
      pause: 1_000,
      async marks(tenants) {
        asked.marks++
        return new Map([...marks].filter(([tenant]) => tenants.includes(tenant)))
      },
      act(tenant, isNew) {
        calls.push(`${tenant}${isNew ? '' : ' again'}`)
        return act(tenant)
      },
    },
  )
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) await nextTurn()
  }
  return {
    ...{ marks, failures, asked },
    among(...tenants: readonly string[]): void {
      open = tenants
    },
    does(next: typeof act): void {
      act = next
    },
    /** What was called at the next look, `ms` later. */
    async look(ms = 1_000): Promise<readonly string[]> {
      await settle() // it may still be on its way to its rest
      now += ms
      wake()
      await settle()
      return calls.splice(0)
    },
    async stop(): Promise<void> {
      stopping.abort()
      wake()
      await working
    },
    settle,
  }
}

t.test('a tenant is called when there is something new, and left alone otherwise', async t => {
  const { among, marks, look, stop } = openWatch()
  among('a', 'b')
  marks.set('a', 1)
  t.same(await look(), ['a'], 'b has nothing to be done')
  t.same(await look(), [])
  marks.set('b', 5)
  t.same(await look(), ['b'])
  marks.set('a', 2)
  marks.set('b', 6)
  t.same(await look(), ['a', 'b'])
  t.same(await look(3_600_000), [])
  await stop()
})

t.test('however many tenants there are, a look is two questions', async t => {
  const { among, marks, look, stop, asked } = openWatch()
  const many = Array.from({ length: 500 }, (_, at) => `t${at}`)
  among(...many)
  for (const tenant of many) marks.set(tenant, 1)
  t.equal((await look()).length, 500)
  const before = { ...asked }
  for (let looks = 0; looks < 10; looks++) t.same(await look(), [])
  t.same(asked, { tenants: before.tenants + 10, marks: before.marks + 10 })
  await stop()
})

t.test('what was left is done at the next look, or when it said', async t => {
  const { among, marks, look, does, stop } = openWatch()
  among('a')
  marks.set('a', 1)
  does(async () => 0)
  t.same(await look(), ['a'])
  t.same(await look(), ['a again'])
  does(async () => 5_000)
  t.same(await look(), ['a again'])
  t.same(await look(), [])
  t.same(await look(4_000), ['a again'])
  marks.delete('a')
  t.same(await look(), [], 'nothing new')
  t.same(await look(5_000), ['a again'], 'but it was said')
  await stop()
})

t.test('a failure is told, and the work tried again', async t => {
  const { among, marks, look, does, stop, failures } = openWatch()
  among('a', 'b')
  marks.set('a', 1)
  marks.set('b', 1)
  does(async tenant => {
    if (tenant === 'a') throw new Error('no store')
    return Number.POSITIVE_INFINITY
  })
  t.same(await look(), ['a', 'b'])
  t.same(await look(), ['a again'])
  t.match(failures, [{ message: 'no store' }, { message: 'no store' }])
  does(async () => Number.POSITIVE_INFINITY)
  t.same(await look(), ['a again'])
  t.same(await look(), [])
  await stop()
})

t.test('one call comes after the other, and what is written meanwhile makes another', async t => {
  const { among, marks, look, does, stop, settle } = openWatch()
  const { promise, resolve } = Promise.withResolvers<void>()
  among('a')
  marks.set('a', 1)
  does(async () => {
    await promise
    return Number.POSITIVE_INFINITY
  })
  t.same(await look(), ['a'])
  marks.set('a', 2)
  t.same(await look(), [], 'it is still at work')
  resolve()
  await settle()
  t.same(await look(), ['a'])
  t.same(await look(), [])
  await stop()
})

t.test('a tenant that is no more in force is left, and called anew when it is so again', async t => {
  const { among, marks, look, does, stop } = openWatch()
  among('a')
  marks.set('a', 1)
  does(async () => 0)
  t.same(await look(), ['a'])
  among()
  t.same(await look(), [])
  among('a')
  t.same(await look(), ['a'])
  await stop()
})

t.test('the end waits for what was begun', async t => {
  const { among, marks, look, does, stop } = openWatch()
  const { promise, resolve } = Promise.withResolvers<void>()
  among('a')
  marks.set('a', 1)
  let isOver = false
  does(async () => {
    await promise
    isOver = true
    return 0
  })
  t.same(await look(), ['a'])
  const stopped = stop()
  t.notOk(isOver)
  resolve()
  await stopped
  t.ok(isOver)
})
