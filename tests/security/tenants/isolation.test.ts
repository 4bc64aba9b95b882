/** Two tenants that look as much alike as they can: nothing of one is met in the other. */
import { setTimeout as sleep } from 'node:timers/promises'
import { pack, valueSet } from '../../conformance/package/pack.ts'
import { type Ask, ids, onBothStores } from './site.ts'

const url = 'http://kiln.test/'
const system = `${url}codes`

/** Everything under the same names, with other content: the amber tenant and the blue one. */
function definitions(colour: string) {
  const own = { status: 'active', url: '', version: '1' }
  const binding = { strength: 'required', valueSet: `${url}set` }
  return {
    system: {
      ...{ ...own, resourceType: 'CodeSystem', id: 'codes', url: system, content: 'complete' },
      concept: [{ code: colour, display: `The ${colour} one` }, { code: 'common' }],
    },
    set: { ...own, resourceType: 'ValueSet', id: 'set', url: `${url}set`, compose: { include: [{ system }] } },
    profile: {
      ...{ ...own, resourceType: 'StructureDefinition', id: 'profile', url: `${url}profile`, name: 'Profile' },
      ...{ kind: 'resource', abstract: false, type: 'Observation', derivation: 'constraint' },
      baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Observation',
      differential: {
        element: [
          { id: 'Observation.bodySite', path: 'Observation.bodySite', binding },
          { id: 'Observation.note', path: 'Observation.note', min: colour === 'amber' ? 1 : 0 },
        ],
      },
    },
    parameter: {
      ...{ ...own, resourceType: 'SearchParameter', id: 'colour', url: `${url}colour`, name: 'Colour', code: 'colour' },
      ...{ description: 'x', base: ['Patient'], type: 'string' },
      expression: colour === 'amber' ? 'Patient.name.family' : 'Patient.address.city',
    },
  }
}

const observation = (code: string, more: object = {}) => ({
  ...{ resourceType: 'Observation', status: 'final', code: { text: 'x' }, meta: { profile: [`${url}profile`] } },
  bodySite: { coding: [{ system, code }] },
  ...more,
})

