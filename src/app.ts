/** What is registered: the interactions, the claim that follows from them, and the scopes of Fastify. */
import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { type FastifyInstance, fastify } from 'fastify'
import { auditedBy, auditedPrincipal, keepingAudit } from './audit.ts'
import { auditExtent } from './audit-reader.ts'
import { isLoopback } from './config.ts'
import { capability, parseMode } from './conformance/capability.ts'
import type { Claims, ResourceClaim, SystemInteraction, TypeInteraction } from './conformance/claims.ts'
import type { Definitions } from './conformance/definitions.ts'
import { anyOf } from './conformance/package/source.ts'
import { parseJson } from './fhir/json.ts'
import { ownLimits } from './fhir/json-limits.ts'
import { isResource } from './fhir/resource.ts'
import type { Shapes } from './fhir/shape.ts'
import { printXml } from './fhir/xml/print.ts'
import { type Admission, watchDelay } from './http/admission.ts'
import { baseFinder, originOf, ownBase } from './http/base.ts'
import { openEntrance } from './http/entrance.ts'
import { type Edge, edgeOf, fhirScope, unrouted } from './http/fhir.ts'
import { openFront } from './http/front.ts'
import { memo } from './http/memo.ts'
import { opsScope } from './http/ops.ts'
import type { Ask } from './http/pages/chart.ts'
import { counted } from './http/rate-limit.ts'
import type { ToXml } from './http/representation.ts'
import { requestIds } from './http/request-id.ts'
import { contextOf, dispatch, tabulate } from './interactions/dispatch.ts'
import { interactions } from './interactions/index.ts'
import type { Context, Surroundings } from './interactions/interaction.ts'
import { openRights } from './interactions/rights.ts'
import { searchClaims, systemParams } from './interactions/search/claims.ts'
import { keepSwept } from './jobs/keep-swept.ts'
import type { Metrics } from './observe.ts'
import { keepImporting } from './operations/import-code-system/keep-importing.ts'
import { type OperationNeeds, operations } from './operations/index.ts'
import { systemClaims, typeClaims } from './operations/kernel/claims.ts'
import { compileOperations } from './operations/kernel/compile.ts'
import type { Operation } from './operations/kernel/operation.ts'
import { isTerminologyServer, terminologyClaims, terminologyFeatures } from './operations/terminology/claims.ts'
import { byRules } from './operations/validate/validator.ts'
import { openOutlets } from './outlets.ts'
import type { PagesAround } from './pages.ts'
import type { Runtime } from './runtime.ts'
import { type SearchParameter, searchParameters } from './search/parameters.ts'
import { auditType } from './security/audit/audit-event.ts'
import { oauthUris } from './security/smart/discovery.ts'
import { libraryFolder } from './terminology/config.ts'

export type App = {
  readonly server: FastifyInstance
  /** `http://127.0.0.1:8080/fhir` */
  base(): string
  /** Looks whether there is a new certificate. */
  renew(): void
  /** From now on not ready for new requests; those that come are served. */
  drain(): void
}

