/**
 * What a server does beside requests costs the same, however many tenants there are in which nothing happens. Time is the test's
 * own: it goes on when nothing is under way any more.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { keepIndexed } from '../src/interactions/search/own/reindex.ts'
import { keepAudit } from '../src/security/audit/keep-audit.ts'
import { openAuditLog } from '../src/security/audit/log.ts'
import type { Store } from '../src/store/port.ts'
import { base, onBothStores, type World } from './world.ts'

/** Counts what is asked of a store, and knows what is not answered yet. */
function openCount() {
  const asked = new Map<string, number>()
  let under = 0
  const counted = (store: Store): Store =>
    new Proxy(store, {
      get(target, name: keyof Store) {
        const method: unknown = target[name]
        if (typeof method !== 'function') return method
        return (...args: readonly unknown[]) => {
          asked.set(name, (asked.get(name) ?? 0) + 1)
          const answer: unknown = method.apply(target, args)
          if (!(answer instanceof Promise)) return answer
          under++
          return answer.finally(() => under--)
        }
      },
      ownKeys: target => Reflect.ownKeys(target),
    })
  return {
    counted,
    take(): Readonly<Record<string, number>> {
      const taken = Object.fromEntries([...asked].sort(([a], [b]) => a.localeCompare(b)))
      asked.clear()
      return taken
    },
    async quiet(): Promise<void> {
      for (let turns = 0; turns < 5; turns++) {
        await nextTurn()
        if (under > 0) turns = 0
      }
    },
  }
}

/** Sleepers wake in order, each at his time. */
function openTime(world: World, quiet: () => Promise<void>) {
  const sleepers: { readonly at: number; readonly wake: () => void }[] = []
  let now = 0
  return {
    elapsed: () => now,
    sleep: (ms: number) =>
      new Promise<void>(wake => {
        sleepers.push({ at: now + ms, wake })
        sleepers.sort((a, b) => a.at - b.at)
      }),
    async pass(ms: number): Promise<void> {
      const end = now + ms
      for (await quiet(); sleepers[0] && sleepers[0].at <= end; await quiet()) {
        const { at, wake } = sleepers.shift() ?? sleepers[0]
        world.clock += at - now
        now = at
        wake()
      }
      world.clock += end - now
      now = end
    },
    /** Nobody sleeps any more. */
    wakeAll(): void {
      for (const { wake } of sleepers.splice(0)) wake()
    },
  }
}

await onBothStores(async (t, open) => {
  /** What works beside requests, in a world where each tenant has something. */
  async function working(count: number) {
    const counting = openCount()
    const world = await open({ around: async store => counting.counted(store) })
    const { store, ctx } = world
    const names = Array.from({ length: count }, (_, at) => `t${at}`)
    for (const tenant of names) await world.ask('POST', 'Patient', { resourceType: 'Patient' }, { 'x-tenant': tenant })
    const time = openTime(world, counting.quiet)
    const stopping = new AbortController()
    const failures: unknown[] = []
    const needs = {
      ...{ store, elapsed: time.elapsed, sleep: time.sleep, signal: stopping.signal },
      clock: () => world.clock,
      owner: 'tests',
      load: () => 0,
      observe: (event: object) => void ('error' in event && failures.push(event.error)),
      tenants: async () => names,
    }
    const { definitions } = ctx
    const indexIn = async (tenant: string) => {
      const { index } = await definitions.of(tenant)
      return (resource: Parameters<typeof index>[0], id: string) => index(resource, id, base).entries
    }
    const all = Promise.all([
      keepIndexed({ ...needs, definitions, base: () => base }),
      keepAudit({ ...needs, indexIn }),
    ])
    t.teardown(async () => {
      stopping.abort()
      time.wakeAll()
      await all
    })
    return { ...{ world, names, time, failures }, asked: counting.take }
  }

  /** Of ten seconds, some time after the last request. */
  async function ofIdleSeconds({ time, asked }: Pick<Awaited<ReturnType<typeof working>>, 'time' | 'asked'>) {
    await time.pass(40_000)
    asked()
    await time.pass(10_000)
    return asked()
  }

  t.test('idle tenants cost nothing, however many they are', async t => {
    const [few, many] = [await working(1), await working(12)]
    const cost = await ofIdleSeconds(few)
    t.same(Object.keys(cost), ['ends', 'noted'], 'one question of each kind for all tenants')
    t.same(await ofIdleSeconds(many), cost)
    t.same([...few.failures, ...many.failures], [])
  })

  t.test('what happens in one of them is noticed, and costs what one costs', async t => {
    const it = await working(12)
    const quiet = await ofIdleSeconds(it)
    const { world, names, time, asked } = it
    const [tenant = ''] = names
    const log = openAuditLog({ store: world.store, newId: () => 'portion', observe: () => {}, sleep: async () => {} })
    const exchange = { tenant, base, request: 'r', at: world.clock, address: '127.0.0.1' }
    log.tell({ exchange, did: { what: 'token-refused', outcome: '4', why: '401 login' }, patients: [] })
    await log.close()
    t.same(await world.store.noted(names, 'audit-log'), [tenant])
    asked()
    await time.pass(60_000)
    const cost = asked()
    t.equal(cost['commit'], 1, 'it became an event')
    t.equal(cost['reindex'], 1, 'that is found')
    const { versions } = await world.store.history({
      tenant,
      type: 'AuditEvent',
      order: 'oldest',
      until: 1e9,
      limit: 9,
    })
    t.equal(versions.length, 1)
    t.ok(await world.store.note({ tenant, kind: 'audit-head', id: 'head' }), 'and sealed')
    asked()
    t.same(await ofIdleSeconds(it), quiet, 'then all is quiet again')
    t.same(it.failures, [])
  })
})
