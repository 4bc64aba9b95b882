/** The least that a durable update can be: JSON.parse, the resource and its index rows replaced; the text goes back as it came. */
import { fhirJson, listen, open } from './listen.ts'
import { openTable } from './table.ts'

const [, , file = ':memory:', indexRows] = process.argv
const { db, durably, index } = openTable(file, Number(indexRows))
const replace = db.prepare('UPDATE resource SET json = ? WHERE type = ? AND id = ? RETURNING row')
const app = open()
app.put<{ Body: string }>('/fhir/:type/:id', async ({ body }, reply) => {
  const { resourceType, id } = JSON.parse(body)
  await durably(() => index(Number(replace.get(body, resourceType, id)!['row']), false))
  return reply.header('content-type', fhirJson).send(body)
})
await listen(app)
