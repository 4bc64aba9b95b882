/** Two whole Kilns on one store: what one is told to define, the other goes by with its next request, be it a read or an operation. */
import t from 'tap'
import { pack } from '../conformance/package/pack.ts'
import { type Kiln, openKiln } from '../http/kiln.ts'
import { onBothServers } from '../spec/both-servers.ts'
import type { Loose } from '../world.ts'

const url = 'http://kiln.test/'
const own = (resourceType: string, id: string, more: object): Loose => ({
  ...{ resourceType, id, url: `${url}${id}`, name: 'Own', status: 'active' },
  ...more,
})
const paint = (...codes: string[]): Loose =>
  own('CodeSystem', 'paint', { content: 'complete', concept: codes.map(code => ({ code, display: `The ${code}` })) })
const colours = (...codes: string[]): Loose => {
  const concept = codes.map(code => ({ code }))
  return own('ValueSet', 'colours', { compose: { include: [{ system: `${url}paint`, concept }] } })
}
const named = (min: number): Loose =>
  own('StructureDefinition', 'named', {
    ...{ kind: 'resource', abstract: false, type: 'Patient', derivation: 'constraint' },
    baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient',
    differential: { element: [{ id: 'Patient.name', path: 'Patient.name', min }] },
  })
const form = (type: string): Loose => own('Questionnaire', 'form', { item: [{ linkId: 'a', type }] })
const response = {
  ...{ resourceType: 'QuestionnaireResponse', status: 'completed', questionnaire: `${url}form` },
  item: [{ linkId: 'a', answer: [{ valueString: 'x' }] }],
}
const blue = { resourceType: 'Basic', code: { coding: [{ system: `${url}paint`, code: 'blue' }] } }

async function send(kiln: Kiln, method: string, path: string, body?: Loose): Promise<Loose> {
  const headers = { 'content-type': 'application/fhir+json' }
  const answer = await fetch(`${kiln.base}/${path}`, {
    method,
    headers,
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  return (await answer.json()) as Loose
}

const put = async (kiln: Kiln, resource: Loose): Promise<void> => {
  const { resourceType, id } = resource
  const stored = await send(kiln, 'PUT', `${resourceType}/${id}`, resource)
  if (stored.resourceType !== resourceType) throw new Error(JSON.stringify(stored))
}

const errors = ({ issue }: Loose): number => issue.filter(({ severity }: Loose) => severity === 'error').length
const result = ({ parameter }: Loose): boolean =>
  parameter.find(({ name }: Loose) => name === 'result')?.valueBoolean === true

/** What is asked for, and whether the answer is that of the first definition. */
const questions = [
  [
    'CodeSystem/$validate-code',
    [paint('blue')],
    paint('red'),
    async kiln => result(await send(kiln, 'GET', `CodeSystem/$validate-code?url=${url}paint&code=blue`)),
  ],
  [
    'CodeSystem/$lookup',
    [paint('blue')],
    paint('red'),
    async kiln =>
      (await send(kiln, 'GET', `CodeSystem/$lookup?system=${url}paint&code=blue`)).resourceType === 'Parameters',
  ],
  [
    'ValueSet/$expand',
    [paint('blue', 'red'), colours('blue')],
    colours('red'),
    async kiln => (await send(kiln, 'GET', `ValueSet/$expand?url=${url}colours`)).expansion.contains[0].code === 'blue',
  ],
  [
    'ValueSet/$validate-code',
    [paint('blue', 'red'), colours('blue')],
    colours('red'),
    async kiln =>
      result(await send(kiln, 'GET', `ValueSet/$validate-code?url=${url}colours&system=${url}paint&code=blue`)),
  ],
  [
    'a search by a value set',
    [paint('blue', 'red'), colours('blue'), { ...blue, id: 'blue' }],
    colours('red'),
    async kiln => (await send(kiln, 'GET', `Basic?code:in=${url}colours`)).entry?.length === 1,
  ],
  [
    '$validate by a profile',
    [named(0)],
    named(1),
    async kiln =>
      errors(await send(kiln, 'POST', `Patient/$validate?profile=${url}named`, { resourceType: 'Patient' })) === 0,
  ],
  [
    '$validate of an answered questionnaire',
    [form('string')],
    form('integer'),
    async kiln => errors(await send(kiln, 'POST', 'QuestionnaireResponse/$validate', response)) === 0,
  ],
] as const satisfies readonly (readonly [string, readonly Loose[], Loose, (kiln: Kiln) => Promise<boolean>])[]

await onBothServers(t, async (t, environment) => {
  const here = await openKiln(t, environment)
  const there = await openKiln(t, { ...environment, KILN_STORE: here.place })

  for (const [name, before, change, isAsBefore] of questions) {
    await t.test(`${name} goes by what another process was told a moment ago`, async t => {
      for (const each of before) await put(here, each)
      for (let times = 0; times < 3; times++) t.equal(await isAsBefore(there), true) // what is asked again may be kept
      for (let times = 0; times < 3; times++) {
        await put(here, change)
        t.equal(await isAsBefore(there), false)
        for (const each of before) await put(here, each)
        t.equal(await isAsBefore(there), true)
      }
    })
  }

  await t.test('a package counts elsewhere as soon as it is installed', async t => {
    const valueSet = { ...colours('blue'), url: `${url}packed` }
    const profile = { ...named(1), id: 'packed-named', url: `${url}packed-named` }
    const bytes = pack({ name: 'elsewhere.test', version: '1.0.0' }, [valueSet, profile])
    const validated = () =>
      send(there, 'POST', `Patient/$validate?profile=${url}packed-named`, { resourceType: 'Patient' })
    const expanded = () => send(there, 'GET', `ValueSet/$expand?url=${url}packed`)
    t.match((await validated()).issue, [{ diagnostics: /packed-named/ }], 'nobody knows it')
    t.equal((await expanded()).resourceType, 'OperationOutcome')
    const installed = await fetch(`${here.base}/$install-package`, {
      method: 'POST',
      headers: { 'content-type': 'application/gzip' },
      body: new Uint8Array(bytes),
    })
    t.equal(installed.status, 200)
    t.match((await validated()).issue, [{ expression: ['Patient.name'] }])
    t.equal((await expanded()).expansion.contains[0].code, 'blue')
  })
})
