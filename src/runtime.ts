/** The composition root: builds every long-lived object in order, closes them in reverse. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { auditReader } from './audit-reader.ts'
import type { Config } from './config.ts'
import type { Definitions } from './conformance/definitions.ts'
import { loadDefinitions } from './conformance/definitions.ts'
import type { Guard, GuardNeeds, People } from './guard.ts'
import type { Current } from './interactions/current.ts'
import { type OwnDefinitions, openDefinitions } from './interactions/search/own/definitions.ts'
import { ownDefinitions } from './interactions/search/own/files.ts'
import { keepIndexed as indexing } from './interactions/search/own/reindex.ts'
import { openTurn } from './interactions/turn.ts'
import { openValidation, type Validation } from './interactions/validation/validation.ts'
import { openVocabulary, type Vocabulary } from './interactions/vocabulary/vocabulary.ts'
import type { Observe } from './observe.ts'
import { exchangeBy, openOutlets } from './outlets.ts'
import { type AuditLog, openAuditLog } from './security/audit/log.ts'
import type { Encryption } from './security/encryption/encryption.ts'
import type { KeyWrapper } from './security/encryption/key-wrapper.ts'
import { openEncryption } from './security/encryption/open.ts'
import { openVault } from './security/encryption/vault.ts'
import type { Smart } from './security/smart/smart.ts'
import { tenanted, withinQuotas } from './security/tenants/tenanted-store.ts'
import { openTenants, type Tenants } from './security/tenants/tenants.ts'
import type { Store, StoreNeeds } from './store/port.ts'
import { libraryFolder } from './terminology/config.ts'
import { type Catalog, openCatalog } from './terminology/library/catalog.ts'
import { compileStructure } from './validation/structure.ts'

/** What is outside of the process's own making. */
export type Outside = {
  readonly clock: () => number
  readonly random: (bytes: number) => Uint8Array
  readonly newId: () => string
  /** Milliseconds that only ever rise. */
  readonly elapsed: () => number
}

export type Runtime = {
  readonly config: Config
  readonly outside: Outside
  readonly observe: Observe
  readonly definitions: Definitions
  /** What holds in each tenant. */
  readonly own: OwnDefinitions
  readonly validation: Validation
  readonly vocabularies: Current<Vocabulary>
  /** Large code systems; absent where no folder is named for them. */
  readonly library: Catalog | undefined
  /** Lets others have their turn. */
  readonly turn: () => Promise<unknown>
  /** Indexes anew what other definitions were in force for, until the signal; `base` as the tenant's clients see it. */
  readonly keepIndexed: (base: (tenant: string) => string, signal: AbortSignal) => Promise<void>
  readonly tenants: Tenants
  /** For tenants that are in force, and within their quotas. */
  readonly store: Store
  /** The same whatever tenants may: for the audit, which also keeps what was done before a lock, and is not held up by one. */
  readonly beneath: Store
  /** Absent: nothing is stored encrypted. */
  readonly encryption?: Encryption
  /** Absent: nobody has to say who he is. */
  readonly smart?: Smart
  /** Those who sign in; there wherever `smart` is. */
  readonly people?: People
  /** Of what changes nothing; what is written carries its own record. */
  readonly audit: AuditLog
  /** Which part of the time since the last call this thread was at work. */
  readonly load: () => number
  close(): Promise<void>
}

