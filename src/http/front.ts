/** What stands before every scope: TLS, limits, who may ask from where, and what every answer says. */
import type { IncomingMessage } from 'node:http'
import type { Server } from 'node:https'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import { type FhirError, fail } from '../fhir/issue.ts'
import { type AddressOf, addressFinder } from './address.ts'
import { nameOf, secureFinder } from './base.ts'
import { type Certificate, openCertificate } from './certificate.ts'
import { clientErrorHandler } from './client-error.ts'
import { limitConnections } from './connections.ts'
import type { HttpEvent } from './event.ts'
import { type CommonHeaders, commonHeaders } from './headers.ts'
import { type Limits, limitsFor } from './limits.ts'
import { type RateSettings, type Throttle, type Throttles, throttlesFor } from './rate-limit.ts'
import { siteCheck } from './site.ts'
import { openTally, type Tally } from './tally.ts'

export type FrontNeeds = {
  readonly config: RateSettings & {
    readonly KILN_HOST: string
    readonly KILN_BASE_URL: string
    readonly KILN_TRUSTED_PROXIES: readonly string[]
    readonly KILN_TLS_CERT: string
    readonly KILN_TLS_KEY: string
    readonly KILN_HSTS_MAX_AGE: number
    readonly KILN_MAX_CONNECTIONS: number
    readonly KILN_REQUEST_TIMEOUT: number
  }
  /** Nothing is given without a token. */
  readonly guarded: boolean
  /** By KILN_HOST only this machine can connect, though proxies on it may do so for others. */
  readonly local: boolean
  /** Milliseconds that only ever rise. */
  readonly elapsed: () => number
  readonly observe: (event: HttpEvent) => void
}

export type Front = {
  /** Whether Kiln itself speaks HTTPS. */
  readonly isSecure: boolean
  readonly headers: CommonHeaders
  readonly addressOf: AddressOf
  readonly throttles: Throttles
  /** Whom limits have turned away. */
  readonly turned: Tally['add']
  /** For `fastify`, beside its own. */
  readonly options: Limits & Pick<FastifyServerOptions, 'clientErrorHandler'>
  guard(server: FastifyInstance): void
  /** Looks whether there is a new certificate. */
  renew(server: FastifyInstance): void
}

/** Throws `BadCertificate`. */
export function openFront({ config, guarded, local, elapsed, observe }: FrontNeeds): Front {
  const { KILN_BASE_URL: configured, KILN_TRUSTED_PROXIES: trusted, KILN_TLS_CERT: cert, KILN_TLS_KEY: key } = config
  const certificate = cert === '' ? undefined : openCertificate({ cert, key, observe })
  const isSecure = certificate !== undefined
  const headers = commonHeaders({
    isSecure: secureFinder({ configured, trusted }, isSecure),
    maxAge: config.KILN_HSTS_MAX_AGE,
  })
  const addressOf = addressFinder(trusted)
  const tally = openTally(observe)
  const isExposed = !local || (guarded && trusted.length > 0)
  const throttles = throttlesFor({ settings: config, elapsed, isExposed, refused: tally.add })
  const refused = siteCheck({ configured, host: nameOf(config.KILN_HOST), guarded, proxied: trusted.length > 0 })
  const renew: Front['renew'] = ({ server }) => certificate?.renew(server as Server)
  return {
    ...{ isSecure, headers, addressOf, throttles, renew, turned: tally.add },
    options: {
      ...speaking(limitsFor(config.KILN_REQUEST_TIMEOUT), certificate),
      clientErrorHandler: clientErrorHandler(observe, headers),
    },
    guard(fastify) {
      const { server } = fastify
      server.maxHeadersCount = 0 // Node would drop what is beyond without a word; their size is bounded anyway
      // An expectation that is not known may be ignored (RFC 9110, 10.1.1); Node would refuse it without a word.
      server.on('checkExpectation', (request, response) => server.emit('request', request, response))
      limitConnections(server, { most: config.KILN_MAX_CONNECTIONS, trusted, observe })
      if (throttles.address) fastify.addHook('onRequest', throttled(throttles.address, addressOf))
      fastify.addHook('onRequest', ({ raw }, _reply, done) => done(misframed(raw) ?? refused(raw)))
      if (certificate) keepFresh(fastify, renew)
      fastify.addHook('onClose', async () => tally.close())
    },
  }
}

/** https://www.rfc-editor.org/rfc/rfc9112#section-6.1: whoever stands before us may have seen another end of this request. */
function misframed({ httpVersionMinor, headers }: IncomingMessage): FhirError | undefined {
  return httpVersionMinor === 0 && headers['transfer-encoding'] !== undefined ? chunkedTooEarly : undefined
}

const chunkedTooEarly = fail('structure', 'HTTP/1.0 knows no Transfer-Encoding', undefined, {
  headers: { connection: 'close' },
})

/** Given `https`, Fastify makes a server for that; to its types both are the same. */
function speaking(limits: Limits, certificate: Certificate | undefined): Limits {
  return certificate ? Object.assign(limits, { https: { ...limits.http, ...certificate.options } }) : limits
}

/** Whoever asks whether the process lives shall not be the cause of its end. */
const probes: ReadonlySet<string | undefined> = new Set(['/ops/live', '/ops/ready'])

function throttled(count: Throttle, addressOf: AddressOf) {
  return ({ raw }: { readonly raw: IncomingMessage }, _reply: unknown, done: (error?: Error) => void): void => {
    if (probes.has(raw.url)) {
      done()
      return
    }
    try {
      count(addressOf(raw))
    } catch (error) {
      done(error as Error)
      return
    }
    done()
  }
}

const often = 10_000 // ms; certificates are replaced weeks before they expire

/** Folders of secrets are swapped by links, of which watching files tells nothing. */
function keepFresh(fastify: FastifyInstance, renew: Front['renew']): void {
  const timer = setInterval(() => renew(fastify), often)
  timer.unref()
  fastify.addHook('onClose', async () => clearInterval(timer))
}
