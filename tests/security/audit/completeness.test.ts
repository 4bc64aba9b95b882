/** Every interaction leaves what it did in the audit: once, with the right action, outcome and patients. */
import tap, { type Test } from 'tap'
import { isError } from '../../../src/fhir/issue.ts'
import { base, type Loose, onBothStores } from '../../world.ts'
import { type Auditing, openAuditing, queryOf, short } from './auditing.ts'
import { withOperations } from './operations.ts'

const patient = { resourceType: 'Patient', name: [{ family: 'Chalmers' }] }
const observation = {
  ...{ resourceType: 'Observation', status: 'final', code: { text: 'pulse' } },
  subject: { reference: 'Patient/p' },
}

async function hospital({ world }: Auditing, tenant = 'default'): Promise<void> {
  const ask = (method: 'PUT', path: string, body: Loose) => world.ask(method, path, body, { 'x-tenant': tenant })
  await ask('PUT', 'Patient/p', { ...patient, id: 'p' })
  await ask('PUT', 'Patient/q', { ...patient, id: 'q' })
  await ask('PUT', 'Observation/o', { ...observation, id: 'o' })
  await ask('PUT', 'Practitioner/d', { resourceType: 'Practitioner', id: 'd' })
}

type Case = readonly [
  say: string,
  method: Loose,
  path: string,
  expected: readonly string[],
  body?: Loose,
  headers?: Record<string, string>,
]

const json = 'application/json-patch+json'
const form = 'application/x-www-form-urlencoded'

