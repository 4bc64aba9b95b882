/** What is another's answers as what there is not, in whichever way it is asked for, and stays as it is. */
import { observation } from '../security/hospital.ts'
import type { Asked } from '../security/twins.ts'
import type { Reply } from '../world.ts'
import { attacking, bundle, entry, everything, get, patch, post, put, remove } from './victim.ts'

const parameters = (...parameter: readonly object[]) => ({ resourceType: 'Parameters', parameter })
const tag = { name: 'meta', valueMeta: { tag: [{ system: 'urn:tags', code: 'x' }] } }
const mode = (text: string) => ({ name: 'mode', valueCode: text })
const explained = {
  'x-provenance':
    '{"resourceType":"Provenance","recorded":"2026-01-01T00:00:00Z","agent":[{"who":{"reference":"Practitioner/doctor"}}]}',
}
const form = { 'content-type': 'application/x-www-form-urlencoded' }
const outcome = { prefer: 'return=OperationOutcome' }
const mine = (id: string) => observation(id, 'mine')
const fhirPatch = parameters({
  name: 'operation',
  part: [
    ...[
      { name: 'type', valueCode: 'replace' },
      { name: 'path', valueString: 'Observation.status' },
    ],
    { name: 'value', valueCode: 'amended' },
  ],
})

/** What is asked of an Observation with this id. */
const ways: Readonly<Record<string, (id: string) => Asked>> = {
  'a read': id => get(`Observation/${id}`),
  'a read of some elements': id => get(`Observation/${id}?_elements=status`),
  'a read with If-None-Match: *': id => get(`Observation/${id}`, { 'if-none-match': '*' }),
  'a read with If-Modified-Since': id =>
    get(`Observation/${id}`, { 'if-modified-since': 'Fri, 01 Jan 2027 00:00:00 GMT' }),
  'a head': id => ({ ...get(`Observation/${id}`), method: 'HEAD' }),
  'a vread of the first version': id => get(`Observation/${id}/_history/1`),
  'a vread of the second version': id => get(`Observation/${id}/_history/2`),
  'a history': id => get(`Observation/${id}/_history`),
  'a history that is counted': id => get(`Observation/${id}/_history?_summary=count`),
  'a history of a moment': id => get(`Observation/${id}/_history?_at=2026-01-01T00:02:00Z`),
  'a history since a moment': id => get(`Observation/${id}/_history?_since=2025`),
  'a search by id': id => get(`Observation?_id=${id}`),
  'a search by id that is counted': id => get(`Observation?_id=${id}&_summary=count`),
  'a search by form': id => post('Observation/_search', `_id=${id}`, form),
  'a search by identifier': id => get(`Observation?identifier=urn:obs|o-${id}`),
  'a search by a reference to itself': id => get(`Observation?_has:Observation:derived-from:_id=${id}`),
  'a search of all types': id => get(`?_id=${id}`),
  'an update': id => put(`Observation/${id}`, mine(id)),
  'an update of what it says': id => put(`Observation/${id}`, observation(id, 'other')),
  'an update with If-Match': id => put(`Observation/${id}`, mine(id), { 'if-match': 'W/"1"' }),
  'an update with If-Match: *': id => put(`Observation/${id}`, mine(id), { 'if-match': '*' }),
  'an update with If-None-Match: *': id => put(`Observation/${id}`, mine(id), { 'if-none-match': '*' }),
  'an update with X-Provenance': id => put(`Observation/${id}`, mine(id), explained),
  'a patch': id => patch(`Observation/${id}`, [{ op: 'replace', path: '/status', value: 'amended' }]),
  'a patch that only tests': id => patch(`Observation/${id}`, [{ op: 'test', path: '/status', value: 'final' }]),
  'a FHIRPath patch': id => ({ method: 'PATCH', path: `Observation/${id}`, body: fhirPatch }),
  'a delete': id => remove(`Observation/${id}`),
  'a delete that is told of': id => remove(`Observation/${id}`, outcome),
  'a delete with If-Match': id => remove(`Observation/${id}`, { 'if-match': 'W/"2"' }),
  'a delete with X-Provenance': id => remove(`Observation/${id}`, explained),
  'a conditional delete': id => remove(`Observation?_id=${id}`, outcome),
  'a conditional delete of several': id => remove(`Observation?_id=${id},of-nobody&_count=10`, outcome),
  'a conditional patch': id => patch(`Observation?_id=${id}`, []),
  'a conditional update': id => put(`Observation?_id=${id}`, { ...mine(id), id: undefined }),
  'a conditional update with its id': id => put(`Observation?identifier=x|${id}`, mine(id)),
  $meta: id => get(`Observation/${id}/$meta`),
  '$meta of a version': id => get(`Observation/${id}/_history/1/$meta`),
  '$meta-add': id => post(`Observation/${id}/$meta-add`, parameters(tag)),
  '$meta-delete': id => post(`Observation/${id}/$meta-delete`, parameters(tag)),
  '$validate of what is stored': id => get(`Observation/${id}/$validate`),
  '$validate of an update': id =>
    post(`Observation/${id}/$validate`, parameters(mode('update'), { name: 'resource', resource: mine(id) })),
  '$validate of a delete': id => post(`Observation/${id}/$validate`, parameters(mode('delete'))),
  'a read in a batch': id => post('', bundle('batch', entry('GET', `Observation/${id}`))),
  'an update in a batch': id => post('', bundle('batch', entry('PUT', `Observation/${id}`, mine(id)))),
  'a delete in a batch': id => post('', bundle('batch', entry('DELETE', `Observation/${id}`))),
  'a conditional delete in a batch': id => post('', bundle('batch', entry('DELETE', `Observation?_id=${id}`))),
  'a vread in a batch': id => post('', bundle('batch', entry('GET', `Observation/${id}/_history/1`))),
  'a read in a transaction': id => post('', bundle('transaction', entry('GET', `Observation/${id}`))),
  'a search in a transaction': id => post('', bundle('transaction', entry('GET', `Observation?_id=${id}`))),
  'a history in a transaction': id => post('', bundle('transaction', entry('GET', `Observation/${id}/_history`))),
  'an update in a transaction': id => post('', bundle('transaction', entry('PUT', `Observation/${id}`, mine(id)))),
  'a delete in a transaction': id => post('', bundle('transaction', entry('DELETE', `Observation/${id}`))),
  'a conditional delete in a transaction': id =>
    post('', bundle('transaction', entry('DELETE', `Observation?_id=${id}`))),
  'an update in a dry run': id =>
    post('?_validate=true', bundle('transaction', entry('PUT', `Observation/${id}`, mine(id)))),
  'a delete in a dry run': id => post('?_validate=true', bundle('transaction', entry('DELETE', `Observation/${id}`))),
}

