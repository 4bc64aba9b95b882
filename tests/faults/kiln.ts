/** A whole Kiln in this process, on real sockets, whose store a test may wrap or let fail. */
import { randomBytes, randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { openApp } from '../../src/app.ts'
import { type Environment, parseConfig } from '../../src/config.ts'
import { loadDefinitions } from '../../src/conformance/definitions.ts'
import { openDefinitions } from '../../src/interactions/search/own/definitions.ts'
import { openValidation } from '../../src/interactions/validation/validation.ts'
import { openVocabulary } from '../../src/interactions/vocabulary/vocabulary.ts'
import { type Event, openMetrics } from '../../src/observe.ts'
import type { Runtime } from '../../src/runtime.ts'
import { openAuditLog } from '../../src/security/audit/log.ts'
import { openTenants } from '../../src/security/tenants/tenants.ts'
import { openMongo } from '../../src/store/mongo/open.ts'
import type { Store, StoreNeeds } from '../../src/store/port.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { compileStructure } from '../../src/validation/structure.ts'
import { type Client, openClient } from './client.ts'
import type { Place } from './places.ts'

export type Kiln = {
  readonly origin: string
  readonly port: number
  readonly client: Client
  /** What the process called a bug of its own. */
  readonly bugs: readonly unknown[]
  /** Connections made from now on are hung up after so many ms without a byte; 0: never. */
  hangUpAfter(ms: number): void
  close(): Promise<void>
}

export type KilnOptions = {
  readonly wrap?: (store: Store) => Store
  readonly fault?: NonNullable<StoreNeeds['fault']>
  readonly environment?: Environment
  /** A connection has ended. */
  readonly onClose?: () => void
}

const definitions = loadDefinitions()
const structure = compileStructure(definitions.shapes)
const turn = () => nextTurn()
const settings = { handling: 'strict', budget: 10_000 } as const
const outside = { clock: Date.now, random: randomBytes, newId: () => randomUUID(), elapsed: () => performance.now() }

export async function openKiln(place: Place, options: KilnOptions = {}): Promise<Kiln> {
  const { wrap = store => store, environment = {}, onClose } = options
  // A loaded machine would otherwise turn requests away, which is another test's business.
  const config = parseConfig({
    KILN_AUTH: 'none',
    KILN_PORT: '0',
    KILN_STORE: place.store,
    KILN_MAX_EVENT_LOOP_DELAY: '0',
    ...environment,
  })
  const bugs: unknown[] = []
  const observe = (event: Event): void => {
    if (event.event === 'http.failed') bugs.push(event.error)
  }
  const store = await openStore(place, { ...outside, observe, ...(options.fault ? { fault: options.fault } : {}) })
  // What is looked up now and then is no request's: it does not go by whoever counts their calls.
  const known = { definitions, store, clock: outside.clock, turn }
  const own = openDefinitions({ ...known, settings, files: [] })
  const vocabularies = openVocabulary(known)
  const validation = openValidation({ ...known, structure, settings: { unknownProfiles: 'accept' } })
  const fixed = [{ name: 'default', integrity: false }]
  const tenants = await openTenants({ store: { notes: async () => [] }, clock: outside.clock, fixed })
  const keepIndexed = async (): Promise<void> => {}
  const audit = openAuditLog({ store, newId: outside.newId, observe, sleep: ms => sleep(ms) })
  const close = async (): Promise<void> => {
    await audit.close()
    await store.close()
  }
  const runtime: Runtime = {
    ...{
      config,
      outside,
      observe,
      definitions,
      own,
      validation,
      vocabularies,
      turn,
      keepIndexed,
      tenants,
      close,
      library: undefined,
      audit,
      load: () => 0,
    },
    store: wrap(store),
    beneath: store,
  }
  const { server } = openApp(runtime, openMetrics())
  const http = server.server
  http.on('connection', (socket: Socket) => socket.on('close', () => onClose?.()))
  await server.listen({ host: config.KILN_HOST, port: config.KILN_PORT })
  const { port } = http.address() as { port: number }
  const origin = `http://127.0.0.1:${port}`
  const client = openClient(origin)
  return {
    origin,
    port,
    client,
    bugs,
    hangUpAfter(ms) {
      http.timeout = ms
    },
    async close() {
      client.close()
      http.closeAllConnections()
      await server.close()
      await close()
    },
  }
}

/** `NORMAL`: no test here cuts the power. */
function openStore({ name, store }: Place, needs: StoreNeeds): Promise<Store> {
  return name === 'SQLite'
    ? openSqlite({ ...needs, path: store.slice('sqlite:'.length), synchronous: 'NORMAL' })
    : openMongo({ ...needs, url: store })
}
