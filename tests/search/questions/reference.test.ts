import t from 'tap'
import type { Resource } from '../../../src/fhir/resource.ts'
import { searchAll } from '../../../src/search/match.ts'
import { ask, base, finds, found, noCodes, refusal, resource } from './asking.ts'

function about(reference: string): Resource {
  return { resourceType: 'Observation', subject: { reference } }
}

const elsewhere = 'https://other.example.org/r4'
const uuid = 'urn:uuid:9f760e15-98e0-41c1-92f2-02d8796953e9'

const cases: readonly (readonly [reference: string, name: string, asked: string, fits: boolean])[] = [
  ['Patient/1', 'subject', 'Patient/1', true],
  ['Patient/1', 'subject', '1', true],
  ['Patient/1', 'subject', 'Group/1', false],
  ['Patient/1', 'subject', `${base}/Patient/1`, true],
  [`${base}/Patient/1`, 'subject', 'Patient/1', true],
  ['Patient/1', 'subject', `${elsewhere}/Patient/1`, false],
  [`${elsewhere}/Patient/1`, 'subject', `${elsewhere}/Patient/1`, true],
  [`${elsewhere}/Patient/1`, 'subject', '1', false],
  ['Patient/1', 'patient', '1', true],
  ['Group/1', 'patient', '1', false],
  ['Patient/1/_history/2', 'subject', 'Patient/1', true],
  ['Patient/1/_history/2', 'subject', 'Patient/1/_history/2', true],
  ['Patient/1/_history/2', 'subject', 'Patient/1/_history/3', false],
  ['Patient/1', 'subject', 'Patient/1/_history/2', false],
  [`${elsewhere}/Patient/1/_history/2`, 'subject', `${elsewhere}/Patient/1/_history/2`, true],
  [`${elsewhere}/Patient/1/_history/2`, 'subject', `${elsewhere}/Patient/1`, true],
  [uuid, 'subject', uuid, true],
  ['Patient/1', 'subject', '#1', false],
  ['Patient/1', 'subject:Patient', '1', true],
  ['Patient/1', 'subject:Patient', 'Patient/1', true],
  ['Patient/1', 'subject:Patient', `${base}/Patient/1`, true],
  ['Patient/1', 'subject:Group', '1', false],
  ['Patient/1', 'subject:Group', 'Patient/1', false],
  [`${elsewhere}/Patient/1`, 'subject:Patient', `${elsewhere}/Patient/1`, true],
  [`${elsewhere}/Patient/1`, 'subject:Group', `${elsewhere}/Patient/1`, false],
  ['Patient/1', 'subject', 'Foo/1', false],
  ['Patient/1', 'subject', 'unknown', false],
]

t.test('what refers to a resource, in each way to say so', async t => {
  for (const [reference, name, asked, expected] of cases) {
    t.equal(await finds(about(reference), name, asked), expected, `${reference} by ${name}=${asked}`)
  }
  t.ok(await finds(about('Patient/1'), 'subject', 'Patient/2', '1'))
})

t.test('an id alone may be of any type where anything may be referred to', async t => {
  const provenance = { resourceType: 'Provenance', target: [{ reference: 'ActivityDefinition/7' }] }
  t.ok(await finds(provenance, 'target', '7'))
  t.ok(await finds(provenance, 'target:ActivityDefinition', '7'))
  t.notOk(await finds(provenance, 'target:Patient', '7'))
})

t.test('by what the reference says of the identity of its target', async t => {
  const it = { resourceType: 'Observation', subject: { identifier: { system: 'urn:x', value: 'A|1' } } }
  t.ok(await finds(it, 'subject:identifier', 'urn:x|A\\|1'))
  t.ok(await finds(it, 'subject:identifier', 'A\\|1'))
  t.ok(await finds(it, 'subject:identifier', 'urn:x|'))
  t.notOk(await finds(it, 'subject:identifier', '|A\\|1'))
  t.notOk(await finds(it, 'subject', 'A'))
  t.match(await refusal('Observation', 'subject:identifier', '|'), /^subject:identifier '\|'/)
})