/** Ways to find something by what it says; the answer to each is the same for words that nobody ever wrote. */
const words: Readonly<Record<string, (word: string) => Asked>> = {
  'If-None-Exist in a dry run': word =>
    post(
      '?_validate=true',
      bundle(
        'transaction',
        entry('POST', 'Observation', observation('x', 'mine'), { ifNoneExist: `identifier=${word}` }),
      ),
    ),
  'a conditional update with If-Match': word =>
    put(`Observation?identifier=${word}`, observation('x', 'mine'), { 'if-match': 'W/"2"' }),
  'a conditional reference': word =>
    post(
      '',
      bundle(
        'transaction',
        entry('POST', 'Observation', {
          ...observation('x', 'mine'),
          hasMember: [{ reference: `Observation?identifier=${word}` }],
        }),
      ),
    ),
  'a conditional reference in a dry run': word =>
    post(
      '?_validate=true',
      bundle(
        'transaction',
        entry('POST', 'Observation', {
          ...observation('x', 'mine'),
          hasMember: [{ reference: `Observation?identifier=${word}` }],
        }),
      ),
    ),
  'a chain': word => get(`Observation?has-member.identifier=${word}`),
  'a reversed chain': word => get(`Practitioner?_has:Observation:performer:identifier=${word}`),
}

/** All but what every answer has of its own; names that are compared are of the same length. */
function said({ status, headers, json }: Reply): string {
  return `${status} ${JSON.stringify(headers)} ${json}`
    .replaceAll(/lab-other|gone-other|not-there|never-here/g, '~')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'new')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z|\w{3}, \d\d \w{3} \d{4} [\d:]+ GMT/g, 'then')
}

await attacking(async (t, victim) => {
  const { ask, some } = victim
  const before = await everything(victim)
  const alike = (name: string, hidden: Asked, absent: Asked): Promise<unknown> =>
    t.test(name, async t => t.equal(said(await ask(hidden)), said(await ask(absent))))
  for (const [way, asked] of some(ways)) {
    await alike(`what is another’s: ${way}`, asked('lab-other'), asked('not-there'))
    await alike(`what is deleted: ${way}`, asked('gone-other'), asked('never-here'))
  }
  for (const [way, asked] of some(words)) {
    await alike(`what it says: ${way}`, asked('urn:obs|o-lab-other'), asked('urn:obs|o-not-there'))
  }
  await t.test('nothing was changed by all that', async t => t.equal(await everything(victim), before))

  await t.test('since it became another’s', async t => {
    const { status, body } = await ask(get('Observation/moved-out/_history'))
    t.same([status, body.total, body.entry[0].response.etag], [200, 1, 'W/"1"'], 'the history ends before')
    t.equal((await ask(get('Observation/moved-out/_history/1'))).status, 200, 'what was one’s own then can be read')
    const gone = [
      'moved-out',
      'moved-out/_history/2',
      'moved-out/_history/3',
      'moved-in/_history/1',
      'through/_history/2',
    ]
    for (const path of [...gone, 'gone-after-move', 'gone-after-move/_history/3']) {
      t.equal((await ask(get(`Observation/${path}`))).status, 404, path)
    }
    t.equal((await ask(get('Observation/through/_history'))).body.total, 2, 'a history leaves out the versions between')
    t.equal((await ask(get('Observation/gone-after-move/_history'))).body.total, 1, 'and the deletion after the move')
  })
})
