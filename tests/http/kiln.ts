/** A whole Kiln on a real socket and a store of its own. */
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { openApp } from '../../src/app.ts'
import { type Environment, parseConfig } from '../../src/config.ts'
import { openVocabulary } from '../../src/interactions/vocabulary/vocabulary.ts'
import { type Event, openMetrics } from '../../src/observe.ts'
import { openRuntime } from '../../src/runtime.ts'
import type { Smart } from '../../src/security/smart/smart.ts'
import type { Store } from '../../src/store/port.ts'

export type Kiln = {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
  readonly base: string
  readonly port: number
  readonly events: readonly Event[]
  readonly store: Store
  /** Of the store, as KILN_STORE. */
  readonly place: string
  /** Where authentication is on. */
  readonly smart: Smart
  drain(): void
  create(type: string, body?: object): Promise<string>
}

export async function openKiln(t: Test, environment: Environment = {}, over: Partial<Store> = {}): Promise<Kiln> {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-http-'))
  const events: Event[] = []
  const metrics = openMetrics()
  const observe = (event: Event): void => {
    events.push(event)
    metrics.read(event)
  }
  const config = parseConfig({
    KILN_AUTH: 'none',
    KILN_PORT: '0',
    KILN_STORE: `sqlite:${folder}`,
    KILN_SYNCHRONOUS: 'NORMAL',
    KILN_MAX_EVENT_LOOP_DELAY: '0', // a machine with other work must not fail a test
    ...environment,
  })
  const outside = { clock: Date.now, random: randomBytes, newId: () => randomUUID(), elapsed: () => performance.now() }
  const runtime = await openRuntime(config, outside, observe)
  const store = { ...runtime.store, ...over }
  const vocabularies = openVocabulary({ store, clock: outside.clock, turn: runtime.turn, library: runtime.library })
  const app = openApp({ ...runtime, store, vocabularies }, metrics)
  await app.server.listen({ host: config.KILN_HOST, port: config.KILN_PORT })
  t.teardown(async () => {
    app.server.server.closeAllConnections()
    await app.server.close()
    await runtime.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const { port } = app.server.server.address() as { port: number }
  const origin = `http://127.0.0.1:${port}`
  const base = `${origin}/fhir`
  return {
    origin,
    base,
    port,
    events,
    store: runtime.store,
    place: config.KILN_STORE,
    smart: runtime.smart as Smart, // there where authentication is on
    drain: app.drain,
    async create(type, body = {}) {
      const headers = { 'content-type': 'application/fhir+json' }
      const answer = await fetch(`${base}/${type}`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ resourceType: type, ...body }),
      })
      if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`)
      return String(((await answer.json()) as { id: string }).id)
    },
  }
}

/** Everything that comes back on a connection until it is closed, whatever is written to it. */
export function speak(port: number, write: (socket: Socket) => void): Promise<string> {
  return new Promise(resolve => {
    let heard = ''
    const socket = connect(port, '127.0.0.1', () => write(socket))
    socket.setEncoding('latin1')
    socket.on('data', text => {
      heard += text
    })
    socket.on('error', () => {}) // a reset is an end like any other
    socket.on('close', () => resolve(heard))
  })
}

/** The issue codes of an OperationOutcome, or what came instead. */
export async function issuesOf(answer: Response): Promise<readonly { code: string; diagnostics: string }[]> {
  const body = (await answer.json()) as { resourceType: string; issue: { code: string; diagnostics: string }[] }
  if (body.resourceType !== 'OperationOutcome') throw new Error(`a ${body.resourceType} came`)
  return body.issue
}
