/** A whole Kiln below HTTP, on a real store, whose clock and ids a test holds in its hand. */

import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { loadDefinitions } from '../src/conformance/definitions.ts'
import { toOutcome } from '../src/fhir/issue.ts'
import { parseJson, printJson } from '../src/fhir/json.ts'
import type { JsonObject, Resource } from '../src/fhir/resource.ts'
import { unaudited } from '../src/interactions/audited.ts'
import { dispatch, tabulate } from '../src/interactions/dispatch.ts'
import { interactions } from '../src/interactions/index.ts'
import type { Answer, Method, Payload, Surroundings } from '../src/interactions/interaction.ts'
import { foreseen } from '../src/interactions/refusal.ts'
import { openRights } from '../src/interactions/rights.ts'
import type { SearchSettings } from '../src/interactions/search/needs.ts'
import { openDefinitions } from '../src/interactions/search/own/definitions.ts'
import { openValidation, type ValidationNeeds } from '../src/interactions/validation/validation.ts'
import { openVocabulary, type VocabularyNeeds } from '../src/interactions/vocabulary/vocabulary.ts'
import type { OwnDefinition } from '../src/search/own/beside.ts'
import type { Principal } from '../src/security/principal.ts'
import { openMongo } from '../src/store/mongo/open.ts'
import type { Store, StoreNeeds } from '../src/store/port.ts'
import { openSqlite } from '../src/store/sqlite/open.ts'
import { compileStructure } from '../src/validation/structure.ts'
import { mongoUrl } from './mongo-engine/engine.ts'

export const base = 'http://kiln.test/fhir'

const definitions = loadDefinitions()
const { shapes } = definitions
const structure = compileStructure(shapes)
const usual: SearchSettings = { handling: 'strict', budget: 10_000 }

export type Reply = {
  status: number
  headers: Record<string, string | undefined>
  json: string
  body: Loose
  bytes?: Uint8Array
}
// biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely by tests
export type Loose = any

