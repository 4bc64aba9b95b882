/** Every resource type has every interaction, in both formats and on both stores. https://hl7.org/fhir/R4/http.html#summary */
import { Agent } from 'node:http'
import t, { type Test } from 'tap'
import { loadDefinitions } from '../../src/conformance/definitions.ts'
import { printJson } from '../../src/fhir/json.ts'
import { printXml } from '../../src/fhir/xml/print.ts'
import { openKiln } from '../http/kiln.ts'
import { onBothServers } from './both-servers.ts'
import { minimal } from './minimal.ts'
import { type Answer, type Request, send } from './wire.ts'

const { shapes } = loadDefinitions()
const variables = new Map<string, string>()
const json = { 'content-type': 'application/fhir+json', accept: 'application/fhir+json' }
const xml = { 'content-type': 'application/fhir+xml', accept: 'application/fhir+xml' }

await onBothServers(t, async (t, environment) => {
  const kiln = await openKiln(t, environment)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  const ask = (request: Request): Promise<Answer> => send(agent, kiln.base, request, variables)
  for (const type of shapes.resourceTypes) {
    await t.test(`${type} can be created, read, updated, patched, deleted and remembered`, t => life(t, type, ask))
  }
})

async function life(t: Test, type: string, ask: (request: Request) => Promise<Answer>): Promise<void> {
  const resource = minimal(type, shapes)
  const made = await ask({ method: 'POST', target: `/${type}`, text: printJson(resource), headers: json })
  t.equal(made.status, 201, made.text)
  const { id } = made.body as { id: string }
  const read = await ask({ method: 'GET', target: `/${type}/${id}`, headers: json })
  t.match(read.body, { ...resource, id, meta: { versionId: '1' } }, 'what is read is what was created')

  const asXml = printXml({ ...resource, id, implicitRules: 'http://example.org/rules' }, shapes)
  const updated = await ask({ method: 'PUT', target: `/${type}/${id}`, text: asXml, headers: xml })
  t.equal(updated.status, 200, updated.text)
  t.match(updated.text, /<implicitRules value="http:\/\/example.org\/rules"\/>/)
  const again = await ask({ method: 'PUT', target: `/${type}/${id}`, text: updated.text, headers: xml })
  t.equal(again.headers.etag, 'W/"2"', 'what was read as XML and comes back changes nothing')

  const patch = [{ op: 'replace', path: '/implicitRules', value: 'http://example.org/others' }]
  const headers = { ...json, 'content-type': 'application/json-patch+json' }
  const patched = await ask({ method: 'PATCH', target: `/${type}/${id}`, body: patch, headers })
  t.match(patched.body, { ...resource, implicitRules: 'http://example.org/others' }, 'nothing else was changed')
  t.equal((await ask({ method: 'DELETE', target: `/${type}/${id}` })).status, 204)
  t.equal((await ask({ method: 'GET', target: `/${type}/${id}`, headers: json })).status, 410)
  const history = await ask({ method: 'GET', target: `/${type}/_history` })
  const methods = (history.body as { entry: { request: { method: string } }[] }).entry.map(
    ({ request }) => request.method,
  )
  t.same(methods, ['DELETE', 'PATCH', 'PUT', 'POST'])
}
