/** Probes and metrics: is the process alive, may it get requests, how does it do. */
import type { FastifyInstance } from 'fastify'
import { type CommonHeaders, stamp } from './headers.ts'

export type OpsNeeds = {
  /** Throws unless the store answers and its migrations are done. */
  readonly storeReady: () => Promise<void>
  readonly overloaded: () => boolean
  readonly draining: () => boolean
  /** Prometheus text. */
  readonly metrics: () => Promise<string>
  readonly headers: CommonHeaders
}

export function opsScope(needs: OpsNeeds): (scope: FastifyInstance) => Promise<void> {
  return async scope => {
    scope.addHook('onRequest', stamp(needs.headers))
    scope.get('/ops/live', async (_request, reply) => reply.type('text/plain; charset=utf-8').send('alive\n'))
    scope.get('/ops/ready', async (_request, reply) => {
      const obstacle = await obstacleOf(needs)
      return reply
        .code(obstacle === undefined ? 200 : 503)
        .type('text/plain; charset=utf-8')
        .send(`${obstacle ?? 'ready'}\n`)
    })
    scope.get('/ops/metrics', async (_request, reply) =>
      reply.type('text/plain; version=0.0.4; charset=utf-8').send(await needs.metrics()),
    )
  }
}

/** Why no requests should come here for the moment. The cause of a broken store stays in the log. */
async function obstacleOf({ draining, overloaded, storeReady }: OpsNeeds): Promise<string | undefined> {
  if (draining()) return 'draining'
  if (overloaded()) return 'event loop late'
  try {
    await storeReady()
    return undefined
  } catch {
    return 'store not ready'
  }
}
