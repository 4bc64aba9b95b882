/** What policies, labels, contexts and tenants close, looked for in every way that does not ask for it by name. */

import { Agent } from 'node:http'
import type { Test } from 'tap'
import { policy } from '../security/access/policies.ts'
import { ref } from '../security/hospital.ts'
import type { Asked } from '../security/twins.ts'
import type { Loose, Reply } from '../world.ts'
import {
  type Attack,
  attacking,
  bundle,
  byForm,
  entry,
  everything,
  get,
  names,
  patch,
  post,
  put,
  remove,
  type Somebody,
  send,
} from './victim.ts'

const ann: Loose = {
  ...{ resourceType: 'Patient', id: 'ann', active: true, gender: 'female', birthDate: '1980-01-01' },
  text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">Ann, 555-ann</div>' },
  ...{ name: [{ family: 'Smith' }], telecom: [{ system: 'phone', value: '555-ann' }] },
  identifier: [{ system: 'urn:ssn', value: '555-ssn' }],
}
const clerk: Somebody = { scope: 'system/*.cruds', client: 'clerk' }
const hidden = ['telecom', 'identifier']
const clerks = policy('clerks', {
  clients: ['clerk'],
  rules: [
    { types: ['Patient'], letters: 'crus', hidden, fixed: ['birthDate'], constraints: ['active = true'] },
    { types: ['Observation', 'List', 'Composition', 'Bundle', 'Basic', 'Binary', 'Organization'], letters: 'crus' },
  ],
})

/** Each would tell something of what is hidden. */
const guesses: Readonly<Record<string, Asked>> = {
  'its value': get('Patient?telecom=555-ann'),
  'its kind': get('Patient?phone=555-ann'),
  'another element': get('Patient?identifier=urn:ssn|555-ssn'),
  'its absence': get('Patient?telecom:missing=false'),
  'its negation': get('Patient?identifier:not=x'),
  'its type': get('Patient?identifier:of-type=a|b|555-ssn'),
  'its order': get('Patient?_sort=telecom'),
  'its order, turned': get('Patient?_sort=-identifier'),
  'a filter': get('Patient?_filter=telecom eq "555-ann"'),
  'a filter of its absence': get('Patient?_filter=identifier pr true'),
  'a chain': get('Observation?subject:Patient.telecom=555-ann'),
  'a chain of an identifier': get('Observation?subject:Patient.identifier=urn:ssn|555-ssn'),
  'a reversed chain': get('Observation?_has:Observation:subject:subject:Patient.phone=555-ann'),
  'a form': byForm('Patient', 'telecom=555-ann'),
  'all types': get('?_type=Patient&identifier=urn:ssn|555-ssn'),
  'a condition to make': post(
    'Patient',
    { resourceType: 'Patient', active: true },
    { 'if-none-exist': 'telecom=555-ann' },
  ),
  'a condition to change': put('Patient?identifier=urn:ssn|555-ssn', { resourceType: 'Patient', active: true }),
  'a reference to make': post(
    '',
    bundle(
      'transaction',
      entry('POST', 'Observation', {
        ...{ resourceType: 'Observation', status: 'final', code: { text: 'x' } },
        subject: ref('Patient?identifier=urn:ssn|555-ssn'),
      }),
    ),
  ),
  'a batch': post('', bundle('batch', entry('GET', 'Patient?telecom=555-ann'))),
}

/** Each shows a Patient. */
const looks: Readonly<Record<string, Asked>> = {
  'a read': get('Patient/ann'),
  'a read of its elements': get('Patient/ann?_elements=telecom,identifier'),
  'a read of a summary': get('Patient/ann?_summary=true'),
  'a read of the text': get('Patient/ann?_summary=text'),
  'a version': get('Patient/ann/_history/1'),
  'a history': get('Patient/ann/_history'),
  'a history of all': get('_history'),
  'a search': get('Patient?_id=ann'),
  'a search of elements': get('Patient?_id=ann&_elements=telecom'),
  'an include': get('Observation?_include=Observation:subject&_id=of-ann'),
  'a batch': post('', bundle('batch', entry('GET', 'Patient/ann'))),
  'a transaction': post('', bundle('transaction', entry('GET', 'Patient/ann'))),
  XML: get('Patient/ann?_format=xml'),
  'a patch that changes nothing': patch('Patient/ann', []),
  'a dry run': post('?_validate=true', bundle('transaction', entry('GET', 'Patient/ann'))),
  'a contained one': get('List/of-ann'),
}