await onBothStores(async (t, open) => {
  const site = await open()
  const colours = ['amber', 'blue'] as const
  for (const colour of colours) await site.add(colour)
  const amber = site.of('amber')
  const blue = site.of('blue')
  const both: readonly (readonly [(typeof colours)[number], Ask, Ask])[] = [
    ['amber', amber, blue],
    ['blue', blue, amber],
  ]

  for (const [colour, ask] of both) {
    for (const one of Object.values(definitions(colour))) {
      const { status, text } = await ask('PUT', `${one.resourceType}/${one.id}`, one)
      t.equal(status, 201, text)
    }
    const name = [{ family: `Mac${colour}` }]
    const address = [{ city: `${colour}ville` }]
    const identifier = [{ system: 'urn:mrn', value: '1' }]
    const patient = { resourceType: 'Patient', id: 'p', name, address, identifier }
    t.equal((await ask('PUT', 'Patient/p', patient)).status, 201, 'the same id is new in each')
    t.equal((await ask('PUT', 'Patient/p', { ...patient, active: true })).status, 200)
    const own = { resourceType: 'Observation', id: `own-${colour}`, status: 'final', code: { text: colour } }
    await ask('PUT', `Observation/own-${colour}`, { ...own, subject: { reference: 'Patient/p' } })
  }

  await t.test('the same ids and identifiers are other resources', async t => {
    for (const [colour, ask] of both) {
      const name = [{ family: `Mac${colour}` }]
      t.match((await ask('GET', 'Patient/p')).body, { name, active: true })
      t.match((await ask('GET', 'Patient/p/_history/1')).body, { name })
      const found = await ask('GET', 'Patient?identifier=urn:mrn|1')
      t.match(found.body.entry, [{ fullUrl: `${site.baseOf(colour)}/Patient/p`, resource: { name } }])
      t.same(ids(await ask('GET', 'Observation?subject=Patient/p')), [`Observation/own-${colour}`])
      t.same(ids(await ask('GET', 'Observation?subject.name=Mac')), [`Observation/own-${colour}`])
      t.same(
        ids(await ask('GET', 'Patient?_has:Observation:subject:_id=own-amber')),
        colour === 'amber' ? ['Patient/p'] : [],
      )
      t.same(ids(await ask('GET', 'Patient?_revinclude=*')), [`Observation/own-${colour}`, 'Patient/p'])
      t.same(ids(await ask('GET', 'Patient/p/*')), [`Observation/own-${colour}`, 'Patient/p'])
    }
    t.same(ids(await site.of('default')('GET', 'Patient')), [])
    for (const path of [
      'Observation/own-amber',
      'Observation/own-amber/_history',
      'Observation/own-amber/_history/1',
    ]) {
      t.equal((await blue('GET', path)).status, 404, path)
    }
    t.equal((await blue('DELETE', 'Observation/own-amber')).status, 204, 'there was nothing to delete')
    t.equal((await amber('GET', 'Observation/own-amber')).status, 200)
  })

  await t.test('histories hold their own', async t => {
    for (const [colour, ask, other] of both) {
      const text = (await ask('GET', '_history?_count=100')).text
      t.notMatch(text, new RegExp(colour === 'amber' ? 'blue' : 'amber', 'i'))
      t.match(text, new RegExp(`Mac${colour}`))
      const { body } = await ask('GET', 'Patient/p/_history')
      t.equal(body.total, 2)
      const page = (await ask('GET', '_history?_count=2')).body.link.find(
        (l: { relation: string }) => l.relation === 'next',
      )
      const elsewhere = page.url.replace(`/t/${colour}/`, `/t/${colour === 'amber' ? 'blue' : 'amber'}/`)
      t.equal((await other('GET', elsewhere)).status, 400, 'a cursor is good in one tenant')
    }
  })

  await t.test('what a cursor or a link of a search leads to is in one tenant', async t => {
    for (const ask of [amber, blue])
      for (const id of ['a', 'b', 'c']) await ask('PUT', `Location/${id}`, { ...place(id), id })
    const page = (await amber('GET', 'Location?_count=1')).body.link.find(
      (l: { relation: string }) => l.relation === 'next',
    )
    t.equal((await amber('GET', page.url)).status, 200)
    t.equal((await blue('GET', page.url.replace('/t/amber/', '/t/blue/'))).status, 400)
  })

  await t.test('conditional interactions choose among their own', async t => {
    const patient = { resourceType: 'Patient', identifier: [{ system: 'urn:mrn', value: '7' }] }
    const condition = { 'if-none-exist': 'identifier=urn:mrn|7' }
    for (const [, ask] of both) t.equal((await ask('POST', 'Patient', patient, condition)).status, 201)
    for (const [, ask] of both) t.equal((await ask('POST', 'Patient', patient, condition)).status, 200)
    t.equal((await amber('DELETE', 'Patient?identifier=urn:mrn|7')).status, 204)
    t.equal(ids(await blue('GET', 'Patient?identifier=urn:mrn|7')).length, 1)
    t.equal((await blue('PUT', 'Patient?identifier=urn:mrn|7', patient)).status, 200)
    t.equal((await amber('PUT', 'Patient?identifier=urn:mrn|7', patient)).status, 201)
  })

  await t.test('an Idempotency-Key is one of each', async t => {
    const key = { 'idempotency-key': '"k-1"' }
    const made = await amber('POST', 'Location', place('x'), key)
    const other = await blue('POST', 'Location', place('y'), key)
    t.same([made.status, other.status], [201, 201], 'it is not taken for another request with the same key')
    t.equal((await amber('POST', 'Location', place('x'), key)).body.id, made.body.id)
    t.equal((await blue('GET', `Location/${made.body.id}`)).status, 404)
  })

  await t.test('a reference to the base of another tenant leads outside', async t => {
    const reference = `${site.baseOf('amber')}/Patient/p`
    const own = {
      resourceType: 'Observation',
      id: 'abroad',
      status: 'final',
      code: { text: 'x' },
      subject: { reference },
    }
    t.equal((await blue('PUT', 'Observation/abroad', own)).status, 201)
    t.same(ids(await blue('GET', 'Observation?subject=Patient/p')), ['Observation/own-blue'])
    t.same(ids(await blue('GET', `Observation?subject=${reference}`)), ['Observation/abroad'])
    t.same(ids(await blue('GET', 'Observation?_id=abroad&_include=*')), ['Observation/abroad'])
    t.same(ids(await blue('GET', 'Observation?_id=abroad&subject.name=Mac')), [])
    t.same(ids(await amber('GET', 'Patient?_has:Observation:subject:_id=abroad')), [])
    t.equal((await blue('GET', 'Observation/abroad')).body.subject.reference, reference)
    const { status } = await blue('POST', '', {
      ...{ resourceType: 'Bundle', type: 'batch' },
      entry: [{ request: { method: 'GET', url: reference } }],
    })
    t.equal(status, 200)
    await blue('DELETE', 'Observation/abroad')
  })

  await t.test('a Bundle of one cannot reach into another', async t => {
    for (const path of ['../../amber/fhir/Patient/p', '/t/amber/fhir/Patient/p', `${site.baseOf('amber')}/Patient/p`]) {
      const entry = [{ request: { method: 'GET', url: path } }]
      const answer = await blue('POST', '', { resourceType: 'Bundle', type: 'batch', entry })
      t.notMatch(answer.text, /Macamber/, path)
    }
  })

  await t.test('each has code systems, value sets and profiles of its own', async t => {
    const answers = async ([colour, ask]: (typeof both)[number]) => {
      const other = colour === 'amber' ? 'blue' : 'amber'
      const note = { note: [{ text: 'n' }] }
      const post = async (code: string, more = {}) => (await ask('POST', 'Observation', observation(code, more))).status
      const valid = (code: string) => ask('GET', `ValueSet/$validate-code?url=${url}set&system=${system}&code=${code}`)
      return {
        own: (await ask('GET', `CodeSystem/$lookup?system=${system}&code=${colour}`)).text.includes(
          `The ${colour} one`,
        ),
        other: (await ask('GET', `CodeSystem/$lookup?system=${system}&code=${other}`)).status,
        expanded: (await ask('GET', `ValueSet/$expand?url=${url}set`)).body.expansion.contains[0].code,
        valid: [(await valid(colour)).body.parameter[0], (await valid(other)).body.parameter[0]],
        posted: [await post(colour, note), await post(other, note), await post(colour)],
        profiles: ids(await ask('GET', `StructureDefinition?url=${url}profile`)).length,
      }
    }
    const valid = [{ valueBoolean: true }, { valueBoolean: false }]
    // Both ways round, so that what is remembered of one would be met by the other.
    for (const one of [...both, ...both.toReversed()]) {
      const [colour] = one
      const expected = { own: true, other: 404, expanded: colour, valid, profiles: 1 }
      t.match(await answers(one), { ...expected, posted: [201, 422, colour === 'amber' ? 422 : 201] }, colour)
    }
    t.equal((await site.of('default')('GET', `ValueSet/$expand?url=${url}set`)).status, 404)
  })

  await t.test('each has search parameters of its own', async t => {
    t.equal((await site.of('default')('GET', 'Patient?colour=x')).status, 400)
    for (const [colour, ask] of both) {
      const [value, other] = colour === 'amber' ? ['Macamber', 'amberville'] : ['blueville', 'Macblue']
      for (let again = 0; (await ask('GET', `Patient?colour=${value}`)).status === 400 && again < 60; again++) {
        await sleep(250) // it is being indexed
      }
      t.same(ids(await ask('GET', `Patient?colour=${value}`)), ['Patient/p'], 'the same code means another element')
      t.same(ids(await ask('GET', `Patient?colour=${other}`)), [])
    }
  })

  await t.test('what is imported for one is there for one, and so is the job', async t => {
    const csv = 'code,display\nfirst-only,Only first\n'
    const query = `system=${url}wards&version=1`
    const headers = { 'content-type': 'text/csv', prefer: 'respond-async' }
    const accepted = await amber('POST', `CodeSystem/$import?${query}&name=wards.csv`, csv, headers)
    t.equal(accepted.status, 202, accepted.text)
    const status = accepted.headers.get('content-location') ?? ''
    t.ok(status.startsWith(`${site.baseOf('amber')}/Task/`))
    t.equal((await blue('GET', status.replace('/t/amber/', '/t/blue/'))).status, 404, 'nobody else hears of the job')
    while ((await amber('GET', status)).status === 202) await sleep(50)
    t.equal((await amber('GET', status)).status, 200)
    const lookup = `CodeSystem/$lookup?system=${url}wards&code=first-only`
    for (let again = 0; (await amber('GET', lookup)).status !== 200 && again < 40; again++) await sleep(100)
    t.match((await amber('GET', lookup)).text, /Only first/)
    t.equal((await blue('GET', lookup)).status, 404)
    t.equal((await site.of('default')('GET', lookup)).status, 404)
    t.same(ids(await blue('GET', 'Task')), [])
  })

  await t.test('a package is installed for one', async t => {
    const archive = new Uint8Array(pack({ name: 'example.one', version: '1.0.0' }, [valueSet('a-set')]))
    const headers = { 'content-type': 'application/gzip' }
    const installed = await fetch(`${site.baseOf('amber')}/$install-package`, {
      method: 'POST',
      headers,
      body: archive,
    })
    t.equal(installed.status, 200)
    const found = 'ValueSet?_source=package:example.one%231.0.0'
    t.equal(ids(await amber('GET', found)).length, 1)
    for (const tenant of ['blue', 'default']) t.same(ids(await site.of(tenant)('GET', found)), [])
    t.same(ids(await blue('GET', 'ImplementationGuide')), [])
  })

  await t.test('neither metrics nor logs tell of any of them', async t => {
    const metrics = (await site.of('default')('GET', `${site.origin}/ops/metrics`)).text
    t.match(metrics, /kiln_requests_total\{interaction="read"/)
    t.notMatch(
      metrics,
      /amber"|blue"|tenant|Mac|own-|urn:mrn/i,
      'no label by which they could be told apart, or counted',
    )
    const before = metrics.split('\n').length
    for (let at = 0; at < 50; at++) await site.of(`nobody-${at}`)('GET', 'Patient')
    const after = (await site.of('default')('GET', `${site.origin}/ops/metrics`)).text.split('\n').length
    t.ok(after - before < 25, 'labels do not grow with what is asked')
    t.notMatch(
      JSON.stringify(site.events, (_, value) => (value instanceof Error ? value.message : value)),
      /Mac|urn:mrn|own-|amberville|kiln\.test/,
    )
  })
})

function place(text: string) {
  return { resourceType: 'Location', name: text }
}
