import { entries, onBothStores, type Reply, type World } from '../world.ts'
import { link, names, observation, pages, pagesBefore, patient, put, said } from './searching.ts'

await onBothStores(async (t, open) => {
  const world = await open()
  const included = async (target: string) => names(await world.ask('GET', target), 'include')

  await put(world, 'Organization', 'root', { name: 'Root' })
  await put(world, 'Organization', 'child', { name: 'Child', partOf: { reference: 'Organization/root' } })
  await put(world, 'Organization', 'ring1', { name: 'Ring', partOf: { reference: 'Organization/ring2' } })
  await put(world, 'Organization', 'ring2', {
    name: 'Ring',
    partOf: { reference: 'http://kiln.test/fhir/Organization/ring1' },
  })
  await put(world, 'Practitioner', 'dr', { name: [{ family: 'House' }] })
  await patient(world, '1', 'Adams', {
    managingOrganization: { reference: 'Organization/child' },
    generalPractitioner: [{ reference: 'Practitioner/dr' }, { reference: 'Organization/root' }],
  })
  await patient(world, '2', 'Brown', { managingOrganization: { reference: 'Organization/missing' } })
  await observation(world, 'a', 'Patient/1', { performer: [{ reference: 'Practitioner/dr' }] })
  await observation(world, 'b', 'Patient/1/_history/1', { focus: [{ reference: 'Observation/a' }] })
  await observation(world, 'c', 'Patient/2', {
    hasMember: [{ reference: 'Observation/a' }, { reference: 'Observation/c' }],
  })

  await t.test('a versioned reference includes that version', async t => {
    const world = await open()
    await patient(world, 'now', 'First')
    await patient(world, 'now', 'Second')
    await patient(world, 'back', 'First')
    await world.ask('DELETE', 'Patient/back')
    await patient(world, 'back', 'Third')
    await patient(world, 'gone', 'First')
    await world.ask('DELETE', 'Patient/gone')
    const at: Record<string, string> = {
      old: 'now/_history/1',
      current: 'now/_history/2',
      plain: 'now',
      before: 'back/_history/1',
      deleted: 'back/_history/2',
      none: 'now/_history/9',
      text: 'now/_history/x',
      zero: 'now/_history/00',
      huge: 'now/_history/99999999999999999999',
      gone: 'gone/_history/1',
      unknown: 'unknown/_history/1',
    }
    for (const [id, text] of Object.entries(at)) await observation(world, id, `Patient/${text}`)
    const versions = async (target: string) =>
      entries(await world.ask('GET', target))
        .filter(({ search }) => search.mode === 'include')
        .map(({ fullUrl, resource }) => [fullUrl, resource.meta.versionId, resource.name[0].family].join(' '))
    const [now, back] = ['http://kiln.test/fhir/Patient/now', 'http://kiln.test/fhir/Patient/back']
    const of = (id: string) => versions(`Observation?_id=${id}&_include=Observation:subject`)
    t.same(await of('old'), [`${now} 1 First`])
    for (const id of ['current', 'plain']) t.same(await of(id), [`${now} 2 Second`], id)
    t.same(await of('before'), [`${back} 1 First`])
    for (const id of ['deleted', 'none', 'text', 'zero', 'huge', 'gone', 'unknown']) t.same(await of(id), [], id)
    t.same(await of(Object.keys(at).join()), [`${back} 1 First`, `${now} 2 Second`, `${now} 1 First`])
    t.same(
      names(await world.ask('GET', 'Patient?_id=now&_revinclude=Observation:subject'), 'include').length,
      7,
      'whatever the version, they refer to the resource',
    )
  })

  await t.test('_include brings what the matches refer to, each once', async t => {
    t.strictSame(await included('Observation?_include=Observation:subject'), ['Patient/1', 'Patient/2'])
    t.strictSame(await included('Observation?_id=a&_include=Observation:subject&_include=Observation:performer'), [
      'Patient/1',
      'Practitioner/dr',
    ])
    t.strictSame(await included('Patient?_id=1&_include=Patient:general-practitioner'), [
      'Organization/root',
      'Practitioner/dr',
    ])
    t.strictSame(await included('Patient?_id=1&_include=Patient:general-practitioner:Practitioner'), [
      'Practitioner/dr',
    ])
    t.strictSame(await included('Observation?_id=b&_include=Observation:subject'), ['Patient/1'], 'versioned')
  })

  await t.test('what is missing, deleted or a match itself is not included', async t => {
    t.strictSame(await included('Patient?_id=2&_include=Patient:organization'), [])
    t.strictSame(await included('Observation?_include=Observation:has-member'), [])
    t.strictSame(await included('Observation?_id=c&_include=Observation:has-member'), ['Observation/a'])
    const other = await open()
    await put(other, 'Organization', 'o', { name: 'O' })
    await patient(other, '1', 'A', { managingOrganization: { reference: 'Organization/o' } })
    await other.ask('DELETE', 'Organization/o')
    t.strictSame(names(await other.ask('GET', 'Patient?_include=Patient:organization'), 'include'), [])
  })

  await t.test('_revinclude brings what refers to the matches', async t => {
    t.strictSame(await included('Patient?_id=1&_revinclude=Observation:subject'), ['Observation/a', 'Observation/b'])
    t.strictSame(
      await included('Practitioner?_revinclude=Observation:performer&_revinclude=Patient:general-practitioner'),
      ['Observation/a', 'Patient/1'],
    )
    t.strictSame(await included('Patient?_id=1&_revinclude=Observation:performer'), [])
  })

  await t.test('wildcards', async t => {
    t.strictSame(await included('Observation?_id=a&_include=*'), ['Patient/1', 'Practitioner/dr'])
    t.strictSame(await included('Observation?_id=a&_include=Observation:*'), ['Patient/1', 'Practitioner/dr'])
    t.strictSame(await included('Practitioner?_id=dr&_revinclude=*'), ['Observation/a', 'Patient/1'])
    t.strictSame(await included('Practitioner?_id=dr&_revinclude=Observation:*'), ['Observation/a'])
    t.strictSame(await included('?_type=Patient,Organization&_id=1&_include=*'), [
      'Organization/child',
      'Organization/root',
      'Practitioner/dr',
    ])
  })

  await t.test(':iterate goes on from what was included, and circles end', async t => {
    t.strictSame(await included('Patient?_id=1&_include=Patient:organization&_include=Organization:partof'), [
      'Organization/child',
    ])
    t.strictSame(await included('Patient?_id=1&_include=Patient:organization&_include:iterate=Organization:partof'), [
      'Organization/child',
      'Organization/root',
    ])
    t.strictSame(await included('Organization?_id=ring1&_include:iterate=Organization:partof'), ['Organization/ring2'])
    t.strictSame(await included('Organization?_id=root&_revinclude:iterate=Organization:partof'), [
      'Organization/child',
    ])
    t.strictSame(
      await included('Practitioner?_revinclude=Observation:performer&_include:iterate=Observation:subject'),
      ['Observation/a', 'Patient/1'],
    )
  })

  await t.test('canonical references lead to what has the URL', async t => {
    const url = 'http://example.org/questionnaire'
    await put(world, 'Questionnaire', 'q1', { url, version: '1', status: 'active' })
    await put(world, 'Questionnaire', 'q2', { url, version: '2', status: 'active' })
    await put(world, 'QuestionnaireResponse', 'r', { questionnaire: `${url}|2`, status: 'completed' })
    t.strictSame(await included('QuestionnaireResponse?_include=QuestionnaireResponse:questionnaire'), [
      'Questionnaire/q2',
    ])
    t.strictSame(await included('Questionnaire?_id=q2&_revinclude=QuestionnaireResponse:questionnaire'), [
      'QuestionnaireResponse/r',
    ])
  })

  await t.test('each page includes what belongs to its own matches', async t => {
    const read = await pages(world, 'Observation?_count=2&_include=Observation:subject')
    t.strictSame(
      read.map(reply => names(reply, 'include')),
      [['Patient/1'], ['Patient/2']],
    )
    t.equal(read[1]?.body.total, undefined)
  })

  await t.test('more than one answer carries is delivered before the walk goes on', async t => {
    const other = await open()
    await many(other, 'Patient/p1', 1100)
    await many(other, 'Patient/p2', 5)
    for (const count of [1, 2, 50]) {
      const read = await pages(other, `Patient?_count=${count}&_revinclude=Observation:subject`)
      const matches = read.flatMap(reply => names(reply))
      t.strictSame(matches, ['Patient/p1', 'Patient/p2'], `${count} per page: matches are not repeated`)
      const brought = read.flatMap(reply => names(reply, 'include'))
      t.equal(brought.length, 1105)
      t.equal(new Set(brought).size, 1105)
      t.ok(read.every(reply => entries(reply).length <= 1002))
      t.equal(read.length, count === 1 ? 3 : 2)
      const back = await pagesBefore(other, read.at(-1) as Reply)
      const shown = (reply: Reply) => entries(reply).map(({ fullUrl }) => fullUrl)
      t.strictSame(back.map(shown), read.slice(0, -1).toReversed().map(shown), 'the way back, too')
    }
    const first = await other.ask('GET', 'Patient?_revinclude=Observation:subject')
    t.equal(first.body.total, 2)
    t.match(link(first, 'next'), /_page=/)
    t.strictSame(said(first), [])
  })
})

async function many(world: World, subject: string, count: number): Promise<void> {
  const id = subject.split('/')[1]
  await put(world, 'Patient', `${id}`)
  for (let from = 0; from < count; from += 550) {
    const entry = Array.from({ length: Math.min(550, count - from) }, (_, at) => ({
      resource: {
        resourceType: 'Observation',
        id: `${id}-${from + at}`,
        status: 'final',
        code: { text: 'x' },
        subject: { reference: subject },
      },
      request: { method: 'PUT', url: `Observation/${id}-${from + at}` },
    }))
    const reply = await world.ask('POST', '', { resourceType: 'Bundle', type: 'transaction', entry })
    if (reply.status !== 200) throw new Error(reply.json)
  }
}