/** Each would change what is closed, or learn it by trying. */
const writes: Readonly<Record<string, readonly [status: RegExp, asked: Asked]>> = {
  'sending the hidden element': [/403/, put('Patient/ann', { ...ann, text: undefined, identifier: undefined })],
  'sending it empty': [
    /400|403|422/,
    put('Patient/ann', { ...ann, text: undefined, telecom: [], identifier: undefined }),
  ],
  'removing it by a patch': [/403|422/, patch('Patient/ann', [{ op: 'remove', path: '/telecom' }])],
  'testing it by a patch': [
    /403|422/,
    patch('Patient/ann', [{ op: 'test', path: '/telecom/0/value', value: '555-ann' }]),
  ],
  'copying it by a patch': [/403|422/, patch('Patient/ann', [{ op: 'copy', from: '/telecom', path: '/name/0/given' }])],
  'moving it by a patch': [
    /403|422/,
    patch('Patient/ann', [{ op: 'move', from: '/telecom/0/value', path: '/name/0/text' }]),
  ],
  'changing what is fixed': [
    /403/,
    put('Patient/ann', { ...ann, text: undefined, telecom: undefined, identifier: undefined, birthDate: '1990-01-01' }),
  ],
  'changing what is fixed by a patch': [
    /403/,
    patch('Patient/ann', [{ op: 'replace', path: '/birthDate', value: '1990' }]),
  ],
  'breaking a rule': [/403/, patch('Patient/ann', [{ op: 'replace', path: '/active', value: false }])],
  'giving oneself rights': [
    /403/,
    post('Basic', policy('x', { clients: ['clerk'], rules: [{ types: ['*'], letters: 'cruds' }] })),
  ],
  'changing one’s own policy': [
    /403/,
    put('Basic/clerks', policy('clerks', { rules: [{ types: ['*'], letters: 'cruds' }] })),
  ],
  'changing it by a patch': [
    /403/,
    patch('Basic/clerks', [{ op: 'replace', path: '/extension/0/extension/0/valueString', value: 'x' }]),
  ],
  'deleting it': [/403/, remove('Basic/clerks')],
  'giving oneself rights in a transaction': [
    /403/,
    post(
      '',
      bundle(
        'transaction',
        entry('POST', 'Basic', policy('y', { clients: ['clerk'], rules: [{ types: ['*'], letters: 'r' }] })),
      ),
    ),
  ],
}

const secret = /555|urn:ssn/

