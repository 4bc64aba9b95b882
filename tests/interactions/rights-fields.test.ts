/** Hidden and read-only elements: what is not shown cannot be guessed either, and stays as it is. */
import { policy, type Rule } from '../security/access/policies.ts'
import { type Loose, onBothStores, type Reply, type World } from '../world.ts'

type Ask = World['ask']

async function put(ask: Ask, resource: Loose): Promise<void> {
  const { status, json } = await ask('PUT', `${resource.resourceType}/${resource.id}`, resource)
  if (status >= 300) throw new Error(json)
}

function ids({ body }: Reply): readonly string[] {
  return (body.entry ?? []).flatMap(({ resource }: Loose) => resource.id ?? []).sort()
}

const ann = {
  ...{ resourceType: 'Patient', id: 'ann', active: true, gender: 'female', birthDate: '1980-01-01' },
  text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">Ann, 555-ann</div>' },
  name: [{ family: 'Smith', given: ['Ann'] }],
  telecom: [{ system: 'phone', value: '555-ann' }],
  generalPractitioner: [{ reference: 'Practitioner/doctor' }],
  contact: [
    { name: { family: 'Mother' }, telecom: [{ system: 'phone', value: '555-mother' }] },
    { name: { family: 'Father' }, telecom: [{ system: 'phone', value: '555-father' }] },
    { telecom: [{ system: 'phone', value: '555-nobody' }] },
  ],
}

async function hospital({ ask }: World, over: Partial<Rule> = {}): Promise<void> {
  await put(ask, { resourceType: 'Practitioner', id: 'doctor', name: [{ family: 'Doctor' }] })
  await put(ask, ann)
  await put(ask, { resourceType: 'Patient', id: 'bob', active: true, name: [{ family: 'Brown' }] })
  await put(ask, {
    ...{ resourceType: 'Observation', id: 'one', status: 'final', code: { text: 'pulse' } },
    subject: { reference: 'Patient/ann' },
  })
  const hidden = ['telecom', 'contact.telecom', 'generalPractitioner', 'deceased[x]']
  const rule = { types: ['Patient'], letters: 'crus', hidden, fixed: ['birthDate'], ...over }
  const others = { types: ['Observation', 'Practitioner', 'Person', 'List'], letters: 'crus' }
  await put(
    ask,
    policy('clerks', { roles: ['clerk'], rules: [rule, others], confidentiality: 'V', sensitivities: ['*'] }),
  )
}

const clerk = { id: 'c', user: 'carl', roles: ['clerk'], scope: 'user/*.cruds' }
const secrets = /555|generalPractitioner/

