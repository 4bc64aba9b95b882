/** Nobody writes what he may not, in whichever way it is put, and nobody is told what others did. */

import { observation, ref } from '../security/hospital.ts'
import type { Asked } from '../security/twins.ts'
import type { Loose } from '../world.ts'
import { app, attacking, bundle, entry, everything, get, linkOf, names, patch, post, put, remove } from './victim.ts'

const mine = (id: string, more: Loose = {}): Loose => observation(id, 'mine', 'laboratory', more)
const theirs = (id: string): Loose => observation(id, 'other')
const uuid = 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0'
const provenance = (more: Loose = {}) => ({
  'x-provenance': JSON.stringify({
    resourceType: 'Provenance',
    recorded: '2026-01-01T00:00:00Z',
    agent: [{ who: ref('Practitioner/doctor') }],
    ...more,
  }),
})
const made = (resource: Loose, url: string): Loose => ({
  fullUrl: url,
  resource,
  request: { method: 'POST', url: resource.resourceType },
})

/** Each is refused as a whole, and with this. */
const refused: Readonly<Record<string, readonly [status: number, asked: Asked]>> = {
  'moving what is one’s own out of sight': [403, put('Observation/lab', theirs('lab'))],
  'moving it out by a patch': [
    403,
    patch('Observation/lab', [{ op: 'replace', path: '/subject/reference', value: 'Patient/other' }]),
  ],
  'moving it out by a conditional update': [403, put('Observation?_id=lab', theirs('lab'))],
  'moving it out in a transaction': [
    403,
    post('', bundle('transaction', entry('PUT', 'Observation/lab', theirs('lab')))),
  ],
  'moving it out in a dry run': [
    403,
    post('?_validate=true', bundle('transaction', entry('PUT', 'Observation/lab', theirs('lab')))),
  ],
  'moving another’s into one’s own': [405, put('Observation/lab-other', mine('lab-other'))],
  'making another’s': [403, post('Observation', theirs('x'))],
  'making another’s in a transaction': [
    403,
    post('', bundle('transaction', entry('POST', 'Observation', theirs('x')))),
  ],
  'making another’s by If-None-Exist': [403, post('Observation', theirs('x'), { 'if-none-exist': '_id=nothing' })],
  'making another’s with Idempotency-Key': [403, post('Observation', theirs('x'), { 'idempotency-key': 'k' })],
  'making what is of nobody': [403, post('Observation', { ...mine('x'), subject: undefined })],
  'making what is of somebody who is only contained': [
    403,
    post('Observation', mine('x', { subject: ref('#mine'), contained: [{ resourceType: 'Patient', id: 'mine' }] })),
  ],
  'making what is of the same id elsewhere': [
    403,
    post('Observation', mine('x', { subject: ref('https://elsewhere.test/fhir/Patient/mine') })),
  ],
  'making what is of the same id of another type': [
    403,
    post('Observation', mine('x', { subject: ref('Group/mine') })),
  ],
  'making a patient': [403, post('Patient', { resourceType: 'Patient' })],
  'making a patient under one’s own id, once more': [
    405,
    put('Patient/mine2', { resourceType: 'Patient', id: 'mine2' }),
  ],
  'making a practitioner, who is of no patient': [403, post('Practitioner', { resourceType: 'Practitioner' })],
  'changing what is only read': [403, put('Practitioner/doctor', { resourceType: 'Practitioner', id: 'doctor' })],
  'deleting what is only read': [403, remove('Organization/clinic')],
  'deleting it by criteria': [403, remove('Organization?name=Clinic')],
  'making what brings one resource into another’s': [403, post('Observation', theirs('x'), provenance())],
  'a transaction of which one entry is not one’s own': [
    403,
    post(
      '',
      bundle(
        'transaction',
        entry('PUT', 'Observation/lab', mine('lab', { status: 'amended' })),
        entry('POST', 'Observation', theirs('x')),
      ),
    ),
  ],
  'a transaction that refers to what it may not make': [
    403,
    post(
      '',
      bundle(
        'transaction',
        made({ resourceType: 'Patient' }, uuid),
        entry('POST', 'Observation', { ...mine('x'), subject: ref(uuid) }),
      ),
    ),
  ],
  'a transaction whose conditional reference is another’s': [
    412,
    post(
      '',
      bundle(
        'transaction',
        entry('POST', 'Observation', mine('x', { hasMember: [ref('Observation?identifier=urn:obs|o-lab-other')] })),
      ),
    ),
  ],
  'a transaction whose subject is another by criteria': [
    412,
    post(
      '',
      bundle(
        'transaction',
        entry('POST', 'Observation', mine('x', { subject: ref('Patient?identifier=urn:mrn|mrn-other') })),
      ),
    ),
  ],
  'a transaction that reads what it may not': [
    404,
    post(
      '',
      bundle(
        'transaction',
        entry('PUT', 'Observation/lab', mine('lab', { status: 'amended' })),
        entry('GET', 'Patient/other'),
      ),
    ),
  ],
  'a Provenance of one’s own about another’s': [
    403,
    post('Provenance', {
      resourceType: 'Provenance',
      target: [ref('Patient/other')],
      recorded: '2026-01-01T00:00:00Z',
      agent: [{ who: ref('Practitioner/doctor') }],
    }),
  ],
  'an X-Provenance that names its target': [
    422,
    post('Observation', mine('x'), provenance({ target: [ref('Patient/other')] })),
  ],
  'a package for all': [
    403,
    post('$install-package', { resourceType: 'Parameters', parameter: [{ name: 'name', valueString: 'a.b' }] }),
  ],
  'a release for all': [403, post('CodeSystem/$import', 'a,b', { 'content-type': 'text/csv' })],
  'a page that somebody made up': [400, get('Observation?_page=eyJ9.AAAA')],
  'a history page that somebody made up': [400, get('Observation/_history?_page=WzksMV0.AAAAAAAAAAAAAAAAAAAAAAAA')],
}