export type World = {
  readonly ctx: Surroundings
  readonly store: Store
  /** ms; a test may set it. */
  clock: number
  ask(method: Method, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>
  /** As somebody with rights of his own. */
  as(principal: Partial<Principal> & { scope: string }, other?: Pick<World, 'ctx'>): World['ask']
  /** As another process on the same store would answer, with these files. */
  other(files?: readonly OwnDefinition[]): Pick<World, 'ctx' | 'ask'>
  /** The same with connections of its own, so that it hears of nothing but by the store. */
  apart(): Promise<Pick<World, 'ctx' | 'ask'>>
}

/** What a test has otherwise. */
export type Over = Partial<Surroundings> & {
  readonly settings?: Partial<SearchSettings & ValidationNeeds['settings']>
  readonly library?: VocabularyNeeds['library']
  /** What stands before the store: `id` is its folder, or its database. */
  readonly around?: (store: Store, id: string) => Promise<Store>
}

export type Backing = {
  readonly name: string
  open(needs: StoreNeeds, id: string): Promise<Store>
  drop(id: string): Promise<void> | void
}

const sqlite: Backing = {
  name: 'sqlite',
  open: (needs, id) => openSqlite({ ...needs, path: join(id, 'kiln.db'), synchronous: 'NORMAL' }),
  drop: id => rmSync(id, { recursive: true, force: true }),
}

/** Runs the same tests on SQLite and, where there is one, on a MongoDB-compatible engine. */
export async function onBothStores(
  run: (test: Test, open: (over?: Over) => Promise<World>) => Promise<void>,
): Promise<void> {
  await t.test('on SQLite', async test => {
    await run(test, over => openWorld(test, sqlite, mkdtempSync(join(tmpdir(), 'kiln-')), over))
  })
  const url = await mongoUrl()
  if (url === undefined) return
  await t.test('on MongoDB', async test => {
    const mongo: Backing = {
      name: 'mongo',
      open: (needs, id) => openMongo({ ...needs, url, database: id }),
      drop: async id => {
        const { MongoClient } = await import('mongodb')
        const client = await MongoClient.connect(url)
        await client.db(id).dropDatabase()
        await client.close()
      },
    }
    await run(test, over => openWorld(test, mongo, `kiln_${randomUUID().slice(0, 8)}`, over))
  })
}

async function openWorld(
  test: Test,
  backing: Backing,
  id: string,
  { settings, library, around = async store => store, ...over }: Over = {},
): Promise<World> {
  const world = { clock: Date.UTC(2026, 0, 1) }
  const stores: Store[] = []
  const connect = async (): Promise<Store> => {
    const needs = { clock: () => world.clock, random: (n: number) => randomBytes(n), observe: () => {} }
    const store = await backing.open(needs, id)
    stores.push(store)
    return around(store, id)
  }
  const store = await connect()
  test.teardown(async () => {
    for (const each of stores) await each.close()
    await backing.drop(id)
  })
  const clock = () => world.clock
  const turn = () => nextTurn()
  const ctx = (files: readonly OwnDefinition[], store: Store): Surroundings => ({
    interactions: tabulate(interactions),
    store,
    shapes,
    clock,
    newId: randomUUID,
    definitions: openDefinitions({
      definitions,
      settings: { ...usual, ...settings },
      files,
      store,
      clock,
      turn,
    }),
    validation: openValidation({
      ...{ definitions, store, clock, turn, structure },
      settings: { unknownProfiles: 'accept', ...settings },
    }),
    rights: openRights({ store, clock, turn }),
    vocabularies: openVocabulary({ store, clock, turn, library }),
    turn,
    audited: unaudited,
    integrity: () => false,
    observe: () => {},
    capability: () => ({ resourceType: 'CapabilityStatement' }),
    ...over,
  })
  const process = (files: readonly OwnDefinition[], store: Store): Pick<World, 'ctx' | 'ask'> => {
    const own = ctx(files, store)
    return { ctx: own, ask: asker(own) }
  }
  const other: World['other'] = (files = []) => process(files, store)
  const apart: World['apart'] = async () => process([], await connect())
  const first = other()
  const as: World['as'] = (principal, from = first) =>
    asker(from.ctx, { id: principal.scope, tenant: 'default', client: 'app', purposes: [], ...principal })
  return Object.assign(world, { store, ...first, as, other, apart })
}

function asker(ctx: Surroundings, principal?: Principal): World['ask'] {
  return async (method, target, body, headers = {}) => {
    const [path = '', query = ''] = target.split('?', 2)
    const tenant = headers['x-tenant'] ?? 'default'
    try {
      const answer = await dispatch(ctx, {
        tenant,
        base,
        method,
        path,
        query,
        headers,
        ...(principal ? { principal } : {}),
        ...(body === undefined ? {} : { body: payload(body, headers) }),
      })
      return replyOf(answer)
    } catch (error) {
      const refusal = foreseen(error)
      if (!refusal) throw error
      const json = printJson(toOutcome(refusal.issues))
      return { status: refusal.status, headers: refusal.headers, json, body: JSON.parse(json) }
    }
  }
}

function payload(body: unknown, headers: Record<string, string>): Payload {
  const bytes = Buffer.from(typeof body === 'string' ? body : body instanceof Uint8Array ? body : JSON.stringify(body))
  return { is: 'bytes', bytes, type: headers['content-type'] ?? 'application/fhir+json' }
}

export function entries(reply: Reply): Loose[] {
  return reply.body.entry ?? []
}

export function resource(text: string): Resource {
  return parseJson(text) as Resource & JsonObject
}

function replyOf({ status, headers = {}, body }: Answer): Reply {
  const json = body?.is === 'json' ? body.json : ''
  const bytes = body?.is === 'content' ? { bytes: body.bytes } : {}
  return { status, headers, json, body: json === '' ? undefined : JSON.parse(json), ...bytes }
}