await onBothStores(async (t, open) => {
  await t.test('what is hidden goes out nowhere', async t => {
    const world = await open()
    await hospital(world)
    await world.ask('PUT', 'Patient/ann', { ...ann, active: false })
    const ask = world.as(clerk)
    const bundle = (type: string, url: string) => ({
      resourceType: 'Bundle',
      type,
      entry: [{ request: { method: 'GET', url } }],
    })
    const answers = [
      ...[await ask('GET', 'Patient/ann'), await ask('GET', 'Patient/ann/_history/1')],
      ...[await ask('GET', 'Patient/ann/_history'), await ask('GET', 'Patient/_history'), await ask('GET', '_history')],
      ...[await ask('GET', 'Patient'), await ask('GET', 'Patient?_elements=telecom,name')],
      ...[await ask('GET', 'Observation?_include=Observation:subject'), await ask('GET', '?_type=Patient')],
      ...[await ask('GET', 'Patient?_summary=true'), await ask('GET', 'Patient/ann?_summary=text')],
      ...[
        await ask('POST', '', bundle('batch', 'Patient/ann')),
        await ask('POST', '', bundle('transaction', 'Patient')),
      ],
    ]
    for (const [at, { status, json }] of answers.entries()) {
      t.equal(status, 200, `${at}: ${json.slice(0, 200)}`)
      t.notMatch(json, secrets, `${at}`)
      t.match(json, /SUBSETTED/, `${at}`)
    }
    const { body, headers } = await ask('GET', 'Patient/ann')
    t.equal(headers['etag'], 'W/"2"')
    t.same(body.contact, [{ name: { family: 'Mother' } }, { name: { family: 'Father' } }])
    t.equal(body.text, undefined)
    t.match((await ask('GET', 'Patient/bob')).json, /SUBSETTED/, 'whether it has the elements or not')
  })

  await t.test('what is hidden cannot be asked for', async t => {
    const world = await open()
    await hospital(world)
    const ask = world.as(clerk)
    for (const query of [
      ...['phone=555-ann', 'telecom=555-ann', 'telecom:missing=true', 'general-practitioner=Practitioner/doctor'],
      ...['general-practitioner.name=Doctor', '_sort=phone', '_sort=death-date', 'deceased=true', 'phone:not=555-ann'],
      ...['_filter=phone eq 555-ann', 'general-practitioner:missing=false', '_include=Patient:general-practitioner'],
      ...['phone=555-ann&_summary=count', 'general-practitioner=x&_total=accurate'],
    ]) {
      const { status, json } = await ask('GET', `Patient?${query}`)
      t.equal(status, 400, `${query}: ${json.slice(0, 300)}`)
      t.equal(
        (await ask('POST', 'Patient/_search', query, { 'content-type': 'application/x-www-form-urlencoded' })).status,
        400,
      )
    }
    for (const path of [
      ...['Observation?subject:Patient.phone=555-ann', 'Observation?patient.general-practitioner=Practitioner/doctor'],
      ...[
        'Practitioner?_has:Patient:general-practitioner:_id=ann',
        'Practitioner?_revinclude=Patient:general-practitioner',
      ],
    ]) {
      const { status, json } = await ask('GET', path)
      t.equal(status, 400, `${path}: ${json.slice(0, 300)}`)
    }
    const lenient = await ask('GET', 'Patient?phone=555-ann', undefined, { prefer: 'handling=lenient' })
    t.same(ids(lenient), ['ann', 'bob'])
    t.same(ids(await ask('GET', 'Practitioner/doctor/Patient')), [])
    t.same(ids(await ask('GET', 'Practitioner?_revinclude=*&_id=doctor')), ['doctor'])
    t.same(ids(await ask('GET', 'Patient?_include=*&_id=ann')), ['ann'])
    t.same(ids(await ask('GET', 'Patient?_content=555')), [])
    t.same(ids(await ask('GET', 'Patient?_text=Ann')), [])
    t.same(ids(await ask('GET', 'Patient?family=Smith')), ['ann'])
    t.equal((await ask('DELETE', 'Patient?phone=555-ann')).status, 403)
    const made = await ask('POST', 'Patient', { resourceType: 'Patient' }, { 'if-none-exist': 'phone=555-ann' })
    t.equal(made.status, 400)
  })

  await t.test('who does not see an element leaves it as it is', async t => {
    const world = await open()
    await hospital(world)
    const ask = world.as(clerk)
    const { body } = await ask('GET', 'Patient/ann')
    const changed = { ...body, contact: [{ name: { family: 'Mum' } }, body.contact[1]], active: false }
    const answer = await ask('PUT', 'Patient/ann', changed)
    t.equal(answer.status, 200, answer.json)
    t.notMatch(answer.json, secrets)
    const { body: whole, json } = await world.ask('GET', 'Patient/ann')
    t.notMatch(json, /SUBSETTED/)
    t.same(whole.telecom, ann.telecom)
    t.same(whole.generalPractitioner, ann.generalPractitioner)
    t.same(whole.contact, [{ ...ann.contact[0], name: { family: 'Mum' } }, ann.contact[1], ann.contact[2]])
    t.equal(whole.active, false)
    t.same(whole.text, ann.text)
    t.same(ids(await world.ask('GET', 'Patient?phone=555-ann')), ['ann'], 'it is found by what was kept')
    const patch = [{ op: 'replace', path: '/active', value: true }]
    const json6902 = { 'content-type': 'application/json-patch+json' }
    t.equal((await ask('PATCH', 'Patient/ann', patch, json6902)).status, 200)
    t.same((await world.ask('GET', 'Patient/ann')).body.telecom, ann.telecom)
    const entry = [{ request: { method: 'PUT', url: 'Patient/ann' }, resource: { ...body, gender: 'other' } }]
    t.equal((await ask('POST', '', { resourceType: 'Bundle', type: 'transaction', entry })).status, 200)
    const last = (await world.ask('GET', 'Patient/ann')).body
    t.same([last.telecom, last.gender], [ann.telecom, 'other'])
  })

  await t.test('who does not see an element cannot write it, be it there or not', async t => {
    const world = await open()
    await hospital(world)
    const ask = world.as(clerk)
    for (const id of ['ann', 'bob']) {
      const { body } = await ask('GET', `Patient/${id}`)
      const { status, json } = await ask('PUT', `Patient/${id}`, {
        ...body,
        telecom: [{ system: 'phone', value: '555-ann' }],
      })
      t.equal(status, 403, id)
      t.match(json, /Patient.telecom/)
    }
    const test = [{ op: 'test', path: '/telecom/0/value', value: '555-ann' }]
    const json6902 = { 'content-type': 'application/json-patch+json' }
    const [there, not] = await Promise.all(['ann', 'bob'].map(id => ask('PATCH', `Patient/${id}`, test, json6902)))
    t.equal(there?.status, not?.status)
    t.equal(
      (await ask('POST', 'Patient', { resourceType: 'Patient', telecom: [{ system: 'phone', value: '1' }] })).status,
      403,
    )
  })

  await t.test('what is read-only stays', async t => {
    const world = await open()
    await hospital(world)
    const ask = world.as(clerk)
    const { body } = await ask('GET', 'Patient/ann')
    const later = await ask('PUT', 'Patient/ann', { ...body, birthDate: '1990-01-01' })
    t.equal(later.status, 403)
    t.match(later.body.issue[0], { expression: ['Patient.birthDate'] })
    const { birthDate: _, ...ageless } = body
    t.equal((await ask('PUT', 'Patient/ann', ageless)).status, 403)
    t.equal((await ask('PUT', 'Patient/ann', { ...body, gender: 'other' })).status, 200)
  })

  await t.test('what is contained is hidden as well', async t => {
    const world = await open()
    await hospital(world)
    const inner = {
      resourceType: 'Patient',
      id: 'p',
      name: [{ family: 'Inner' }],
      telecom: [{ system: 'phone', value: '555-inner' }],
    }
    const list = {
      ...{ resourceType: 'List', id: 'l', status: 'current', mode: 'working', contained: [inner] },
      entry: [{ item: { reference: '#p' } }],
    }
    await put(world.ask, list)
    const ask = world.as(clerk)
    const { body, json } = await ask('GET', 'List/l')
    t.notMatch(json, secrets)
    t.notMatch((await ask('GET', 'Patient?_contained=true&family=Inner')).json, secrets)
    t.equal((await ask('GET', 'Patient?_contained=true&phone=555-inner')).status, 400)
    t.equal((await ask('PUT', 'List/l', { ...body, title: 'new' })).status, 200)
    const whole = (await world.ask('GET', 'List/l')).body
    t.same(whole.contained, [inner])
    t.equal(whole.title, 'new')
  })

  await t.test('of a composite or a compartment nothing can be learnt of a hidden part', async t => {
    const world = await open()
    await hospital(world)
    const value = { valueQuantity: { value: 80, system: 'http://unitsofmeasure.org', code: '/min' } }
    await put(world.ask, {
      ...{ resourceType: 'Observation', id: 'two', status: 'final', ...value },
      code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] },
      subject: { reference: 'Patient/ann' },
    })
    const rule = { types: ['Observation'], letters: 'rs', hidden: ['value[x]', 'subject'] }
    await put(
      world.ask,
      policy('counters', { roles: ['counter'], rules: [rule, { types: ['Patient'], letters: 'rs' }] }),
    )
    const ask = world.as({ ...clerk, id: 'k', roles: ['counter'] })
    for (const query of [
      'code-value-quantity=8867-4$80',
      'combo-code-value-quantity=8867-4$80',
      'value-quantity=80',
      'patient=ann',
    ]) {
      t.equal((await ask('GET', `Observation?${query}`)).status, 400, query)
    }
    t.same(ids(await ask('GET', 'Observation?code=8867-4')), ['two'])
    t.same(ids(await ask('GET', 'Patient/ann/Observation')), [])
    t.notMatch((await ask('GET', 'Observation/two')).json, /80|ann/)
  })
})