const cases: readonly Case[] = [
  ['read', 'GET', 'Patient/p', ['R read Patient/p → Patient/p: 0']],
  ['read of what refers to a patient', 'GET', 'Observation/o', ['R read Observation/o → Patient/p: 0']],
  ['read of what refers to none', 'GET', 'Practitioner/d', ['R read Practitioner/d: 0']],
  ['HEAD', 'HEAD', 'Observation/o', ['R read Observation/o → Patient/p: 0']],
  ['a part', 'GET', 'Observation/o?_elements=status', ['R read Observation/o → Patient/p: 0']],
  [
    'not modified',
    'GET',
    'Observation/o',
    ['R read Observation/o → Patient/p: 0'],
    undefined,
    { 'if-none-match': 'W/"1"' },
  ],
  ['vread', 'GET', 'Patient/p/_history/1', ['R vread Patient/p/_history/1 → Patient/p: 0']],
  ['read of nothing', 'GET', 'Patient/none', ['R read Patient/none → Patient/none: 4 (404 not-found)']],
  ['create', 'POST', 'Observation', ['C create Observation/* → Patient/p: 0'], observation],
  ['create of a patient', 'POST', 'Patient', ['C create Patient/* → Patient/*: 0'], patient],
  [
    'conditional create that finds',
    'POST',
    'Observation',
    ['C create → Patient/p: 0'],
    observation,
    { 'if-none-exist': '_id=o' },
  ],
  ['create of what is wrong', 'POST', 'Observation', ['C create: 4 (400 *)'], { resourceType: 'Observation' }],
  ['create of no JSON', 'POST', 'Observation', ['C create: 4 (400 *)'], '{'],
  [
    'update',
    'PUT',
    'Observation/o',
    ['U update Observation/o → Patient/p: 0'],
    { ...observation, id: 'o', status: 'amended' },
  ],
  [
    'update without change',
    'PUT',
    'Observation/o',
    ['U update Observation/o → Patient/p: 0'],
    { ...observation, id: 'o' },
  ],
  [
    'update as create',
    'PUT',
    'Observation/new',
    ['U update Observation/new → Patient/p: 0'],
    { ...observation, id: 'new' },
  ],
  [
    'conditional update',
    'PUT',
    'Observation?_id=o',
    ['U update Observation/o → Patient/p: 0'],
    { ...observation, status: 'amended' },
  ],
  [
    'update that lost',
    'PUT',
    'Observation/o',
    ['U update Observation/o: 4 (412 *)'],
    { ...observation, id: 'o' },
    { 'if-match': 'W/"9"' },
  ],
  [
    'patch',
    'PATCH',
    'Observation/o',
    ['U patch Observation/o → Patient/p: 0'],
    [{ op: 'replace', path: '/status', value: 'amended' }],
    { 'content-type': json },
  ],
  [
    'patch that fails',
    'PATCH',
    'Observation/o',
    ['U patch Observation/o: 4 (422 *)'],
    [{ op: 'test', path: '/status', value: 'x' }],
    { 'content-type': json },
  ],
  [
    'conditional patch',
    'PATCH',
    'Observation?_id=o',
    ['U patch Observation/o → Patient/p: 0'],
    [{ op: 'replace', path: '/status', value: 'amended' }],
    { 'content-type': json },
  ],
  ['delete', 'DELETE', 'Observation/o', ['D delete Observation/o → Patient/p: 0']],
  ['delete of nothing', 'DELETE', 'Observation/none', ['D delete Observation/none: 0']],
  [
    'conditional delete of many',
    'DELETE',
    'Patient?_id=p,q&_count=2',
    ['D delete Patient/p → Patient/p: 0', 'D delete Patient/q → Patient/q: 0'],
  ],
  ['history of one', 'GET', 'Patient/p/_history', ['R history-instance Patient/p → Patient/p: 0']],
  ['history of a type', 'GET', 'Observation/_history', ['R history-type → Patient/p: 0']],
  ['history of all', 'GET', '_history?_count=1', ['R history-system: 0']],
  ['search', 'GET', 'Observation?status=final', ['E search-type → Patient/p: 0']],
  [
    'search that finds several patients',
    'GET',
    'Patient?family=Chalmers',
    ['E search-type → Patient/p: 0', 'E search-type → Patient/q: 0'],
  ],
  ['search that finds nothing', 'GET', 'Observation?status=amended', ['E search-type: 0']],
  [
    'search for a patient that finds nothing',
    'GET',
    'Observation?status=amended&patient=q',
    ['E search-type → Patient/q: 0'],
  ],
  [
    'search by form',
    'POST',
    'Observation/_search',
    ['E search-type → Patient/p: 0'],
    'status=final',
    { 'content-type': form },
  ],
  ['search of a compartment', 'GET', 'Patient/q/Observation', ['E search-type → Patient/q: 0']],
  ['search of the system', 'GET', '?_type=Observation,Practitioner', ['E search-system → Patient/p: 0']],
  ['search that is refused', 'GET', 'Observation?wrong=1', ['E search-type: 4 (400 *)']],
  [
    'operation that changes',
    'POST',
    'Observation/o/$meta-add',
    ['E operation Observation/o → Patient/p: 0'],
    {
      resourceType: 'Parameters',
      parameter: [{ name: 'meta', valueMeta: { tag: [{ code: 'x' }] } }],
    },
  ],
  ['operation that asks', 'GET', 'Observation/o/$meta', ['E operation Observation/o: 0']],
  ['capabilities', 'GET', 'metadata', []],
]

/** Ids that the server gives. */
function plain(text: string): string {
  return text
    .replaceAll(/\b(Patient|Observation)\/[0-9a-f]{8}-[0-9a-f-]+/g, '$1/*')
    .replace(/\((4\d\d) .*\)$/, '($1 *)')
}

function loosely(text: string): string {
  return text.replace(/\((4(?:00|12|22)) .*\)$/, '($1 *)')
}

async function each(t: Test, auditing: Auditing, tenant: string, one: Case): Promise<void> {
  const [say, method, path, expected, body, headers] = one
  const asked = () => auditing.world.ask(method, path, body, { ...headers, 'x-tenant': tenant })
  const events = await auditing.during(asked, tenant)
  const { validation, vocabularies } = auditing.world.ctx
  const check = await validation.of(tenant)
  const whom = { base, vocabulary: () => vocabularies.of(tenant) }
  for (const event of events) {
    const issues = await check(event, 'AuditEvent', whom)
    t.same(issues.filter(isError), [], `${say}: what is recorded is valid`)
    t.notMatch(JSON.stringify({ ...event, entity: [] }), /Chalmers/, `${say}: nobody is named`)
  }
  t.same(events.map(short).map(plain).map(loosely).sort(), expected.map(plain).map(loosely), say)
}

