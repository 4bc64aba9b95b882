import t from 'tap'
import { loadDefinitions } from '../../src/conformance/definitions.ts'
import { parseReference, type Reference, references } from '../../src/fhir/reference.ts'
import type { Resource } from '../../src/fhir/resource.ts'

const base = 'http://127.0.0.1:8080/fhir'
const { shapes } = loadDefinitions()

t.test('a relative reference is local', async t => {
  t.strictSame(parseReference('Patient/1'), { kind: 'local', type: 'Patient', id: '1' })
  t.strictSame(parseReference('Patient/1/_history/A-2.b'), {
    kind: 'local',
    type: 'Patient',
    id: '1',
    version: 'A-2.b',
  })
})

t.test('an absolute reference to our base is the same as a relative one', async t => {
  t.strictSame(parseReference(`${base}/Patient/1`, base), parseReference('Patient/1'))
  t.strictSame(parseReference(`${base}/Patient/1/_history/2`, base), parseReference('Patient/1/_history/2'))
})

t.test('a base that only begins like ours, or lies below it, is somewhere else', async t => {
  for (const url of [`${base}2/Patient/1`, `${base}/other/Patient/1`, 'http://127.0.0.1:8080/Patient/1']) {
    t.strictSame(parseReference(url, base), { kind: 'absolute', url, type: 'Patient', id: '1' })
  }
  t.match(parseReference(`${base}/Patient/1`), { kind: 'absolute' }, 'without knowing our base, all are')
})

t.test('an absolute reference tells its type and id where it has the form of a FHIR server', async t => {
  const url = 'https://example.org/r4/Observation/o-1/_history/3'
  t.strictSame(parseReference(url, base), { kind: 'absolute', url, type: 'Observation', id: 'o-1', version: '3' })
  for (const other of [
    'https://example.org/doc.pdf',
    'https://example.org/Patient/1?x=y',
    'ftp://example.org/Patient/1',
    'mailto:a@b.c',
  ]) {
    t.strictSame(parseReference(other, base), { kind: 'absolute', url: other })
  }
})

t.test('URNs, contained resources and conditional references have their own kinds', async t => {
  const cases: [string, Reference][] = [
    [
      'urn:uuid:c757873d-ec9a-4326-a141-556f43239520',
      { kind: 'urn', urn: 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520' },
    ],
    ['urn:oid:1.2.3', { kind: 'urn', urn: 'urn:oid:1.2.3' }],
    ['#p1', { kind: 'contained', id: 'p1' }],
    ['#', { kind: 'contained', id: '' }],
    ['Patient?identifier=http://a|1', { kind: 'conditional', type: 'Patient', query: 'identifier=http://a|1' }],
  ]
  for (const [text, expected] of cases) t.strictSame(parseReference(text, base), expected, text)
})

t.test('what has none of these forms is invalid', async t => {
  for (const text of [
    '',
    ' ',
    'Patient',
    'Patient/',
    'Patient/1/',
    '/Patient/1',
    'patient/1',
    'Patient/a_b',
    `Patient/${'1'.repeat(65)}`,
    'Patient/1/_history',
    'Patient/1/_history/',
    'Patient/1#x',
    'Patient/1 ',
    'Patient?',
    '# a',
    'http://example.org/a b',
    'Patient/1\n',
    '../Patient/1',
  ]) {
    t.strictSame(parseReference(text, base), { kind: 'invalid' }, JSON.stringify(text))
  }
})

t.test('all references of a resource are found, with the place of each', async t => {
  const organization = (id: string) => ({ reference: `Organization/${id}` })
  const resource: Resource = {
    resourceType: 'Patient',
    contained: [
      {
        resourceType: 'Practitioner',
        id: 'p',
        qualification: [{ code: { text: 'MD' }, issuer: organization('issuer') }],
      },
    ],
    extension: [
      { url: 'http://a', valueReference: organization('choice') },
      {
        url: 'http://b',
        extension: [{ url: 'c', valueAnnotation: { authorReference: organization('deep'), text: 'x' } }],
      },
    ],
    _birthDate: { extension: [{ url: 'http://d', valueReference: organization('primitive') }] },
    name: [
      { given: ['A', 'B'], _given: [null, { extension: [{ url: 'http://e', valueReference: organization('item') }] }] },
    ],
    generalPractitioner: [{ reference: '#p' }, { display: 'no literal' }, { reference: 'Practitioner/2' }],
    managingOrganization: {
      reference: 'Organization/logical',
      identifier: { value: '7', assigner: organization('assigner') },
    },
    contact: [{ organization: organization('backbone') }],
  }
  t.strictSame(
    new Map(references(resource, shapes).map(({ reference, expression }) => [reference, expression])),
    new Map([
      ['Organization/issuer', 'Patient.contained[0].qualification[0].issuer.reference'],
      ['Organization/choice', 'Patient.extension[0].value.reference'],
      ['Organization/deep', 'Patient.extension[1].extension[0].value.author.reference'],
      ['Organization/primitive', 'Patient.birthDate.extension[0].value.reference'],
      ['Organization/item', 'Patient.name[0].given[1].extension[0].value.reference'],
      ['#p', 'Patient.generalPractitioner[0].reference'],
      ['Practitioner/2', 'Patient.generalPractitioner[2].reference'],
      ['Organization/logical', 'Patient.managingOrganization.reference'],
      ['Organization/assigner', 'Patient.managingOrganization.identifier.assigner.reference'],
      ['Organization/backbone', 'Patient.contact[0].organization.reference'],
    ]),
  )
})

t.test('what only looks like a reference is none', async t => {
  const resource: Resource = {
    resourceType: 'Observation',
    code: { text: 'Patient/1', reference: 'Patient/2' },
    valueString: 'Patient/3',
    instantiatesCanonical: 'Patient/4',
    unknown: { reference: 'Patient/5' },
    _subject: { reference: 'Patient/6' },
    subject: 'Patient/7',
    performer: [{ reference: 8 }, null],
  }
  t.strictSame(references(resource, shapes), [])
  t.strictSame(references({ resourceType: 'Nothing', subject: { reference: 'Patient/1' } }, shapes), [])
})

t.test('references of the resources in a Bundle belong to them', async t => {
  const entry = [{ resource: { resourceType: 'Patient', managingOrganization: { reference: 'urn:uuid:1' } } }]
  t.strictSame(references({ resourceType: 'Bundle', type: 'collection', entry }, shapes), [])
})