export function openApp(runtime: Runtime, metrics: Metrics): App {
  const { config, outside, observe, store, smart } = runtime
  const { KILN_HOST: host, KILN_PORT } = config
  let draining = false
  let port = KILN_PORT
  const { elapsed } = outside
  const front = openFront({ config, guarded: smart !== undefined, local: isLoopback(host), elapsed, observe })
  const { headers, throttles, addressOf } = front
  const origin = (): string => originOf(host, port, front.isSecure)
  const surroundings = surroundingsOf(runtime)
  const principalOf = smart && counted(throttles, auditedPrincipal(runtime, smart.authenticate.principal))
  const admission = admissionFor(runtime)
  const baseOf = baseFinder({ configured: config.KILN_BASE_URL, origin, trusted: config.KILN_TRUSTED_PROXIES })
  const enter = openEntrance({ tenants: runtime.tenants, elapsed, turned: front.turned })
  const edge: Edge = edgeOf({
    dispatch: (incoming, found) => dispatch(surroundings, incoming, found),
    ...(principalOf ? { principalOf } : {}),
    ...{ baseOf, addressOf, enter, headers },
    bodyLimit: config.KILN_MAX_BODY,
    toXml: xmlPrinter(runtime.definitions.shapes),
    overloaded: admission.overloaded,
    elapsed,
    observe,
  })
  const server = fastify({
    ...front.options,
    return503OnClosing: false, // what came before the door closed is still served
    genReqId: requestIds(outside.random),
    frameworkErrors: edge.refuse,
    rewriteUrl: ({ url = '' }) => (url.startsWith('/') ? url : originForm(url)),
    routerOptions: { querystringParser: () => ({}) }, // FHIR reads the query itself
    schemaController: { compilersFactory: { buildValidator: withoutSchemas, buildSerializer: withoutSchemas } },
  })
  front.guard(server)
  server.setErrorHandler(edge.refuse)
  server.setNotFoundHandler((request, reply) => edge.refuse(unrouted(request), request, reply))
  server.register(fhirScope(edge, config.KILN_MAX_BODY))
  const ask: Ask = incoming => dispatch(surroundings, incoming)
  admit(server, runtime, { ask, baseOf, front, enter })
  server.register(
    opsScope({
      storeReady: () => store.ready(),
      overloaded: admission.overloaded,
      draining: () => draining,
      metrics: metrics.print,
      headers,
    }),
  )
  server.addHook('onListen', async () => {
    const address = server.server.address()
    if (typeof address === 'object' && address !== null) port = address.port // KILN_PORT may have asked for any
  })
  server.addHook('onClose', async () => admission.close())
  const ownBases = ownBase({ configured: config.KILN_BASE_URL, origin })
  for (const work of [indexing, importing, sweeping]) beside(server, signal => work(runtime, ownBases, signal))
  if (auditExtent(config) !== 'off') beside(server, signal => keepingAudit(runtime, ownBases, signal))

  return {
    server,
    base: () => config.KILN_BASE_URL || `${origin()}/fhir`,
    renew: () => front.renew(server),
    drain: () => {
      draining = true
    },
  }
}

/** Fastify's compilers of JSON Schema would take 15 ms of every start, and no route has a schema. */
function withoutSchemas(): never {
  throw new Error('a route has a JSON Schema, for which there is no compiler')
}

/** Where somebody has to say who he is, and loaded there: the authorization server, and the pages on which people sign in. */
function admit(server: FastifyInstance, runtime: Runtime, around: PagesAround): void {
  const { smart, people } = runtime
  if (!(smart && people)) return
  server.register(async scope => {
    const { signInScopes } = await import('./pages.ts')
    for (const each of signInScopes(runtime, { smart, people }, around)) scope.register(each)
  })
}

/** Goes on from when the server listens until it is closed. */
function beside(server: FastifyInstance, work: (signal: AbortSignal) => Promise<void>): void {
  const closing = new AbortController()
  let working: Promise<void> = Promise.resolve()
  server.addHook('onListen', async () => {
    working = work(closing.signal)
  })
  server.addHook('onClose', async () => {
    closing.abort()
    await working
  })
}

type OwnBase = (tenant: string) => string

function indexing({ keepIndexed }: Runtime, base: OwnBase, signal: AbortSignal): Promise<void> {
  return keepIndexed(base, signal)
}

/** Loads the code systems that requests have left, wherever there is a library. */
async function importing(runtime: Runtime, base: OwnBase, signal: AbortSignal): Promise<void> {
  const { config, observe, outside, store } = runtime
  const folder = libraryFolder(config)
  if (folder === undefined) return
  await keepImporting({
    ...{ folder, store, base, observe, signal, clock: outside.clock, elapsed: outside.elapsed },
    owner: outside.newId(),
    context: tenant => contextIn(runtime, { tenant, base: base(tenant) }),
    pull: openOutlets(config).egress.pull,
    sleep: ms => sleep(ms, undefined, { signal }).catch(() => {}),
  })
}