await attacking(async (t, victim) => {
  const { ask, as, some } = victim
  const before = await everything(victim)
  for (const [what, [status, asked]] of some(refused)) {
    await t.test(`${what} is refused`, async t => {
      const reply = await ask(asked)
      t.equal(reply.status, status, reply.json.slice(0, 300))
    })
  }
  await t.test('nothing was changed by all that', async t => t.equal(await everything(victim), before))

  await t.test('entries of a batch are refused one by one', async t => {
    const entries = [
      entry('PUT', 'Observation/lab', mine('lab', { status: 'corrected' })),
      entry('PUT', 'Observation/lab', theirs('lab')),
    ]
    const more = [
      entry('DELETE', 'Patient/other'),
      entry('POST', 'Observation', theirs('x')),
      entry('GET', 'Patient/other'),
    ]
    const { body } = await ask(post('', bundle('batch', ...entries, ...more)))
    t.same(
      body.entry.map(({ response }: Loose) => response.status.slice(0, 3)),
      ['200', '403', '204', '403', '404'],
    )
    t.equal((await victim.own(get('Patient/other'))).status, 200)
    t.equal((await victim.own(get('Observation/lab'))).body.subject.reference, 'Patient/mine')
  })

  await t.test('meta is the server’s, whatever is sent', async t => {
    const meta = { versionId: '99', lastUpdated: '1999-01-01T00:00:00Z' }
    const created = await ask(post('Observation', { ...mine('chosen'), meta }))
    t.not(created.body.id, 'chosen')
    t.equal(created.body.meta.versionId, '1')
    t.notMatch(created.body.meta.lastUpdated, '1999')
    const updated = await ask(put('Observation/vital', { ...mine('vital', { status: 'corrected' }), meta }))
    t.equal(updated.body.meta.versionId, '2')
    const patched = await ask(patch('Observation/vital', [{ op: 'replace', path: '/meta/versionId', value: '77' }]))
    t.match([patched.status, patched.body?.meta?.versionId ?? ''], [/200|422/, /^(2|3|)$/])
    t.not((await ask(patch('Observation/lab', [{ op: 'replace', path: '/id', value: 'lab-other' }]))).status, 200)
    t.equal((await ask(put('Observation/lab', mine('lab-other')))).status, 400)
    const { location } = created.headers
    t.match(location, /^http:\/\/127\.0\.0\.1:\d+\/fhir\/Observation\/[\w-]+\/_history\/1$/)
  })

  await t.test('X-Provenance takes the right to make a Provenance, and brings nothing without it', async t => {
    const ask = as({ scope: 'patient/Observation.crud', patient: 'mine' })
    const before = await everything(victim)
    t.equal((await ask(post('Observation', mine('x'), provenance()))).status, 403)
    t.equal((await ask(put('Observation/lab', mine('lab'), provenance()))).status, 403)
    t.equal((await ask(remove('Observation/lab', provenance()))).status, 403)
    t.equal(
      (await ask(post('', bundle('transaction', entry('POST', 'Observation', mine('x'))), provenance()))).status,
      403,
    )
    t.equal(await everything(victim), before)
  })

  await t.test('conditions choose among what is found', async t => {
    const fresh = { ...mine('x'), identifier: [{ system: 'urn:obs', value: 'o-lab-other' }] }
    const criteria = { 'if-none-exist': 'identifier=urn:obs|o-lab-other' }
    const { status, headers } = await ask(post('Observation', fresh, criteria))
    t.equal(status, 201, 'another’s resource does not count as the same')
    t.notMatch(headers['location'], /lab-other/)
    t.equal((await ask(post('Observation', fresh, criteria))).status, 200, 'one’s own does')
    t.equal((await ask(remove('Observation?identifier=urn:obs|o-lab-other'))).status, 204)
    t.equal((await victim.own(get('Observation/lab-other'))).status, 200)
    t.equal((await victim.own(get('Observation?identifier=urn:obs|o-lab-other&_summary=count'))).body.total, 1)
  })

  await t.test('who may find more than he may read can still make things on conditions', async t => {
    const ask = as({ scope: 'system/Observation.s patient/Observation.c', patient: 'mine' })
    const fresh = { ...mine('x'), identifier: [{ system: 'urn:obs', value: 'new' }] }
    t.equal((await ask(post('Observation', fresh, { 'if-none-exist': 'identifier=urn:obs|new' }))).status, 201)
    t.equal((await ask(post('Observation', fresh, { 'if-none-exist': 'identifier=urn:obs|o-lab-other' }))).status, 200)
  })

  await t.test('to be allowed to create all shows nothing of what is there', async t => {
    const ask = as({ scope: 'system/Observation.c patient/Observation.ruds', patient: 'mine' })
    for (const way of ['PUT', 'DELETE', 'GET']) {
      const [hidden, absent] = await Promise.all(
        ['lab-other', 'absent'].map(id =>
          ask(post('', bundle('transaction', entry(way, `Observation/${id}`, way === 'PUT' ? mine(id) : undefined)))),
        ),
      )
      t.equal(hidden?.json.replaceAll('lab-other', '~'), absent?.json.replaceAll('absent', '~'), way)
    }
  })

  await t.test('who may change but not read is not shown what a patch comes to', async t => {
    const ask = as({ scope: 'patient/Observation.u', patient: 'mine' })
    const change = [{ op: 'add', path: '/language', value: 'en' }]
    const { status, json } = await ask(patch('Observation/lab', change))
    t.same([status, json], [200, ''])
    t.equal((await ask(patch('Observation/lab', []))).json, '', 'nor where nothing changes')
    const parameters = {
      resourceType: 'Parameters',
      parameter: [{ name: 'meta', valueMeta: { tag: [{ system: 'urn:tags', code: 'x' }] } }],
    }
    t.notMatch((await ask(post('Observation/lab/$meta-add', parameters))).json, 'laboratory')
    const binary = {
      resourceType: 'Binary',
      contentType: 'application/json-patch+json',
      data: Buffer.from(JSON.stringify(change)).toString('base64'),
    }
    const reply = await ask(
      post('', bundle('transaction', entry('PATCH', 'Observation/vital', binary)), { prefer: 'return=representation' }),
    )
    t.equal(reply.status, 200)
    t.notMatch(reply.json, /Practitioner/)
    const reads = as({ scope: 'patient/Observation.u system/Observation.r?status=registered', patient: 'mine' })
    const both = bundle('transaction', entry('PATCH', 'Observation/points', binary), entry('GET', 'Observation/points'))
    t.equal((await reads(post('', both))).status, 404)
  })

  await t.test('pages are good for one walk of one principal', async t => {
    const next = async (path: string): Promise<string> => linkOf(victim, await ask(get(path)), 'next')
    const elsewhere = as(app, 'elsewhere')
    for (const path of ['Observation?_count=2', 'Observation/_history?_count=2', '_history?_count=2']) {
      const link = await next(path)
      t.equal((await ask(get(link))).status, 200, path)
      t.equal((await as({ ...app, user: 'other', patient: 'other' })(get(link))).status, 400, `${path}: of another`)
      t.equal((await as({ ...app, client: 'other' })(get(link))).status, 400, `${path}: of another app of the patient`)
      const [head = '', cursor = ''] = link.split('_page=')
      for (const [at, changed] of [
        `${cursor}A`,
        cursor.slice(0, -1),
        `${cursor.startsWith('A') ? 'B' : 'A'}${cursor.slice(1)}`,
        cursor.toUpperCase(),
        '',
      ].entries()) {
        const { status } = await ask(get(`${head}_page=${changed}`))
        t.ok(status === 400 || changed === '', `${path}: changed in way ${at}`)
      }
      t.equal((await ask(get(link.replace('_count=2', '_count=3')))).status, 400, `${path}: with another count`)
      t.equal((await ask(get(`Condition?_count=2&_page=${cursor}`))).status, 400, `${path}: for another type`)
      t.equal((await elsewhere(get(link))).status, 400, `${path}: in another tenant`)
      t.notMatch(Buffer.from(cursor, 'base64url').toString('latin1'), /null,|lab|,\[/, `${path}: tells nothing`)
    }
  })

  await t.test('what one did under an Idempotency-Key is nobody else’s', async t => {
    const key = { 'idempotency-key': 'the-key' }
    const first = await ask(post('Observation', mine('x'), key))
    t.equal((await ask(post('Observation', mine('x'), key))).body.id, first.body.id)
    const other = as({ ...app, user: 'other', patient: 'other' })
    const second = await other(post('Observation', theirs('x'), key))
    t.equal(second.status, 201)
    t.not(second.body.id, first.body.id)
    t.equal(
      (await other(post('Observation', mine('x'), { 'idempotency-key': 'the-key' }))).status,
      422,
      'not even the same request',
    )
    const { status, json } = await ask(post('Observation', mine('y', { status: 'amended' }), key))
    t.equal(status, 422)
    t.match(json, /Idempotency-Key 'the-key' was used/, 'who asked before is not told')
  })

  await t.test('an answer that is repeated shows only what may be read by now', async t => {
    const key = { 'idempotency-key': 'again' }
    const all = bundle(
      'transaction',
      entry('POST', 'Observation', mine('x')),
      entry('GET', 'Observation/through/_history/1'),
    )
    const [whole, narrower] = [
      'patient/Observation.cruds',
      'patient/Observation.cus system/Observation.r?status=registered',
    ]
    t.equal((await as({ ...app, scope: whole ?? '' })(post('', all, key))).status, 200)
    t.equal((await as({ ...app, scope: narrower ?? '' })(post('', all, key))).status, 404)
  })

  await t.test('a reference is not followed to what is hidden, to judge what is written', async t => {
    const claimed = (of: string) => ({
      ...observation('x', of),
      performer: [ref('Patient/mine')],
      meta: { profile: ['http://kiln.test/of-a-man'] },
    })
    const [hidden, absent] = await Promise.all(['third', 'absent'].map(of => ask(post('Observation', claimed(of)))))
    t.equal(hidden?.status, 201)
    t.equal(absent?.status, 201)
    t.equal((await ask(post('Observation', claimed('mine')))).status, 422, 'but to what is seen it is')
    const all = as({ scope: 'system/*.cruds' })
    t.equal((await all(post('Observation', claimed('mine')))).status, 422)
    const writer = as({ scope: 'system/Observation.c' })
    t.equal((await writer(post('Observation', claimed('mine')))).status, 201)
  })

  await t.test('where references must lead somewhere, a deletion does not name who refers to it', async t => {
    const [strict, own] = [as(app, 'strict'), victim.ownAt('strict')]
    const bare = (id: string, of: string, more: Loose = {}): Loose => ({
      ...{ resourceType: 'Observation', id, status: 'final', code: { text: 'x' }, subject: ref(`Patient/${of}`) },
      ...more,
    })
    for (const id of ['mine', 'other']) await own(put(`Patient/${id}`, { resourceType: 'Patient', id }))
    for (const id of ['seen', 'unseen']) await own(put(`Observation/${id}`, bare(id, 'mine')))
    await own(put('Observation/of-mine', bare('of-mine', 'mine', { hasMember: [ref('Observation/seen')] })))
    await own(put('Observation/secret', bare('secret', 'other', { hasMember: [ref('Observation/unseen')] })))
    t.match((await strict(remove('Observation/seen'))).json, /Observation\/of-mine refers to it/)
    const { status, json } = await strict(remove('Observation/unseen'))
    t.equal(status, 409)
    t.notMatch(json, /secret/)
    const [hidden, absent] = await Promise.all(
      ['other', 'absent'].map(id =>
        strict(post('Observation', bare('x', 'mine', { performer: [ref(`Patient/${id}`)] }))),
      ),
    )
    t.equal(hidden?.json.replaceAll('Patient/other', '~'), absent?.json.replaceAll('Patient/absent', '~'))
    t.equal(names(await strict(get('Observation?_id=unseen'))).length, 1)
  })
})
