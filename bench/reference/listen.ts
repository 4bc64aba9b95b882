/** What the references have in common: bare Fastify, which says where it listens. */
import { type FastifyInstance, fastify } from 'fastify'

export function open(): FastifyInstance {
  const app = fastify()
  app.addContentTypeParser('application/fhir+json', { parseAs: 'string' }, (_request, text, done) => done(null, text))
  return app
}

export async function listen(app: FastifyInstance): Promise<void> {
  console.log(await app.listen({ host: '127.0.0.1', port: 0 }))
}

export const fhirJson = 'application/fhir+json; charset=utf-8'
