/** The least that a durable create can be: JSON.parse, the resource, its index rows; the text goes back as it came. */
import { randomUUID } from 'node:crypto'
import { fhirJson, listen, open } from './listen.ts'
import { openTable } from './table.ts'

const [, , file = ':memory:', indexRows] = process.argv
const { db, durably, index } = openTable(file, Number(indexRows))
const insert = db.prepare('INSERT INTO resource (type, id, json) VALUES (?, ?, ?)')
const app = open()
app.post<{ Body: string }>('/fhir/:type', async ({ body }, reply) => {
  const { resourceType } = JSON.parse(body)
  const id = randomUUID()
  await durably(() => index(Number(insert.run(resourceType, id, body).lastInsertRowid), true))
  return reply.code(201).header('location', `/fhir/${resourceType}/${id}`).header('content-type', fhirJson).send(body)
})
await listen(app)
