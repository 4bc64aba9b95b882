/** What pages of other origins may read: with an access token, never with cookies. https://fetch.spec.whatwg.org/#http-cors-protocol */
import type { FastifyInstance } from 'fastify'

/** Headers of answers beside those that every page may read. */
export const exposed = [
  ...['ETag', 'Location', 'Content-Location', 'Last-Modified', 'Retry-After'],
  ...['X-Request-Id', 'X-Correlation-Id', 'WWW-Authenticate'],
].join(', ')

const allowed = [
  ...['Authorization', 'Accept', 'Content-Type', 'If-Match', 'If-None-Match', 'If-None-Exist', 'If-Modified-Since'],
  ...['Prefer', 'Idempotency-Key', 'X-Provenance', 'X-Request-Id', 'Cache-Control'],
].join(', ')

/** As `writeHead` takes them. */
export const readable = ['Access-Control-Allow-Origin', '*', 'Access-Control-Expose-Headers', exposed] as const

/** Of these URLs a browser is told what it may send. */
export function preflights(urls: readonly string[], methods: readonly string[]): (scope: FastifyInstance) => void {
  return scope => {
    for (const url of urls) {
      scope.options(url, (_request, reply) => {
        reply.hijack()
        reply.raw
          .writeHead(204, {
            'Access-Control-Allow-Origin': '*',
            'Access-Control-Allow-Methods': methods.join(', '),
            'Access-Control-Allow-Headers': allowed,
            'Access-Control-Max-Age': '86400',
            Vary: 'Origin',
          })
          .end()
      })
    }
  }
}
