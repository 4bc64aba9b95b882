/** The composition root: builds every long-lived object in order, closes them in reverse. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { auditReader } from './audit-reader.ts'
import type { Config } from './config.ts'
import type { Definitions } from './conformance/definitions.ts'
import { loadDefinitions } from './conformance/definitions.ts'
import type { External } from './http/pages/needs.ts'
import type { Current } from './interactions/current.ts'
import { type OwnDefinitions, openDefinitions } from './interactions/search/own/definitions.ts'
import { ownDefinitions } from './interactions/search/own/files.ts'
import { keepIndexed as indexing } from './interactions/search/own/reindex.ts'
import { openTurn } from './interactions/turn.ts'
import { openValidation, type Validation } from './interactions/validation/validation.ts'
import { openVocabulary, type Vocabulary } from './interactions/vocabulary/vocabulary.ts'
import type { Observe } from './observe.ts'
import { type Outlets, openOutlets } from './outlets.ts'
import { fhirUserOf } from './security/accounts/account.ts'
import { openAccounts } from './security/accounts/open.ts'
import { usable } from './security/accounts/own.ts'
import type { SignInNeeds } from './security/accounts/sign-in.ts'
import { type AuditLog, openAuditLog } from './security/audit/log.ts'
import type { Encryption } from './security/encryption/encryption.ts'
import type { KeyWrapper } from './security/encryption/key-wrapper.ts'
import { openEncryption } from './security/encryption/open.ts'
import { openVault } from './security/encryption/vault.ts'
import type { Exchange } from './security/external/identity-provider.ts'
import type { Accounts } from './security/smart/account.ts'
import type { Fetch } from './security/smart/client-keys.ts'
import { openSmart, type Smart } from './security/smart/smart.ts'
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

export type People = SignInNeeds & {
  /** Where else people can sign in. */
  readonly external?: External
  /** That forms are bound to browsers by. */
  readonly formKey: Uint8Array
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
  const library = folder === undefined ? undefined : openCatalog(folder, { clock })
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
  const guarded = config.KILN_AUTH === 'none' ? {} : await guardedBy(config, outside, told, store, definitions)
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
    ...guarded,
    async close() {
      await audit.close()
      await store.close()
      library?.close()
    },
  }
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

async function guardedBy(
  config: Config,
  outside: Outside,
  observe: Observe,
  store: Store,
  { shapes }: Definitions,
): Promise<Required<Pick<Runtime, 'smart' | 'people'>>> {
  const { clock, random } = outside
  const { egress } = openOutlets(config)
  const smart = openSmart({
    ...{ store, clock, random, observe },
    accounts: accountsIn(store),
    fetch: keysBy(egress),
    types: shapes.resourceTypes,
    registration: config.KILN_REGISTRATION,
    trusted: config.KILN_TRUSTED_ISSUERS,
    lifetime: config.KILN_ACCESS_TOKEN_LIFETIME,
    session: config.KILN_SESSION_LONGEST,
  })
  const accounts = await openAccounts({
    ...{ store, clock, random, observe },
    limits: { idle: config.KILN_SESSION_IDLE * 1000, longest: config.KILN_SESSION_LONGEST * 1000 },
    mailer: await mailerFor(config, outside),
  })
  const external = await externalBy(config, store, outside, egress)
  return { smart, people: { ...accounts, ...external, formKey: await store.secret('forms') } }
}

/** Loaded where it is used, as is the library behind it. */
async function externalBy(config: Config, store: Store, { clock }: Outside, egress: Outlets['egress']) {
  const { KILN_OIDC_ISSUER: issuer, KILN_OIDC_CLIENT: login, KILN_OIDC_NAME: name } = config
  if (issuer === '') return {}
  const { openIdentityProvider } = await import('./security/external/identity-provider.ts')
  const colon = login.indexOf(':')
  const settings = { issuer, client: login.slice(0, colon), secret: login.slice(colon + 1) }
  const provider = openIdentityProvider(
    { ...settings, name: name === '' ? new URL(issuer).host : name },
    { store, clock, fetch: exchangeBy(egress) },
  )
  return { external: { provider, admitting: config.KILN_OIDC_ACCOUNTS } }
}

/** As they are now: whoever is locked gets no further token. */
function accountsIn(store: Store): Accounts {
  return {
    async find(tenant, id) {
      const account = await usable({ store }, tenant, id)
      if (!account) return undefined
      const fhirUser = fhirUserOf(account)
      const { name, roles } = account
      return { id, name, roles, ...(fhirUser === undefined ? {} : { fhirUser }) }
    },
  }
}

/** Loaded where mail is sent: it would cost every start a tenth of a second. */
async function mailerFor({ KILN_MAIL_URL: url, KILN_MAIL_FROM: from }: Config, { newId }: Outside) {
  if (url === '') return undefined
  const { openMailer } = await import('./security/accounts/mailer.ts')
  return openMailer({ url, from, newName: newId })
}

/** Of a client: https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html#registering-a-client-communicating-public-keys */
const keysLimits = { bytes: 256 * 1024, ms: 5_000 }

function keysBy({ ask }: Outlets['egress']): Fetch {
  return async url => {
    const found = await ask(url, keysLimits)
    if (!found) return new Response(undefined, { status: 404 })
    return new Response(Buffer.from(found.bytes), { headers: { 'cache-control': freshness(found.headers) } })
  }
}

function exchangeBy({ send }: Outlets['egress']): Exchange {
  return async (url, sent) => {
    const { status, bytes, headers } = await send(url, sent, keysLimits)
    const told = Object.entries(headers).filter((pair): pair is [string, string] => typeof pair[1] === 'string')
    return new Response(bytes.length === 0 ? null : Buffer.from(bytes), { status, headers: told })
  }
}

/** No longer than an hour: a key that a client takes back must be good for nothing soon. */
function freshness(headers: Readonly<Record<string, string | undefined>>): string {
  const seconds = Number(/\bmax-age=(\d+)/.exec(headers['cache-control'] ?? '')?.[1] ?? 0)
  return `max-age=${Math.min(seconds, 3_600)}`
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
