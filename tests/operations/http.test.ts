/** Operations as clients meet them: over a real socket, in both formats. */
import t from 'tap'
import { type Kiln, openKiln, speak } from '../http/kiln.ts'
import { onBothServers } from '../spec/both-servers.ts'
import type { Loose } from '../world.ts'
import { parameters } from './operating.ts'

const json = { 'content-type': 'application/fhir+json' }
const patient = { resourceType: 'Patient', active: true }
const red = { system: 'urn:colour', code: 'red' }

function post(kiln: Kiln, path: string, body: unknown, headers: Record<string, string> = json): Promise<Response> {
  return fetch(`${kiln.base}${path}`, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

await onBothServers(t, async (t, environment) => {
  const kiln = await openKiln(t, environment)
  const id = await kiln.create('Patient', { active: true })

  await t.test('the claim names every operation where it is, with its definition', async t => {
    const [rest] = ((await (await fetch(`${kiln.base}/metadata`)).json()) as Loose).rest
    const named = (list: Loose[]): string[] => list.map(({ name }) => name).sort()
    const ofSystem = ['break-glass', 'closure', 'convert', 'install-package', 'launch', 'meta', 'validate', 'versions']
    t.strictSame(named(rest.operation), ofSystem)
    const ofAll = ['meta', 'meta-add', 'meta-delete', 'validate']
    const ofOne: Readonly<Record<string, readonly string[]>> = {
      CodeSystem: ['find-matches', 'import', 'lookup', 'subsumes', 'validate-code'],
      ConceptMap: ['translate'],
      Task: ['import-status'],
      ValueSet: ['batch-validate-code', 'expand', 'validate-code'],
    }
    for (const { type, operation } of rest.resource) {
      t.strictSame(named(operation), [...ofAll, ...(ofOne[type] ?? [])].sort(), type)
    }
    for (const { name } of rest.operation) {
      t.not((await post(kiln, `/$${name}`, patient)).status, 404, name)
    }
    for (const { name } of rest.resource[0].operation) {
      const { type } = rest.resource[0]
      const known = await Promise.all(
        [`/${type}/$${name}`, `/${type}/x/$${name}`].map(path => post(kiln, path, parameters())),
      )
      const codes = await Promise.all(known.map(async answer => ((await answer.json()) as Loose).issue?.[0].code))
      t.ok(
        codes.some(code => code !== 'not-supported'),
        name,
      )
    }
    const system = rest.operation.find(({ name }: Loose) => name === 'validate')
    t.not(system.definition, rest.resource[0].operation.find(({ name }: Loose) => name === 'validate').definition)
  })

  await t.test('$validate explains itself in plain text, whatever else is accepted', async t => {
    const answer = await post(kiln, '/Patient/$validate?explain', '{"resourceType":"Patient","active":7}')
    t.equal(answer.status, 200)
    t.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8')
    t.match(await answer.text(), /^Patient:1:36: error: .*\n(.*\n){2} +\| {36}\^\n/)
  })

  await t.test('$convert turns XML into JSON and back', async t => {
    const xml = '<Patient xmlns="http://hl7.org/fhir"><id value="x"/><active value="true"/></Patient>'
    const toJson = await post(kiln, '/$convert', xml, {
      'content-type': 'application/fhir+xml',
      accept: 'application/fhir+json',
    })
    t.strictSame(await toJson.json(), { ...patient, id: 'x' })
    const toXml = await post(kiln, '/$convert?_format=xml', { resourceType: 'Patient', id: 'x', active: true })
    t.match(toXml.headers.get('content-type'), 'application/fhir+xml')
    t.match(await toXml.text(), xml)
  })

  await t.test('$validate answers in the format that is asked for, and refuses what is no resource', async t => {
    const bad = { ...patient, active: 'yes' }
    const answer = await post(kiln, '/Patient/%24validate?_format=xml&_pretty=true', bad)
    t.equal(answer.status, 200)
    t.match(await answer.text(), /<OperationOutcome[\s\S]*<expression value="Patient.active"/)
    for (const [body, type] of [
      ['{', 'application/fhir+json'],
      ['<Patient', 'application/fhir+xml'],
      ['{"resourceType":"Nonsense"}', 'application/json'],
    ] as const) {
      t.equal((await post(kiln, '/$validate', body, { 'content-type': type })).status, 400, body)
    }
    t.equal((await post(kiln, '/$validate', 'x', { 'content-type': 'text/plain' })).status, 415)
    t.equal((await fetch(`${kiln.base}/Patient/${id}/$validate`)).status, 200)
    t.equal((await fetch(`${kiln.base}/Patient/${id}/$validate`, { method: 'HEAD' })).status, 200)
  })

  await t.test('a body that only looks as if it were there is none', async t => {
    const said = await speak(kiln.port, socket => {
      socket.write(`POST /fhir/$versions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
    })
    t.match(said, /^HTTP\/1\.1 200 /)
  })

  await t.test('labels change by $meta-add and $meta-delete, and not by GET', async t => {
    const change = (name: string): Promise<Response> =>
      post(kiln, `/Patient/${id}/$${name}`, parameters(['meta', 'Meta', { tag: [red] }]))
    const added = await change('meta-add')
    t.equal(added.headers.get('etag'), 'W/"2"')
    t.strictSame(((await added.json()) as Loose).parameter[0].valueMeta.tag, [red])
    t.strictSame(((await (await fetch(`${kiln.base}/Patient/$meta`)).json()) as Loose).parameter[0].valueMeta, {
      tag: [red],
    })
    const removed = await change('meta-delete')
    t.notOk('tag' in ((await removed.json()) as Loose).parameter[0].valueMeta)
    const got = await fetch(`${kiln.base}/Patient/${id}/$meta-add`)
    t.equal(got.status, 405)
    t.equal(got.headers.get('allow'), 'POST')
  })

  await t.test('a dry run over HTTP leaves nothing behind', async t => {
    const entry = [{ resource: patient, request: { method: 'POST', url: 'Patient' } }]
    const answer = await post(kiln, '?_validate=true', { resourceType: 'Bundle', type: 'transaction', entry })
    t.equal(answer.status, 200)
    t.equal(((await answer.json()) as Loose).entry[0].response.status, '201 Created')
    const { total } = (await (await fetch(`${kiln.base}/Patient?_summary=count`)).json()) as Loose
    t.equal(total, 1)
  })

  await t.test('operations are counted as such', async t => {
    const { events } = kiln
    t.ok(events.some(event => event.event === 'http.answered' && event.interaction === 'operation'))
    t.notOk(events.some(event => event.event === 'http.failed'))
  })
})
