/**
 * Proves that whichever call of the store fails during a transaction, all of it happens or nothing, its client gets an
 * OperationOutcome that tells the truth (503: nothing was changed, try again; 500 and 504: nobody knows), the server goes on,
 * and the same request sent again under its Idempotency-Key happens exactly once.
 *
 * A run without failures lists the calls: those of the port, the steps inside of the adapter by its fault hooks, and the
 * commands that go to MongoDB. Then each of them fails once, in every way it can.
 *
 * Negative control: a store that commits the changes one by one; the same checker must find partial transactions.
 */
import type { Test } from 'tap'
import { type Breaking, splits } from './broken-store.ts'
import { examine, type Violation } from './checker.ts'
import { type Deed, perform } from './journal.ts'
import { type Kiln, openKiln } from './kiln.ts'
import { kinds, onSqlite, type Place } from './places.ts'
import { relay } from './relay.ts'
import { everyKind } from './requests.ts'
import { openStriker, type Striker, secret, struck, type Way, ways } from './strike.ts'

export type FailSizes = {
  /** Entries of every kind. */
  readonly blocks: number
  /** Of the commands to MongoDB, which are many and slow, every so-manieth is cut. */
  readonly stride: number
}

export async function failingCallTests(t: Test, { blocks, stride }: FailSizes): Promise<void> {
  for (const { name, fresh } of await kinds()) {
    await t.test(
      `on ${name}, whichever call of the store fails, a transaction happens whole or not at all`,
      async t => {
        const { kiln, striker } = await openStruck(fresh(t))
        await failAll(t, kiln, striker, ways, blocks)
        await kiln.close()
      },
    )
    await t.test(
      `on ${name}, whichever step inside of the store fails, a transaction happens whole or not at all`,
      async t => {
        const striker = openStriker()
        const fault = (step: string): void => {
          if (striker.hit(step)) throw new Error(secret)
        }
        const kiln = await openKiln(fresh(t), { fault })
        await failAll(t, kiln, striker, ['unavailable'], blocks)
        await kiln.close()
      },
    )
  }
  const mongo = (await kinds()).find(({ name }) => name === 'MongoDB')
  if (mongo) {
    await t.test(
      'whichever command to MongoDB loses its connection, a transaction happens whole or not at all',
      async t => {
        const striker = openStriker()
        const url = await relay(t, mongo.fresh(t).store, striker)
        const kiln = await openKiln({ name: 'MongoDB', store: url })
        await failAll(t, kiln, striker, ['unavailable', 'lost'], blocks, stride)
        await kiln.close()
      },
    )
  }
  await t.test('a store that commits the changes one by one is caught', async t => {
    const { kiln, striker } = await openStruck(onSqlite(t), splits())
    const found: Violation[] = []
    const journal: Deed[] = []
    const count = await countCalls(t, kiln, striker, journal, blocks)
    for (let index = 0; index < count; index++) {
      const { violations } = await failOne(kiln, striker, journal, {
        name: `split${index}`,
        index,
        way: 'unavailable',
        blocks,
      })
      found.push(...violations)
    }
    t.ok(
      found.some(({ kind }) => kind === 'partial'),
      found[0]?.what ?? 'nothing was found',
    )
    await kiln.close()
  })
}

async function openStruck(
  place: Place,
  breaking: Breaking = store => store,
): Promise<{ kiln: Kiln; striker: Striker }> {
  const striker = openStriker()
  return { kiln: await openKiln(place, { wrap: store => breaking(struck(store, striker)) }), striker }
}

async function failAll(
  t: Test,
  kiln: Kiln,
  striker: Striker,
  how: readonly Way[],
  blocks: number,
  stride = 1,
): Promise<void> {
  const journal: Deed[] = []
  const count = await countCalls(t, kiln, striker, journal, blocks)
  for (const way of how) {
    for (let index = 0; index < count; index += stride) {
      const name = `${way}${index}`
      const { deed, call, violations } = await failOne(kiln, striker, journal, { name, index, way, blocks })
      const at = `call ${index + 1}, ${call}, ${way}`
      honest(t, deed, way, at)
      t.same(violations.slice(0, 5), [], `${at}: all or nothing`)
      const again = await perform(kiln.client, journal, deed.asked, deed.wants)
      t.equal(again.became, 'acknowledged', `${at}: it succeeds when it is sent again`)
      deed.became = 'unknown' // what is there now is there by the second
    }
  }
  t.same((await examine(kiln.client, journal)).slice(0, 5), [], 'everything happened exactly once')
}

async function countCalls(t: Test, kiln: Kiln, striker: Striker, journal: Deed[], blocks: number): Promise<number> {
  const { before, change } = everyKind('whole', blocks)
  await perform(kiln.client, journal, before.asked, before.wants)
  striker.arm()
  const { became } = await perform(kiln.client, journal, change.asked, change.wants)
  const calls = [...striker.calls]
  t.equal(became, 'acknowledged')
  t.ok(calls.some(call => call.startsWith('commit')))
  t.comment(`${calls.length} calls: ${[...new Set(calls)].join(', ')}`)
  return calls.length
}

type Failure = { readonly name: string; readonly index: number; readonly way: Way; readonly blocks: number }

async function failOne(kiln: Kiln, striker: Striker, journal: Deed[], { name, index, way, blocks }: Failure) {
  const { before, change } = everyKind(name, blocks)
  await perform(kiln.client, journal, before.asked, before.wants)
  striker.arm(index, way)
  const deed = await perform(kiln.client, journal, change.asked, change.wants)
  const call = striker.calls[index] ?? 'never came'
  striker.arm()
  return { deed, call, violations: await examine(kiln.client, journal, journal.slice(-2)) }
}

/** By status: 503 says that nothing was changed, 504 and `incomplete` that somebody must look. A bug may not say more than it is. */
const codes: Readonly<Record<number, readonly string[]>> = {
  500: ['incomplete', 'exception'],
  503: ['transient'],
  504: ['incomplete'],
}

/** An answer came, and says no more and no less than is true. Some failures are overcome. */
function honest(t: Test, { reply }: Deed, way: Way, at: string): void {
  const { status = 0, headers = {}, text = '' } = reply ?? {}
  if (status === 200) return
  const { resourceType, issue } = JSON.parse(text) as Outcome
  t.equal(resourceType, 'OperationOutcome', `${at}: ${status}`)
  t.equal(issue.length, 1)
  const code = issue[0]?.code ?? ''
  t.ok(codes[status]?.includes(code), `${at}: ${status} ${code}`)
  t.equal(code === 'exception', way === 'bug' && status === 500, `${at}: only a bug is called one`)
  t.equal(headers['retry-after'], status === 503 ? '1' : undefined, `${at}: Retry-After of ${status}`)
  t.notOk(text.includes(secret) || /node:|\.ts\b|Error\b/.test(text), `${at}: nothing of the inside goes out`)
}

type Outcome = { readonly resourceType: string; readonly issue: readonly { readonly code: string }[] }