t.test('a canonical without version stands for every version', async t => {
  const response = (questionnaire: string): Resource => ({ resourceType: 'QuestionnaireResponse', questionnaire })
  const url = 'http://example.org/q/a'
  t.ok(await finds(response(`${url}|1.0`), 'questionnaire', url))
  t.ok(await finds(response(`${url}|1.0`), 'questionnaire', `${url}|1.0`))
  t.ok(await finds(response(`${url}|1.0`), 'questionnaire', `${url}\\|1.0`))
  t.notOk(await finds(response(`${url}|1.0`), 'questionnaire', `${url}|1.1`))
  t.notOk(await finds(response(url), 'questionnaire', `${url}|1.0`))
  t.ok(await finds(response(`${url}#part`), 'questionnaire', url))
  t.ok(await finds(response(url), 'questionnaire:below', url))
  t.ok(await finds(response(`${url}|1.0`), 'questionnaire:below', url))
  t.ok(await finds(response(`${url}|1.0`), 'questionnaire:below', `${url}|1`))
  t.ok(await finds(response(`${url}|1.0-beta`), 'questionnaire:below', `${url}|1.0`))
  t.ok(await finds(response(`${url}|1`), 'questionnaire:below', `${url}|1`))
  t.notOk(await finds(response(`${url}|10.0`), 'questionnaire:below', `${url}|1`))
  t.notOk(await finds(response(url), 'questionnaire:below', `${url}|1`))
  t.notOk(await finds(response(url), 'questionnaire:below', 'http://example.org/q/'))
  t.ok(await finds(response(url), 'questionnaire:above', `${url}/b`))
  t.notOk(await finds(response(url), 'questionnaire', 'a'))
})

function place(id: string, parent?: string): Resource {
  return resource('Location', parent === undefined ? {} : { partOf: { reference: `Location/${parent}` } }, id)
}

const house = [
  place('1'),
  place('2', '1'),
  place('3', '2'),
  place('4', '3'),
  place('5'),
  place('6', '7'),
  place('7', '6'),
]

async function inHouse(name: string, ...values: readonly string[]): Promise<string> {
  const where = await ask('Location', name, values, noCodes, house.map(found))
  const { matches } = searchAll(house.map(found), {
    type: 'Location',
    where,
    sort: [{ by: 'id', descending: false }],
    limit: 10,
  })
  return matches.map(({ found }) => found.id).join('')
}

t.test('hierarchies are followed, circles included', async t => {
  t.equal(await inHouse('partof', '1'), '2')
  t.equal(await inHouse('partof:below', '1'), '234')
  t.equal(await inHouse('partof:below', 'Location/2'), '34')
  t.equal(await inHouse('partof:below', '5'), '')
  t.equal(await inHouse('partof:below', '1', '6'), '23467')
  t.equal(await inHouse('partof:above', '3'), '234', 'those whose own leads to 3, to 2 or to 1')
  t.equal(await inHouse('partof:above', '1'), '2')
  t.equal(await inHouse('partof:above', '7'), '67')
  t.match(
    await refusal('Location', 'partof:below', 'Patient/1'),
    /^partof:below 'Patient\/1': expected a resource of the hierarchy/,
  )
  t.match(
    await refusal('Observation', 'patient:below', '1'),
    /':below' is no modifier of patient/,
    'no Patient is part of another',
  )
})

t.test('what may not be seen leads nowhere', async t => {
  const hidden = house.filter(({ id }) => id !== '2').map(found)
  const where = await ask('Location', 'partof:below', ['1'], noCodes, hidden)
  const { matches } = searchAll(hidden, { type: 'Location', where, sort: [], limit: 10 })
  t.same(matches, [])
})

t.test('what is no reference is refused', async t => {
  for (const text of [
    'a b',
    'Patient?identifier=x',
    'Patient/',
    '/1',
    'Patient/1/2',
    'a'.repeat(65),
    'Patient/1|2',
    '\u0000',
  ])
    t.match(await refusal('Observation', 'subject', text), /^subject '.*': expected an id/s, text)
  t.match(
    await refusal('Observation', 'subject:Patiant', '1'),
    /^subject:Patiant: .*did you mean ':Patient'.*expected :missing, :Group, :Device, :Patient, :Location, :identifier, :above, :below$/,
  )
  const any = await refusal('Provenance', 'target:Foo', '1')
  t.match(any, /expected :missing, :identifier, :above, :below, the type of a resource, such as :Patient$/)
  t.ok(any.length < 200, any)
})