await attacking(async (t, attack) => {
  const { own, as, some } = attack
  await put200(own, ann, clerks, {
    ...{ resourceType: 'Observation', id: 'of-ann', status: 'final', code: { text: 'x' }, subject: ref('Patient/ann') },
  })
  await put200(own, {
    ...{ resourceType: 'List', id: 'of-ann', status: 'current', mode: 'working', subject: ref('#ann') },
    contained: [ann],
  })
  const ask = as(clerk)
  const before = await everything(attack)

  for (const [how, asked] of some(guesses)) {
    await t.test(`what is hidden is not guessed by ${how}`, async t => {
      const { status, json } = await ask(asked)
      t.ok(status === 400 || /"status":"400/.test(json) || status === 412, `${status} ${json.slice(0, 200)}`)
      t.notMatch(json, /"Smith"/)
    })
  }
  for (const [how, asked] of some(looks)) {
    await t.test(`what is hidden is not shown by ${how}`, async t => {
      const { status, json } = await ask(asked)
      t.equal(status, 200, json.slice(0, 200))
      t.notMatch(json, secret)
    })
  }
  for (const [how, [status, asked]] of some(writes)) {
    await t.test(`what is closed is not written by ${how}`, async t => {
      const reply = await ask(asked)
      t.match(`${reply.status}`, status, reply.json.slice(0, 200))
      t.notMatch(reply.json, /555-/, 'nor told')
    })
  }
  await t.test('nothing was changed by all that', async t => t.equal(await everything(attack), before))

  await t.test('an update shows no more, and keeps what is hidden', async t => {
    const { text: _, telecom: __, identifier: ___, ...shown } = ann
    const { status, json } = await ask(put('Patient/ann', { ...shown, gender: 'other' }))
    t.equal(status, 200)
    t.notMatch(json, secret)
    t.match((await own(get('Patient/ann'))).body, { gender: 'other', telecom: ann.telecom, identifier: ann.identifier })
  })

  await targets(t, attack)
  await labels(t, attack)
  await binaries(t, attack)
  await tenants(t, attack)
})

async function put200(own: Attack['own'], ...resources: readonly Loose[]): Promise<void> {
  for (const resource of resources) {
    const { status, json } = await own(put(`${resource.resourceType}/${resource.id}`, resource))
    if (status >= 300) throw new Error(json)
  }
}

/** Whether a reference leads to what a profile demands would tell what is hidden there. */
async function targets(t: Test, { own, as }: Attack): Promise<void> {
  const define = (id: string, type: string, element: Loose): Loose => ({
    ...{ resourceType: 'StructureDefinition', id, url: `http://kiln.test/${id}`, name: id, status: 'active' },
    ...{ kind: 'resource', abstract: false, type, derivation: 'constraint' },
    baseDefinition: `http://hl7.org/fhir/StructureDefinition/${type}`,
    differential: { element: [{ id: element.path, ...element }] },
  })
  const type = [{ code: 'Reference', targetProfile: ['http://kiln.test/reachable'] }]
  await put200(own, { resourceType: 'Patient', id: 'bare', active: true })
  await put200(own, define('reachable', 'Patient', { path: 'Patient.telecom', min: 1 }))
  await put200(own, define('of-reachable', 'Observation', { path: 'Observation.subject', type }))
  const claimed = (of: string) =>
    post('Observation', {
      ...{ resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: ref(`Patient/${of}`) },
      meta: { profile: ['http://kiln.test/of-reachable'] },
    })

  await t.test('a target that is seen in part is not judged', async t => {
    t.equal((await own(claimed('bare'))).status, 422, 'by who sees it whole it is')
    for (const id of ['bare', 'ann', 'absent']) t.equal((await as(clerk)(claimed(id))).status, 201, id)
  })
}

async function labels(t: Test, { own, as }: Attack): Promise<void> {
  const system = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
  const secretOne = {
    ...{
      resourceType: 'Observation',
      id: 'secret',
      status: 'final',
      code: { text: 'hiv' },
      subject: ref('Patient/ann'),
    },
    meta: { security: [{ system, code: 'R' }] },
  }
  await put200(own, secretOne)
  const ask = as(clerk)

  await t.test('what is labelled above one’s level is not there', async t => {
    for (const path of ['Observation/secret', 'Observation/secret/_history', 'Observation/secret/_history/1']) {
      t.equal((await ask(get(path))).status, 404, path)
    }
    for (const path of [
      'Observation?_security=R',
      'Observation?_id=secret',
      'Observation?_security:not=N&_id=secret',
    ]) {
      t.same(names(await ask(get(path))), [], path)
    }
  })

  await t.test('a label is neither taken off nor put on by who is below it', async t => {
    const bare = { ...secretOne, meta: undefined }
    t.equal((await ask(put('Observation/secret', bare))).status, 405)
    const removed = { name: 'meta', valueMeta: { security: [{ system, code: 'R' }] } }
    const parameters = { resourceType: 'Parameters', parameter: [removed] }
    const [deleted, absent] = [
      await ask(post('Observation/secret/$meta-delete', parameters)),
      await ask(post('Observation/absent/$meta-delete', parameters)),
    ]
    t.equal(deleted.status, absent.status)
    t.ok(deleted.status >= 400)
    t.equal((await ask(post('Observation', { ...secretOne, id: undefined }))).status, 403)
    t.equal((await own(get('Observation/secret'))).body.meta.security[0].code, 'R')
  })

  await t.test('glass that one may not break stays whole', async t => {
    const parameter = [
      { name: 'patient', valueString: 'Patient/ann' },
      { name: 'reason', valueString: 'curious' },
    ]
    await ask(post('$break-glass', { resourceType: 'Parameters', parameter }))
    t.equal((await ask(get('Observation/secret'))).status, 404)
  })
}

async function binaries(t: Test, { own, as }: Attack): Promise<void> {
  const binary = { resourceType: 'Binary', contentType: 'text/plain', data: 'c2VjcmV0' }
  await put200(
    own,
    { ...binary, id: 'of-hiv', securityContext: ref('Observation/secret') },
    { ...binary, id: 'of-other', securityContext: ref('Patient/other') },
  )
  await t.test('content is for who sees what it belongs to', async t => {
    const reader = as({ scope: 'system/Binary.cruds system/Patient.rs?_id=mine' })
    for (const id of ['of-hiv', 'of-other']) {
      for (const headers of [{ accept: '*/*' }, { accept: 'application/fhir+json' }, { range: 'bytes=0-3' }] as const) {
        const { status, json } = await reader(get(`Binary/${id}`, headers as Record<string, string>))
        t.equal(status, 404, `${id} ${JSON.stringify(headers)}`)
        t.notMatch(json, /secret|c2VjcmV0/)
      }
      t.equal((await reader(get(`Binary/${id}/_history/1`))).status, 404)
      t.equal((await reader(put(`Binary/${id}`, { ...binary, id }))).status, 405, 'nor is it taken over')
      t.equal((await reader(remove(`Binary/${id}`))).status, 204, 'as what there is not')
      t.equal((await own(get(`Binary/${id}`))).status, 200)
    }
    t.same(
      names(await reader(get('Binary'))).filter(name => /of-/.test(name)),
      [],
    )
    const smuggled = { ...binary, securityContext: ref('Patient/other') }
    t.equal((await reader(post('Binary', smuggled))).status, 403, 'nor is anything slipped into it')
    const headers = { 'content-type': 'text/plain', 'x-security-context': 'Patient/other' }
    t.equal((await reader(post('Binary', 'x', headers))).status, 403)
  })
}

async function tenants(t: Test, attack: Attack): Promise<void> {
  const { kiln, as, own, ownAt } = attack
  const other = ownAt('elsewhere')

  await t.test('what one tenant has, another has not', async t => {
    for (const asked of [
      get('Patient/ann'),
      get('Patient/ann/_history'),
      get('Patient/ann/_history/1'),
      get('Binary/of-other'),
      get('Basic/clerks'),
    ]) {
      t.equal((await other(asked)).status, 404, asked.path)
    }
    for (const asked of [get('Patient'), get('_history'), get(''), get('Observation?subject=Patient/ann')]) {
      t.same(names(await other(asked)), [], asked.path)
    }
    t.equal((await other(remove('Patient/ann'))).status, 204)
    t.equal((await own(get('Patient/ann'))).status, 200)
  })

  await t.test('ids, keys, conditions and policies of one tenant are free in another', async t => {
    const key = { 'idempotency-key': 'one' }
    const named = { resourceType: 'Patient', identifier: [{ system: 'urn:t', value: 'one' }] }
    const first = await own(post('Patient', named, { ...key, 'if-none-exist': 'identifier=urn:t|one' }))
    const second = await other(post('Patient', named, { ...key, 'if-none-exist': 'identifier=urn:t|one' }))
    t.same([first.status, second.status], [201, 201])
    t.not(first.body.id, second.body.id)
    t.equal((await other(put('Patient/ann', { resourceType: 'Patient', id: 'ann' }))).body.meta.versionId, '1')
    t.match((await as(clerk, 'elsewhere')(get('Patient/ann'))).body, { meta: { versionId: '1' } })
  })

  await t.test('a page of one tenant is none of another', async t => {
    const { body } = await own(get('Observation?_count=1'))
    const next: string = body.link.find((link: Loose) => link.relation === 'next').url
    const path = next.replace(`${kiln.base}/`, '')
    t.equal((await own(get(path))).status, 200)
    t.equal((await other(get(path))).status, 400)
  })

  await t.test('links and references lead into no other tenant', async t => {
    const there = `${kiln.origin}/t/elsewhere/fhir/Patient/ann`
    for (const reference of [there, '../../t/elsewhere/fhir/Patient/ann', '/t/elsewhere/fhir/Patient/ann']) {
      const made = await own(
        post('Observation', {
          resourceType: 'Observation',
          status: 'final',
          code: { text: 'x' },
          subject: { reference },
        }),
      )
      if (made.status !== 201) continue
      const found = await own(get(`Observation?_id=${made.body.id}&_include=Observation:subject`))
      t.same(names(found), [`Observation/${made.body.id}`], reference)
    }
    t.equal((await own(post('', bundle('transaction', entry('GET', there))))).status >= 400, true)
  })

  await t.test('a tenant that there is not says nothing of those that there are', async t => {
    const agent = new Agent()
    t.teardown(() => agent.destroy())
    const at = (tenant: string): Promise<Reply> => send(agent, `${kiln.origin}/t/${tenant}/fhir`, get('metadata'))
    for (const tenant of ['nobody', 'default', '__proto__', '..%2felsewhere', 'Elsewhere', 'elsewhere%00']) {
      const { status, json } = await at(tenant)
      t.equal(status, 404, tenant)
      t.notMatch(json, /'elsewhere'|strict/)
    }
  })
}
