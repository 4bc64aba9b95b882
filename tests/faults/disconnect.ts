/**
 * Proves that a transaction of 400 entries happens whole or not at all when its client disconnects while it sends, while the
 * server works or while the answer comes, and when the server itself hangs up; that an upload that was cut never has an
 * effect; that the server goes on; and that sending again with the same Idempotency-Key makes it happen exactly once.
 *
 * Negative control: a server that commits the entries one by one, and stops when the connection is gone, is cut in the same
 * way; the same checker must find partial transactions.
 */
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { splits } from './broken-store.ts'
import { examine } from './checker.ts'
import { type Deed, perform } from './journal.ts'
import { type Kiln, openKiln } from './kiln.ts'
import { kinds, onSqlite, type Place } from './places.ts'
import { openRandom, type Random } from './random.ts'
import { type Change, creation, transaction } from './requests.ts'

/** How often each kind of cut is made. */
export type CutSizes = { readonly SQLite: number; readonly MongoDB: number }

const size = 400 // entries
const cuts = ['upload', 'work', 'answer', 'hang-up'] as const
type Cut = (typeof cuts)[number]

export async function disconnectTests(t: Test, sizes: CutSizes): Promise<void> {
  const random = openRandom(t)
  for (const { name, fresh } of await kinds()) {
    await t.test(`on ${name}, a transaction that loses its connection happens whole or not at all`, t =>
      cutAll(t, fresh(t), sizes[name], random),
    )
    await t.test(`on ${name}, a client that stalls is told so, and nothing happens`, t => stall(t, fresh(t)))
  }
  for (const cut of ['work', 'hang-up'] as const) {
    await t.test(`a server that commits entry by entry is caught by a cut of the kind '${cut}'`, t =>
      control(t, cut, random),
    )
  }
}

async function cutAll(t: Test, place: Place, times: number, random: Random): Promise<void> {
  const journal: Deed[] = []
  const kiln = await openKiln(place)
  const pace = await measure(kiln, journal)
  for (let round = 0; round < times; round++) {
    for (const cut of cuts) {
      const name = `${cut}${round}`
      const { asked, wants } = transaction(name, size)
      const keyed = { ...asked, headers: { 'idempotency-key': name } }
      journal.push(await cutOne(kiln, { asked: keyed, wants }, cut, pace, random))
      const next = creation(`after-${name}`)
      t.equal((await perform(kiln.client, journal, next.asked, next.wants)).became, 'acknowledged', `after ${name}`)
      if (cut !== 'upload' && random.next() < 0.5) {
        const again = await perform(kiln.client, journal, keyed, wants)
        t.equal(again.became, 'acknowledged', `${name} again: ${again.reply?.status}`)
      }
    }
  }
  t.same(kiln.bugs, [], 'a connection that is gone is no bug')
  await kiln.close() // waits for what is still under way, so that from now on nothing changes any more
  const later = await openKiln(place)
  t.same((await examine(later.client, journal)).slice(0, 5), [], `a transaction took ${Math.round(pace)} ms`)
  await later.close()
}

/** ms that a whole one takes, when the code is still cold; soon it takes half of that. */
async function measure({ client }: Kiln, journal: Deed[]): Promise<number> {
  const first = transaction('warm', size)
  await perform(client, journal, first.asked, first.wants)
  const since = performance.now()
  const whole = transaction('whole', size)
  await perform(client, journal, whole.asked, whole.wants)
  return performance.now() - since
}

async function cutOne(kiln: Kiln, { asked, wants }: Change, cut: Cut, pace: number, random: Random): Promise<Deed> {
  if (cut === 'hang-up') kiln.hangUpAfter(1 + random.below(pace / 2))
  const socket = connect(kiln.port, '127.0.0.1')
  const heard = hear(socket, cut === 'answer')
  const bytes = print(asked)
  const sent = cut === 'upload' ? random.below(bytes.length) : bytes.length
  await new Promise<void>(resolve => socket.write(bytes.subarray(0, sent), () => resolve()))
  if (cut === 'work') await sleep(random.below(pace / 2))
  if (cut === 'upload' || cut === 'work') await cutOff(socket, random)
  const answer = await heard
  kiln.hangUpAfter(0)
  // Without its end an upload can have no effect; an answer that has begun to come is a promise.
  const became = answer.startsWith('HTTP/1.1 200') ? 'acknowledged' : cut === 'upload' ? 'refused' : 'unknown'
  return { asked, wants, became, stored: [], reply: undefined }
}

/** Politely or not. */
async function cutOff(socket: Socket, random: Random): Promise<void> {
  if (random.next() < 0.5) socket.destroy()
  else socket.resetAndDestroy()
}

/** All that came until the connection ended; with `barely`, it is ended at the first bytes. */
function hear(socket: Socket, barely = false): Promise<string> {
  let heard = ''
  socket.on('data', (chunk: Buffer) => {
    heard += chunk.toString('latin1')
    if (barely) socket.destroy()
  })
  socket.on('error', () => {}) // 'close' follows
  return new Promise(resolve => socket.on('close', () => resolve(heard)))
}

function print({ body = '', headers }: Change['asked']): Buffer {
  const lines = Object.entries({
    host: 'localhost',
    connection: 'close',
    'content-type': 'application/fhir+json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`POST /fhir HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
}

/** The server's own timeout, while it waits for the rest of the body. */
async function stall(t: Test, place: Place): Promise<void> {
  const kiln = await openKiln(place, { environment: { KILN_REQUEST_TIMEOUT: '200' } })
  const { asked, wants } = transaction('stalled', size)
  const socket = connect(kiln.port, '127.0.0.1')
  const heard = hear(socket)
  const bytes = print(asked)
  socket.write(bytes.subarray(0, bytes.length / 2))
  const answer = await heard
  t.match(answer, /^HTTP\/1\.1 408 .*"resourceType":"OperationOutcome"/s)
  t.notMatch(answer, /node:|\.ts\b/, 'no stack')
  const journal: Deed[] = [{ asked, wants, became: 'refused', stored: [], reply: undefined }]
  const next = transaction('next', size)
  await perform(kiln.client, journal, next.asked, next.wants)
  t.equal(journal[1]?.became, 'acknowledged', 'the next one is served')
  t.same(await examine(kiln.client, journal), [])
  await kiln.close()
}

async function control(t: Test, cut: 'work' | 'hang-up', random: Random): Promise<void> {
  let gone = false
  const place = onSqlite(t)
  const onClose = (): void => {
    gone = true
  }
  const kiln = await openKiln(place, { wrap: splits(() => !gone), onClose })
  const journal: Deed[] = []
  const pace = await measure(kiln, journal)
  let kind: readonly string[] = []
  // Where the cut falls is chance: now and then before the first entry.
  for (let tries = 0; tries < 5 && kind.length === 0; tries++) {
    gone = false
    journal.push(await cutOne(kiln, transaction(`cut${tries}`, size), cut, pace, random))
    await sleep(20) // what was begun gives up
    kind = (await examine(kiln.client, journal, [])).map(violation => violation.kind)
  }
  t.ok(kind.includes('partial'), kind.join(', '))
  await kiln.close()
}
