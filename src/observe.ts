/** All that may be reported, and its two readers: the log and the metrics. No module calls a logger or a counter itself. */
import { type Logger, pino } from 'pino'
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import type { HttpEvent } from './http/event.ts'
import type { PageEvent } from './http/pages/needs.ts'
import type { InteractionEvent } from './interactions/interaction.ts'
import type { ReindexEvent } from './interactions/search/own/reindex.ts'
import type { SweepEvent } from './jobs/keep-swept.ts'
import type { ImportEvent } from './operations/import-code-system/keep-importing.ts'
import type { AccountEvent } from './security/accounts/event.ts'
import type { AuditLogEvent } from './security/audit/log.ts'
import type { EncryptionEvent } from './security/encryption/event.ts'
import type { SmartEvent } from './security/smart/event.ts'
import type { TenantEvent } from './security/tenants/event.ts'
import type { StoreEvent } from './store/port.ts'
import type { LibraryEvent } from './terminology/library/catalog.ts'

type ProcessEvent =
  | { readonly event: 'process.started'; readonly base: string; readonly store: string; readonly ms: number }
  /** Other machines can connect, and whoever stands between can read. */
  | { readonly event: 'process.cleartext'; readonly host: string }
  | { readonly event: 'process.stopping'; readonly signal: string }
  | { readonly event: 'process.stopped'; readonly ms: number }
  /** Requests were still running when time was up. */
  | { readonly event: 'process.cut'; readonly after: number }
  /** An error that nobody caught: the process cannot know what state it is in, and ends. */
  | { readonly event: 'process.crashed'; readonly error: unknown }

export type Event =
  | StoreEvent
  | InteractionEvent
  | ReindexEvent
  | ImportEvent
  | LibraryEvent
  | SmartEvent
  | AccountEvent
  | AuditLogEvent
  | EncryptionEvent
  | TenantEvent
  | HttpEvent
  | PageEvent
  | SweepEvent
  | ProcessEvent

export type Observe = (event: Event) => void

export type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

const levelOf: { readonly [E in Event['event']]: Exclude<Level, 'silent'> } = {
  'account.signed-in': 'info',
  'account.refused': 'warn',
  'account.held-off': 'warn',
  'account.signed-out': 'info',
  'account.changed': 'info',
  'account.launched': 'info',
  'audit.failed': 'error',
  'audit.lost': 'fatal',
  'encryption.unreadable': 'error',
  'encryption.erased': 'warn',
  'encryption.rotated': 'info',
  'encryption.pending': 'warn',
  'encryption.sealed': 'info',
  'http.answered': 'debug',
  'http.malformed': 'debug',
  'http.failed': 'error',
  'http.overloaded': 'warn',
  'http.crowded': 'warn',
  'http.throttled': 'warn',
  'http.token-in-url': 'warn',
  'tls.failed': 'debug',
  'tls.loaded': 'info',
  'tls.refused': 'error',
  'import.done': 'info',
  'import.failed': 'error',
  'interaction.failed': 'error',
  'library.lacking': 'warn',
  'access.glass-broken': 'warn',
  'oauth.failed': 'error',
  'oauth.authorized': 'info',
  'oauth.client-changed': 'info',
  'oauth.keys-changed': 'warn',
  'oauth.token-issued': 'debug',
  'oauth.token-refused': 'info',
  'oauth.token-revoked': 'info',
  'page.failed': 'error',
  'reindex.done': 'info',
  'reindex.failed': 'error',
  'sweep.failed': 'error',
  'tenant.changed': 'info',
  'tenant.erased': 'warn',
  'store.commit': 'trace',
  'store.migrated': 'info',
  'store.retry': 'debug',
  'store.failed': 'error',
  'process.started': 'info',
  'process.cleartext': 'warn',
  'process.stopping': 'info',
  'process.stopped': 'info',
  'process.cut': 'warn',
  'process.crashed': 'fatal',
}

/**
 * The log holds no PHI. Events carry neither URLs nor bodies, and of an error only name, codes and stack frames are kept:
 * a message may quote the text that could not be parsed.
 */
export function logReader(level: Level, destination?: { write(line: string): void }): Observe {
  const logger = openLog(level, destination)
  return event => {
    const at = levelOf[event.event]
    if (!logger.isLevelEnabled(at)) return // spares the copy on every request
    const { event: name, ...rest } = event
    logger[at]('error' in rest ? { ...rest, error: traceOf(rest.error) } : rest, name)
  }
}

function openLog(level: Level, destination?: { write(line: string): void }): Logger {
  const options = { level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime }
  // Standard error: standard output is for people.
  return pino(options, destination ?? pino.destination({ dest: 2, sync: true }))
}

const tellingCodes = ['code', 'errcode', 'errstr', 'codeName', 'syscall'] as const

function traceOf(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { name: typeof error }
  const given: Readonly<Record<string, unknown>> = { ...error }
  const codes = tellingCodes.flatMap(code => (given[code] === undefined ? [] : [[code, given[code]] as const]))
  const frames = (error.stack ?? '').split('\n').filter(line => /^\s+at /.test(line))
  return {
    name: error.name,
    ...Object.fromEntries(codes),
    at: frames.slice(0, 8).map(line => line.trim()),
    ...(error.cause === undefined ? {} : { cause: traceOf(error.cause) }),
  }
}

export type Metrics = {
  readonly read: Observe
  /** Prometheus text. */
  print(): Promise<string>
}

/** Seconds: a read takes a tenth of a millisecond, a large transaction seconds. */
const durations = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export function openMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry }) // memory, CPU, garbage collection, event loop delay
  const labelNames = ['interaction', 'status'] as const
  const requests = new Counter({ name: 'kiln_requests_total', help: 'Requests answered', labelNames, registers })
  const duration = new Histogram({
    name: 'kiln_request_duration_seconds',
    help: 'From the whole request to its answer',
    labelNames,
    buckets: durations,
    registers,
  })
  const writes = new Histogram({
    name: 'kiln_store_commit_writes',
    help: 'Resource versions written durably at once, by however many requests',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
    registers,
  })
  const commit = new Histogram({
    name: 'kiln_store_commit_seconds',
    help: 'Time that the store took for them',
    buckets: durations,
    registers,
  })
  const events = new Counter({
    name: 'kiln_events_total',
    help: 'Failures, retries, malformed connections, overload',
    labelNames: ['event'],
    registers,
  })
  return {
    read(event) {
      switch (event.event) {
        case 'http.answered': {
          const labels = { interaction: event.interaction, status: classOf(event.status) }
          requests.inc(labels)
          if (event.ms !== undefined) duration.observe(labels, event.ms / 1000)
          return
        }
        case 'store.commit':
          writes.observe(event.writes)
          commit.observe(event.ms / 1000)
          return
        default:
          events.inc({ event: event.event })
      }
    },
    print: () => registry.metrics(),
  }
}

const classes = ['', '1xx', '2xx', '3xx', '4xx', '5xx']

function classOf(status: number): string {
  return classes[Math.floor(status / 100)] ?? ''
}
