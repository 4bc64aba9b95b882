/** The least that a read by id can be: one row looked up, the stored text sent as it is. */
import { fhirJson, listen, open } from './listen.ts'
import { openTable } from './table.ts'

const [, , file = ':memory:'] = process.argv
const { db } = openTable(file)
const row = db.prepare('SELECT json FROM resource WHERE type = ? AND id = ?')
const app = open()
app.get<{ Params: { type: string; id: string } }>('/fhir/:type/:id', (request, reply) => {
  const found = row.get(request.params.type, request.params.id)
  if (!found) return reply.code(404).send()
  return reply.header('content-type', fhirJson).send(found['json'])
})
await listen(app)