export async function openRuntime(config: Config, outside: Outside, observe: Observe): Promise<Runtime> {
  const { clock, random } = outside
  // The store first: it opens while the definitions, which take most of the time, are parsed.
  const opening = openStore(config, { clock, random, observe })
  opening.catch(() => {}) // if the next line fails too, only that is told
  const definitions = loadDefinitions()
  const validate = compileStructure(definitions.shapes)
  const turn = openTurn(outside.elapsed)
  const settings = { handling: config.KILN_SEARCH_HANDLING, budget: config.KILN_SEARCH_BUDGET }
  const files = ownDefinitions(definitions, validate)
  const raw = await opening
  const tenants = await tenantsOf(config, raw, clock)
  const below = withinQuotas({ store: raw, tenants, clock })
  const { store: beneath, ...encryption } = await encrypted(config, outside, observe, { below, definitions, tenants })
  const store = tenanted({ store: beneath, tenants })
  const own = openDefinitions({ definitions, settings, files, store, clock, turn })
  const folder = libraryFolder(config)
  const library = folder === undefined ? undefined : openCatalog(folder, { clock, observe })
  const vocabularies = openVocabulary({ store, clock, turn, library })
  const validation = openValidation({
    ...{ definitions, store, clock, turn, structure: validate },
    settings: { unknownProfiles: config.KILN_UNKNOWN_PROFILES },
  })
  const audit = openAuditLog({
    store: beneath,
    newId: outside.newId,
    observe,
    sleep: ms => sleep(ms, undefined, { ref: false }),
  })
  const read = auditReader(config, audit, clock)
  const told: Observe = event => {
    observe(event)
    read(event)
  }
  const guard = { ...outside, observe: told, store, types: definitions.shapes.resourceTypes }
  const guards = config.KILN_AUTH === 'none' ? {} : await guarded(config, guard)
  const keepIndexed: Runtime['keepIndexed'] = (base, signal) =>
    indexing({
      ...{ store, clock, observe, base, signal, definitions: own, load: loadMeter() },
      tenants: tenants.open,
      owner: outside.newId(),
      elapsed: outside.elapsed,
      sleep: ms => sleep(ms, undefined, { signal }).catch(() => {}),
    })
  return {
    config,
    outside,
    observe: told,
    definitions,
    own,
    validation,
    vocabularies,
    library,
    turn,
    keepIndexed,
    tenants,
    ...{ store, beneath },
    audit,
    load: loadMeter(),
    ...encryption,
    ...guards,
    async close() {
      await audit.close()
      await store.close()
      library?.close()
    },
  }
}

/** Loaded where somebody has to say who he is, with all that is made of signing in. */
async function guarded(config: Config, needs: GuardNeeds): Promise<Guard> {
  const { openGuard } = await import('./guard.ts')
  return openGuard(config, needs)
}

function tenantsOf({ KILN_TENANTS, KILN_INTEGRITY }: Config, store: Store, clock: () => number): Promise<Tenants> {
  const integrity = new Set(KILN_INTEGRITY)
  const fixed = ['default', ...KILN_TENANTS].map(name => ({ name, integrity: integrity.has(name) }))
  return openTenants({ store, clock, fixed })
}

/** A store that cannot be opened with these keys is closed again: commands end by themselves. */
async function encrypted(
  config: Config,
  { random, elapsed }: Outside,
  observe: Observe,
  { below, definitions, tenants }: { below: Store; definitions: Definitions; tenants: Tenants },
) {
  try {
    const { KILN_ENCRYPTION: names, KILN_KEY_FILE: file } = config
    const settings = { names, file, ...keyService(config) }
    const needs = { definitions, settings, tenants: await tenants.kept(), random, elapsed, observe }
    return await openEncryption(below, needs)
  } catch (error) {
    await below.close()
    throw error
  }
}

function keyService(config: Config): { readonly service?: KeyWrapper } {
  const { KILN_KEY_VAULT: url, KILN_KEY_VAULT_TOKEN: file } = config
  if (url === '') return {}
  const token = (): string => readFileSync(file, 'utf8').trim()
  return { service: openVault({ url, token, ask: exchangeBy(openOutlets(config).egress) }) }
}

/** Which part of the time since the last call this thread was at work. */
function loadMeter(): () => number {
  let last = performance.eventLoopUtilization()
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, last)
    last = now
    return utilization
  }
}

/** Each adapter is loaded only where it is used: the MongoDB driver alone would cost a quarter of the cold start. */
async function openStore({ KILN_STORE, KILN_SYNCHRONOUS }: Config, needs: StoreNeeds): Promise<Store> {
  if (KILN_STORE.startsWith('sqlite:')) {
    const { openSqlite } = await import('./store/sqlite/open.ts')
    return openSqlite({ ...needs, path: KILN_STORE.slice('sqlite:'.length), synchronous: KILN_SYNCHRONOUS })
  }
  const { openMongo } = await import('./store/mongo/open.ts')
  return openMongo({ ...needs, url: KILN_STORE })
}
