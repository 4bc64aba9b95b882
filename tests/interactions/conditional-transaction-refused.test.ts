import { entries, onBothStores } from '../world.ts'
import { bundle, patient, put } from './bundles.ts'

const system = 'urn:test'
const person = (value: string, more: object = {}) => ({ ...patient, identifier: [{ system, value }], ...more })
const by = (value: string): string => `identifier=${system}|${value}`
const post = (resource: object, ifNoneExist?: string) => ({
  resource,
  request: { method: 'POST', url: 'Patient', ...(ifNoneExist === undefined ? {} : { ifNoneExist }) },
})
const at = (method: string, value: string, resource?: object) => ({
  ...(resource ? { resource } : {}),
  request: { method, url: `Patient?${by(value)}` },
})
const basic = (reference: string) => put('Basic', 'x', { code: { text: 'x' }, subject: { reference } })
const parameters = { resourceType: 'Parameters', parameter: [] }

/** name, entries, status, what the outcome says, where */
const refused: [string, unknown[], number, RegExp, string][] = [
  ['a create by criteria that several fit', [post(person('two'), by('two'))], 412, /several/, 'request.ifNoneExist'],
  ['an update by criteria that several fit', [at('PUT', 'two', person('two'))], 412, /several/, 'request.url'],
  ['a patch by criteria that several fit', [at('PATCH', 'two', parameters)], 412, /several/, 'request.url'],
  ['a delete by criteria that several fit', [at('DELETE', 'two')], 412, /several.+_count/, 'request.url'],
  ['a patch by criteria that nothing fits', [at('PATCH', 'none', parameters)], 404, /nothing matches/, 'request.url'],
  ['an update with another id', [at('PUT', 'one', person('one', { id: 'y' }))], 400, /Patient\/1/, 'resource.id'],
  ['an update with an id that is taken', [at('PUT', 'none', person('x', { id: '1' }))], 409, /exists/, 'resource.id'],
  [
    'a stale ifMatch',
    [{ ...at('PUT', 'one', person('one')), request: { method: 'PUT', url: `Patient?${by('one')}`, ifMatch: 'W/"7"' } }],
    412,
    /expected version 7/,
    '',
  ],
  [
    'a conditional create of another type',
    [post({ resourceType: 'Device' }, by('one'))],
    400,
    /is a Device/,
    'resource',
  ],
  ['a conditional create of nothing', [{ request: post({}, by('one')).request }], 400, /needs a resource/, 'resource'],
  [
    'a conditional create of a broken resource',
    [post({ ...patient, gander: 1 }, by('one'))],
    400,
    /gander/,
    'resource.gander',
  ],
  [
    'a reference that nothing fits',
    [basic(`Patient?${by('none')}`)],
    412,
    /nothing matches/,
    'resource.subject.reference',
  ],
  ['a reference that several fit', [basic(`Patient?${by('two')}`)], 412, /several/, 'resource.subject.reference'],
  ['a reference without criteria', [basic('Patient?_count=1')], 412, /no criteria/, 'resource.subject.reference'],
  ['a reference with an empty value', [basic('Patient?identifier=')], 412, /empty value/, 'resource.subject.reference'],
  ['a reference by an unknown parameter', [basic('Patient?nonsense=1')], 400, /nonsense/, 'resource.subject.reference'],
  ['a reference of an unknown type', [basic('Patent?identifier=1')], 400, /Patent/, 'resource.subject.reference'],
]

/** The second entry is the one that is one too many. */
const overlapping: [string, unknown[], number, RegExp, string][] = [
  [
    'two updates by the same criteria',
    [at('PUT', 'new', person('new')), at('PUT', 'new', person('new'))],
    400,
    /twice/,
    'request.url',
  ],
  [
    'a create and an update by the same criteria',
    [post(person('new'), by('new')), at('PUT', 'new', person('new'))],
    400,
    /twice, here and in Bundle.entry\[0\]/,
    'request.url',
  ],
  [
    'an update and a create by the same criteria',
    [at('PUT', 'new', person('new')), post(person('new'), by('new'))],
    400,
    /twice/,
    'request.url',
  ],
  [
    'an update by id and by criteria',
    [put('Patient', '1', person('one')), at('PUT', 'one', person('one'))],
    400,
    /written by two entries/,
    'request.url',
  ],
  [
    'two updates of one match',
    [at('PUT', 'one', person('one')), at('PATCH', 'one', parameters)],
    400,
    /written by two entries/,
    'request.url',
  ],
  [
    'two deletes of one match',
    [at('DELETE', 'one'), { request: { method: 'DELETE', url: 'Patient/1' } }],
    400,
    /written by two entries/,
    'request.url',
  ],
  [
    'a reference to one that is there and one that is made',
    [post(person('one')), basic(`Patient?${by('one')}`)],
    412,
    /several/,
    'resource.subject.reference',
  ],
  [
    'a reference to two that are made',
    [post(person('new')), basic(`Patient?${by('new')}`), post(person('new'))],
    412,
    /several/,
    'resource.subject.reference',
  ],
  [
    'a reference to what is deleted',
    [at('DELETE', 'one'), basic(`Patient?${by('one')}`)],
    412,
    /nothing matches/,
    'resource.subject.reference',
  ],
  [
    'a reference to what is renamed',
    [put('Patient', '1', person('other')), basic(`Patient?${by('one')}`)],
    412,
    /nothing matches/,
    'resource.subject.reference',
  ],
]

await onBothStores(async (t, open) => {
  const world = await open()
  await world.ask('PUT', 'Patient/1', person('one', { id: '1' }))
  for (const id of ['2', '3']) await world.ask('PUT', `Patient/${id}`, person('two', { id }))

  const cases = [...refused.map(one => [one, 0] as const), ...overlapping.map(one => [one, 1] as const)]
  for (const [[name, entry, status, says, place], index] of cases) {
    await t.test(`${name} fails the transaction and says where`, async t => {
      const reply = await world.ask('POST', '', bundle('transaction', entry))
      t.equal(reply.status, status)
      t.match(reply.body.issue[0].diagnostics, says)
      t.strictSame(reply.body.issue[0].expression, [`Bundle.entry[${index}]${place && `.${place}`}`])
    })
  }

  await t.test('nothing of all this was stored', async t => {
    t.equal(entries(await world.ask('GET', '_history')).length, 3)
  })

  await t.test('in a batch each entry says so for itself', async t => {
    const reply = await world.ask(
      'POST',
      '',
      bundle('batch', [
        post(person('two'), by('two')),
        post(person('x'), by('x')),
        at('DELETE', 'two'),
        at('PATCH', 'none', parameters),
      ]),
    )
    t.strictSame(
      entries(reply).map(({ response }) => response.status.slice(0, 3)),
      ['412', '201', '412', '404'],
    )
  })
})
