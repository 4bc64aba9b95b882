/** The least that a search can be: one prepared look-up for each question that is known, the stored texts in a Bundle. */
import type { StatementSync } from 'node:sqlite'
import { fhirJson, listen, open } from './listen.ts'
import { openSearchTable } from './search-table.ts'

const [, , file = ':memory:'] = process.argv
const { db } = openSearchTable(file)
const identifier = db.prepare(
  'SELECT id, json FROM identifier CROSS JOIN resource USING (row) WHERE system = ? AND value = ? LIMIT 51',
)
const family = db.prepare(
  'SELECT id, json FROM family CROSS JOIN resource USING (row) WHERE name >= ? AND name < ? LIMIT 51',
)
const latest = db.prepare(`
  SELECT id, json FROM observation CROSS JOIN resource USING (row)
  WHERE patient = ? AND system = ? AND code = ? ORDER BY date DESC LIMIT ?`)
for (const statement of [identifier, family, latest]) statement.setReturnArrays(true)

const app = open()
let origin = ''

type Query = Readonly<Record<string, string | undefined>>

app.get<{ Querystring: Query }>('/fhir/Patient', ({ url, query }, reply) => {
  const { identifier: token, family: name } = query
  const found =
    token === undefined
      ? rows(family, name?.toLowerCase() ?? '', `${name?.toLowerCase()}\u{10ffff}`)
      : rows(identifier, ...split(token))
  return reply.header('content-type', fhirJson).send(bundle('Patient', url, found))
})

app.get<{ Querystring: Query }>('/fhir/Observation', ({ url, query }, reply) => {
  const { patient = '', code = '', _count = '' } = query
  const found = rows(latest, `Patient/${patient}`, ...split(code), Number(_count))
  return reply.header('content-type', fhirJson).send(bundle('Observation', url, found))
})

type Row = readonly [id: string, json: string]

function rows(statement: StatementSync, ...values: (string | number)[]): readonly Row[] {
  return statement.all(...values) as unknown as readonly Row[]
}

function split(token: string): readonly [string, string] {
  const [system = '', code = ''] = token.split('|')
  return [system, code]
}

function bundle(type: string, url: string, found: readonly Row[]): string {
  let text = `{"resourceType":"Bundle","type":"searchset","total":${found.length},"link":[{"relation":"self","url":"${origin}${url}"}],"entry":[`
  found.forEach(([id, json], at) => {
    text += `${at === 0 ? '' : ','}{"fullUrl":"${origin}/fhir/${type}/${id}","resource":${json},"search":{"mode":"match"}}`
  })
  return `${text}]}`
}

app.addHook('onListen', async () => {
  origin = app.listeningOrigin
})
await listen(app)
