import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openHolder } from '../../src/jobs/lease.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'

const folder = mkdtempSync(join(tmpdir(), 'kiln-'))
let now = 1_000_000
const clock = (): number => now
const store = await openSqlite({ clock, random: n => randomBytes(n), observe: () => {}, path: join(folder, 'kiln.db') })
t.teardown(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

let tenants = 0
const holders = () => {
  const tenant = `t${tenants++}`
  return ['a', 'b'].map(owner => openHolder({ store, clock, owner }, tenant, 'job')) as [Holder, Holder]
}
type Holder = ReturnType<typeof openHolder>

t.test('one has it for as long as it asks, then another', async t => {
  const [a, b] = holders()
  const first = await a.fence()
  for (let turn = 0; turn < 20; turn++) {
    t.equal((await a.fence())?.token, first?.token)
    t.equal(await b.fence(), undefined)
    now += 1_000
  }
  await a.release()
  t.ok(await b.fence())
  t.equal(await a.fence(), undefined)
})

t.test('whoever falls silent loses it', async t => {
  const [a, b] = holders()
  const first = await a.fence()
  now += 60_000
  const second = await b.fence()
  t.ok((second?.token ?? 0) > (first?.token ?? 0))
  t.equal(await a.fence(), undefined)
  await a.release()
  t.equal((await b.fence())?.token, second?.token, 'and can release it no more')
})

t.test('whoever was silent, but alone, gets it anew', async t => {
  const [a] = holders()
  const first = await a.fence()
  now += 60_000
  t.ok(((await a.fence())?.token ?? 0) > (first?.token ?? 0))
})