tap.setTimeout(180_000) // there are many cases

await onBothStores(async (t, open) => {
  t.setTimeout(120_000)
  await t.test('each interaction is recorded once', async t => {
    const auditing = await openAuditing(t, open, { interactions: withOperations })
    for (const [at, one] of cases.entries()) {
      await hospital(auditing, `tenant-${at}`)
      await each(t, auditing, `tenant-${at}`, one)
    }
  })

  await t.test('who asked, by which request, from where', async t => {
    const auditing = await openAuditing(t, open)
    await hospital(auditing)
    const ask = auditing.world.as({
      ...{
        scope: 'system/*.cruds',
        client: 'app-1',
        user: 'account-1',
        fhirUser: 'Practitioner/d',
        purposes: ['TREAT'],
      },
    })
    const [event] = await auditing.during(() => ask('GET', 'Observation?status=final&patient=p'))
    t.match(event.agent, [
      { who: { identifier: { value: 'app-1' } }, requestor: false },
      { who: { identifier: { value: base } }, requestor: false },
      { who: { reference: 'Practitioner/d' }, requestor: true },
    ])
    t.equal(event.purposeOfEvent[0].coding[0].code, 'TREAT')
    t.same(event.meta.profile, ['https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PatientQuery'])
    t.equal(queryOf(event), `GET ${base}/Observation?status=final&patient=p`)
    t.equal(event.source.observer.identifier.value, base)
  })

  await t.test('what is refused is recorded, and what was hidden is not named', async t => {
    const auditing = await openAuditing(t, open)
    await hospital(auditing)
    const ask = auditing.world.as({ scope: 'patient/Patient.rs patient/Observation.rs', patient: 'q' })
    const seen = async (path: string, method: Loose = 'GET', body?: Loose) =>
      (await auditing.during(() => ask(method, path, body))).map(short)
    t.same(await seen('Condition/1'), ['R read Condition/1: 4 (403 forbidden)'])
    t.same(await seen('Observation/o'), ['R read Observation/o: 4 (404 not-found)'])
    t.same(await seen('Patient/p'), ['R read Patient/p → Patient/p: 4 (404 not-found)'])
    t.same(await seen('Observation'), ['E search-type: 0'])
    t.same(await seen('Observation/o', 'DELETE'), ['D delete Observation/o: 4 (403 forbidden)'])
    t.same(await seen('Observation', 'POST', observation), ['C create: 4 (403 forbidden)'])
  })

  await t.test('each entry of a Bundle is recorded, and the Bundle', async t => {
    for (const type of ['batch', 'transaction']) {
      const auditing = await openAuditing(t, open)
      await hospital(auditing)
      const bundle = {
        ...{ resourceType: 'Bundle', type },
        entry: [
          { resource: observation, request: { method: 'POST', url: 'Observation' } },
          { resource: { ...patient, id: 'q', active: true }, request: { method: 'PUT', url: 'Patient/q' } },
          { request: { method: 'DELETE', url: 'Observation/o' } },
          { request: { method: 'GET', url: 'Patient/p' } },
          { request: { method: 'GET', url: 'Practitioner?_id=d' } },
          { resource: patient, request: { method: 'POST', url: 'Patient', ifNoneExist: '_id=p' } },
        ],
      }
      const events = await auditing.during(async () => {
        const { status, json } = await auditing.world.ask('POST', '', bundle)
        t.equal(status, 200, json)
      })
      t.same(events.map(short).map(plain).sort(), [
        'C create Observation/* → Patient/p: 0',
        'C create → Patient/p: 0',
        'D delete Observation/o → Patient/p: 0',
        'E search-type: 0',
        'E transaction: 0',
        'R read Patient/p → Patient/p: 0',
        'U update Patient/q → Patient/q: 0',
      ])
    }
  })

  await t.test('entries that are refused are recorded as such, in a transaction only the whole', async t => {
    const entry = [{ request: { method: 'GET', url: 'Patient/p' } }, { request: { method: 'GET', url: 'Condition/1' } }]
    for (const [type, expected] of [
      ['batch', ['E transaction: 0', 'R read Condition/1: 4 (403 forbidden)', 'R read Patient/p → Patient/p: 0']],
      ['transaction', ['E transaction: 4 (403 forbidden)']],
    ] as const) {
      const auditing = await openAuditing(t, open)
      await hospital(auditing)
      const ask = auditing.world.as({ scope: 'patient/Patient.rs', patient: 'p' })
      const events = await auditing.during(() => ask('POST', '', { resourceType: 'Bundle', type, entry }))
      t.same(events.map(short).sort(), expected)
    }
  })

  await t.test('a dry run is a question', async t => {
    const auditing = await openAuditing(t, open)
    await hospital(auditing)
    for (const type of ['batch', 'transaction']) {
      const entry = [
        { resource: observation, request: { method: 'POST', url: 'Observation' } },
        { request: { method: 'GET', url: 'Patient/q' } },
      ]
      const events = await auditing.during(() =>
        auditing.world.ask('POST', '?_validate=true', { resourceType: 'Bundle', type, entry }),
      )
      t.ok(
        events.every(event => event.subtype[0].code === 'transaction'),
        'nothing is said to be done',
      )
      t.ok(events.map(short).includes('E transaction → Patient/q: 0'), type)
    }
  })

  await t.test('X-Provenance and repeated requests', async t => {
    const auditing = await openAuditing(t, open)
    await hospital(auditing)
    const { world } = auditing
    const provenance = JSON.stringify({
      ...{ resourceType: 'Provenance', recorded: '2026-01-01T00:00:00Z' },
      agent: [{ who: { reference: 'Practitioner/d' } }],
    })
    const events = await auditing.during(() =>
      world.ask('POST', 'Observation', observation, { 'x-provenance': provenance }),
    )
    t.same(
      events
        .map(short)
        .map(text => text.replaceAll(/\/[0-9a-f-]{36}/g, '/*'))
        .sort(),
      ['C create Observation/* → Patient/p: 0', 'C create Provenance/*: 0'],
    )
    const key = { 'idempotency-key': 'once' }
    const first = await world.ask('POST', 'Observation', observation, key)
    const again = await auditing.during(async () => {
      const second = await world.ask('POST', 'Observation', observation, key)
      t.equal(second.json, first.json, 'the answer of the first time')
    })
    t.same(again.map(short), ['C create → Patient/p: 0'])
  })

  await t.test('where the log has no room reads are refused, but not what is done already', async t => {
    const auditing = await openAuditing(t, open, { room: 0 })
    const { ask } = auditing.world
    t.equal((await ask('PUT', 'Patient/p', { ...patient, id: 'p' })).status, 201)
    t.equal((await ask('GET', 'Patient/p')).status, 503)
    const entry = [{ resource: observation, request: { method: 'POST', url: 'Observation' } }]
    t.equal((await ask('POST', '', { resourceType: 'Bundle', type: 'transaction', entry })).status, 200)
    t.same((await auditing.events()).map(short).map(plain).sort(), [
      'C create Observation/* → Patient/p: 0',
      'E transaction: 0',
      'U update Patient/p → Patient/p: 0',
    ])
  })

  await t.test('with `writes`, what only reads is left out', async t => {
    const auditing = await openAuditing(t, open, { extent: 'writes' })
    await hospital(auditing)
    const { ask } = auditing.world
    t.same((await auditing.during(() => ask('GET', 'Patient/p'))).map(short), [])
    t.same((await auditing.during(() => ask('GET', 'Patient/none'))).map(short), [
      'R read Patient/none → Patient/none: 4 (404 not-found)',
    ])
    t.same((await auditing.during(() => ask('DELETE', 'Patient/p'))).map(short), ['D delete Patient/p → Patient/p: 0'])
  })
})
