/** The process: settings → runtime → app → listen; on SIGTERM or SIGINT not ready, drained, closed, gone within 10 s. */
import { randomBytes, randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { type App, askerOf, openApp } from './app.ts'
import { type First, firstClient } from './bootstrap.ts'
import { type Config, ConfigError, type Environment, isLoopback, parseConfig, placeOf } from './config.ts'
import { BadDefinitions } from './conformance/own.ts'
import { timeOrderedId } from './fhir/uuid.ts'
import { BadCertificate } from './http/certificate.ts'
import { logReader, type Observe, openMetrics } from './observe.ts'
import { type Outside, openRuntime, type Runtime } from './runtime.ts'
import { BadKeys } from './security/encryption/key-wrapper.ts'

export const outside: Outside = {
  clock: Date.now,
  random: bytes => randomBytes(bytes),
  newId: () => timeOrderedId(Date.now(), randomUUID()),
  elapsed: () => performance.now(),
}

/** Until a signal ends it. A process that cannot start says why in one sentence and ends with code 1. */
export async function serve(environment: Environment): Promise<void> {
  const started = outside.elapsed()
  try {
    const config = parseConfig(environment)
    const log = logReader(config.KILN_LOG_LEVEL)
    const metrics = openMetrics()
    const observe: Observe = event => {
      log(event)
      metrics.read(event)
    }
    const runtime = await openRuntime(config, outside, observe).catch(cause => {
      throw storeBroken(config, cause)
    })
    const app = openApp(runtime, metrics)
    const first = await firstClient(runtime)
    const demo = await demoIn(runtime)
    await listen(app, config)
    endOnSignal(app, runtime)
    if (isCleartext(config)) observe({ event: 'process.cleartext', host: config.KILN_HOST })
    observe({ event: 'process.started', base: app.base(), store: place(config), ms: outside.elapsed() - started })
    console.log(greeting(app, config, await hint(app, runtime, first)) + demo(app))
  } catch (error) {
    console.error(`Kiln cannot start: ${sentence(error)}`)
    process.exit(1)
  }
}

/** An obstacle to starting that the operator can remove. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

function sentence(error: unknown): string {
  if (error instanceof ConfigError) return `the settings are wrong\n  ${error.message.replaceAll('\n', '\n  ')}`
  if (error instanceof StartError || error instanceof BadCertificate) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

export function storeBroken(config: Config, cause: unknown): StartError {
  if (cause instanceof BadDefinitions || cause instanceof BadKeys) return new StartError(cause.message, { cause })
  const why = cause instanceof Error ? cause.message : String(cause)
  return new StartError(`the store ${place(config)} cannot be opened: ${why}`, { cause })
}

async function listen({ server }: App, { KILN_HOST: host, KILN_PORT: port }: Config): Promise<void> {
  try {
    await server.listen({ host, port, backlog: 1024 })
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === 'EADDRINUSE') {
      throw new StartError(`port ${port} of ${host} is taken by another process; choose another with KILN_PORT`, {
        cause,
      })
    }
    if (code === 'EACCES') throw new StartError(`this user may not listen on port ${port} of ${host}`, { cause })
    if (code === 'EADDRNOTAVAIL') throw new StartError(`this machine has no address ${host}; see KILN_HOST`, { cause })
    throw new StartError(`cannot listen on port ${port} of ${host}: ${code ?? cause}`, { cause })
  }
}

/** Whether tokens and patients' data go over a network for everybody to read. */
export function isCleartext({ KILN_HOST, KILN_BASE_URL, KILN_TLS_CERT, KILN_TRUSTED_PROXIES }: Config): boolean {
  const isProtected = KILN_TLS_CERT !== '' || KILN_BASE_URL.startsWith('https:') || KILN_TRUSTED_PROXIES.length > 0
  return !isLoopback(KILN_HOST) && !isProtected
}

/** Where the data lies, as a person would look for it. */
export function place({ KILN_STORE: store }: Config): string {
  return store.startsWith('sqlite:') ? `in ${resolve(store.slice('sqlite:'.length))}` : `at ${placeOf(store)}`
}

function greeting(app: App, config: Config, { says, header }: Hint): string {
  const base = app.base()
  return `
Kiln serves FHIR R4 at ${base}
The data lies ${place(config)}
${says}
Try it:
  curl -s ${base}/Patient -H 'Content-Type: application/fhir+json'${header} -d '{"resourceType":"Patient","name":[{"family":"Chalmers","given":["Peter"]}]}'
`
}

/** What is told of the demo, if there is to be one. */
async function demoIn(runtime: Runtime): Promise<(app: App) => string> {
  const { config, store, smart } = runtime
  if (config.KILN_DEMO === 'false') return () => ''
  const { openDemo } = await import('./demo/demo.ts')
  const { clock, random } = outside
  const people = await openDemo({ store, clock, random, ask: askerOf(runtime), open: smart === undefined })
  if (people === undefined) return () => 'There is no demo: the store is not empty\n'
  if (people.length === 0) return () => 'The demo hospital is in the store\n'
  const lines = people.map(({ login, password, name }) => `  ${login.padEnd(24)}${password}  ${name}`)
  return app => `The demo hospital is in the store. Sign in at ${account(app)}, with a password of this start, as:
${lines.join('\n')}
`
}

function account(app: App): string {
  return app.base().replace(/\/fhir$/, '/account')
}

type Hint = { readonly says: string; readonly header: string }

/** How to come in. Secrets are printed only on the first start, on this machine's own address, and never into the log. */
async function hint(app: App, { smart }: Runtime, first: First | undefined): Promise<Hint> {
  if (!smart)
    return { says: 'KILN_AUTH is none: whoever uses this machine can read and write everything\n', header: '' }
  const scope = 'system/*.cruds'
  const another = `npm run -s kiln -- token --scope '${scope}'`
  if (!first) return { says: '', header: ` -H "Authorization: Bearer $(${another})"` }
  const token = await smart.token({ tenant: 'default', base: app.base() }, { client: first.id, scope, seconds: 300 })
  const says = `
A client was made that may do everything; its secret is not told again:
  client_id:     ${first.id}
  client_secret: ${first.secret}
The token below is good for 5 minutes; for another one: ${another}
`
  return { says, header: ` -H 'Authorization: Bearer ${token}'` }
}

/** Requests get this long to finish, in ms; with what the store takes to close it stays below 10 s. */
const patience = 7_000

function endOnSignal(app: App, runtime: Runtime): void {
  const { observe } = runtime
  let since: number | undefined
  const end = async (signal: string): Promise<void> => {
    // Whoever asks twice does not want to wait. But a Ctrl-C comes twice by itself: from the terminal, and again from npm.
    if (since !== undefined && outside.elapsed() - since > 500) process.exit(1)
    if (since !== undefined) return
    since = outside.elapsed()
    observe({ event: 'process.stopping', signal })
    await drain(app, observe)
    setTimeout(() => process.exit(1), 2_000).unref() // a store that does not close is as good as killed: nothing acknowledged is lost
    await runtime.close()
    observe({ event: 'process.stopped', ms: outside.elapsed() - since })
    process.exit(0)
  }
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
  if (runtime.config.KILN_TLS_CERT !== '') process.on('SIGHUP', () => app.renew())
  process.on('uncaughtException', error => {
    observe({ event: 'process.crashed', error })
    process.exit(1)
  })
}

/** No new connections; those that there are end with the answers that are due. */
async function drain(app: App, observe: Observe): Promise<void> {
  const { server } = app.server
  app.drain()
  // Node hangs up on connections that are idle now; others become so when their answer is out.
  const reaper = setInterval(() => server.closeIdleConnections(), 50)
  const cut = setTimeout(() => {
    observe({ event: 'process.cut', after: patience })
    server.closeAllConnections()
  }, patience)
  await app.server.close()
  clearInterval(reaper)
  clearTimeout(cut)
}

/** `--demo` is as good as the setting. */
export function withDemo(environment: Environment, args: readonly string[]): Environment {
  const { KILN_DEMO: wanted } = environment
  return args.includes('--demo') ? { ...environment, KILN_DEMO: wanted === 'forced' ? wanted : 'true' } : environment
}

if (import.meta.main) await serve(withDemo(process.env, process.argv.slice(2)))