async function sweeping(
  { observe, outside, store, tenants }: Runtime,
  _base: OwnBase,
  signal: AbortSignal,
): Promise<void> {
  await keepSwept({
    ...{ store, observe, signal, clock: outside.clock, owner: outside.newId() },
    tenants: tenants.open,
    sleep: ms => sleep(ms, undefined, { signal }).catch(() => {}),
  })
}

/** "A server MUST accept the absolute-form in requests": https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2 */
function originForm(url: string): string {
  return url.replace(/^https?:\/\/[^/?#]*(?=\/)/i, '')
}

function admissionFor({ config, observe }: Runtime): Admission {
  const resolution = 10 // ms between the samples, which Node counts as part of the delay
  const histogram = monitorEventLoopDelay({ resolution })
  histogram.enable()
  const admission = watchDelay({
    mean: () => histogram.mean / 1e6 - resolution,
    reset: () => histogram.reset(),
    bound: config.KILN_MAX_EVENT_LOOP_DELAY,
    observe,
  })
  return {
    ...admission,
    close() {
      histogram.disable()
      admission.close()
    },
  }
}

/** For those who are no request, such as the CLI. */
export async function contextIn(
  runtime: Runtime,
  from: { readonly tenant: string; readonly base: string },
): Promise<Context> {
  return contextOf(surroundingsOf(runtime), from, await runtime.own.of(from.tenant))
}

function surroundingsOf(runtime: Runtime): Surroundings {
  const { config, definitions, observe, outside, store, own, validation, vocabularies, turn } = runtime
  const newToken = (): string => Buffer.from(outside.random(32)).toString('base64url')
  const kind = { isGuarded: runtime.smart !== undefined, isAudited: auditExtent(config) !== 'off' }
  const { searchParameters: published } = definitions
  const claimsOf = memo(asked => {
    const [base, own]: [string, readonly SearchParameter[]] = JSON.parse(asked)
    return claims(base, { ...definitions, searchParameters: [...published, ...own] }, kind)
  })
  return {
    interactions: tabulate([
      ...interactions,
      ...compileOperations(
        operationsOf(definitions, {
          packages: openOutlets(config).packages,
          library: libraryFolder(config),
          glassMinutes: config.KILN_BREAK_GLASS_MINUTES,
          newToken,
        }),
      ),
    ]),
    store,
    shapes: definitions.shapes,
    clock: outside.clock,
    newId: outside.newId,
    rights: openRights({ store, clock: outside.clock, turn }),
    audited: auditedBy(runtime),
    definitions: own,
    validation,
    vocabularies,
    turn,
    observe,
    integrity: tenant => runtime.tenants.known(tenant)?.integrity === true,
    capability: ({ base, mode, own, codeSystems }) =>
      capability(claimsOf(JSON.stringify([base, own])), parseMode(mode), definitions, codeSystems),
  }
}

type OperationSettings = Omit<OperationNeeds, 'definitions' | 'validator'>

/** What is claimed of them does not depend on settings. */
const anywhere: OperationSettings = {
  packages: () => anyOf([]),
  library: undefined,
  glassMinutes: 1,
  newToken: () => '',
}

function operationsOf(
  definitions: Pick<Definitions, 'operations'>,
  settings: OperationSettings = anywhere,
): readonly Operation[] {
  return operations({ definitions, validator: byRules, ...settings })
}

function xmlPrinter(shapes: Shapes): ToXml {
  return (json, pretty) => {
    const resource = parseJson(json, ownLimits)
    if (!isResource(resource)) throw new Error('the body of an answer is not a resource')
    return printXml(resource, shapes, { pretty })
  }
}

export const version: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version

/** As nobody in particular, who may do everything: for what the server does by itself. */
export function askerOf(runtime: Runtime): Ask {
  const surroundings = surroundingsOf(runtime)
  return incoming => dispatch(surroundings, incoming)
}

/** When what is claimed last changed. */
const released = '2026-11-21'

const ofSystem: readonly string[] = [
  'transaction',
  'batch',
  'history-system',
  'search-system',
] satisfies SystemInteraction[]

/** What may be done on the condition that a search finds something, or nothing. */
const conditional = {
  conditionalCreate: true,
  conditionalUpdate: true,
  conditionalDelete: 'multiple',
} as const satisfies Partial<ResourceClaim>

/** Where the specification is knowingly departed from, or added to. */
const deviations: readonly string[] = [
  'Search parameters that are unknown or malformed are refused with 400, though "servers SHOULD ignore unknown or unsupported parameters": a search that ignores half of the question finds too much. `Prefer: handling=lenient` or the setting KILN_SEARCH_HANDLING changes that.',
  'The operations $meta-add and $meta-delete make a new version, though they should "not cause a new version of the resource to be created": versions never change here, and who follows a history learns of a new security label.',
  'Beside the modifiers of R4, token parameters take :translated, as in code:translated=http://snomed.info/sct|38341003: it finds the code and what concept maps call equal, equivalent or narrower. Reads and searches take _display=true: codings without a display are shown with what their code system calls them, in the language of Accept-Language; nothing of it is stored.',
  'In a _filter, `ne` holds if none of several texts or codes is equal, though "an item in the set has an unequal value" is more; and codes keep their case, though "values are never case sensitive".',
]

/** What nobody writes. */
function onlyRead({ interactions }: Pick<ResourceClaim, 'interactions'>): Partial<ResourceClaim> {
  return {
    interactions: interactions.filter(code => !['create', 'update', 'patch', 'delete'].includes(code)),
    updateCreate: false,
    conditionalCreate: false,
    conditionalUpdate: false,
    conditionalDelete: 'not-supported',
  }
}

/**
 * What this server can do, as far as it follows from what is registered. `isGuarded`: only who has an access token comes in;
 * `isAudited`: AuditEvents are the server's own.
 */
export function claims(
  base: string,
  definitions: Pick<Definitions, 'shapes' | 'searchParameters' | 'operations'>,
  { isGuarded, isAudited } = { isGuarded: true, isAudited: true },
): Claims {
  const codes = [...new Set(interactions.map(({ code }) => code))]
  const types = definitions.shapes.resourceTypes
  const parameters = searchParameters(definitions)
  const searches = searchClaims(parameters, types)
  const known = operationsOf(definitions)
  const resource: Omit<ResourceClaim, 'type'> = {
    supportedProfiles: [],
    interactions: codes.filter(
      (code): code is TypeInteraction & typeof code => !ofSystem.includes(code) && code !== 'capabilities',
    ),
    versioning: 'versioned',
    readHistory: codes.includes('vread'),
    updateCreate: codes.includes('update'),
    conditionalRead: 'full-support',
    ...conditional,
    referencePolicy: ['literal', 'logical', 'local'],
    searchIncludes: [],
    searchRevIncludes: [],
    searchParams: [],
    operations: [],
  }
  return {
    software: { name: 'Kiln', version, releaseDate: released },
    description: `Kiln at ${base}`,
    base,
    date: released,
    formats: ['application/fhir+json', 'application/fhir+xml'],
    patchFormats: [
      'application/json-patch+json',
      'application/xml-patch+xml',
      'application/fhir+json',
      'application/fhir+xml',
    ],
    instantiates: isTerminologyServer(known) ? ['http://hl7.org/fhir/CapabilityStatement/terminology-server'] : [],
    features: isTerminologyServer(known) ? terminologyFeatures : [],
    implementationGuides: [],
    deviations,
    ...(isGuarded ? { security: oauthUris(base) } : {}),
    resources: types.map(type => ({
      ...{ type, ...resource, ...searches.get(type), operations: typeClaims(known, type) },
      ...(isAudited && type === auditType ? onlyRead(resource) : {}),
    })),
    terminology: terminologyClaims(known),
    system: {
      interactions: codes.filter((code): code is SystemInteraction & typeof code => ofSystem.includes(code)),
      searchParams: systemParams(parameters, types),
      operations: systemClaims(known),
    },
  }
}
