import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { FhirError } from '../../src/fhir/issue.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { operators } from '../../src/search/filter/operators.ts'
import { type Node, none } from '../../src/search/node.ts'
import { fc } from '../property.ts'
import { found, type Needs, planned, stored } from './answers.ts'
import { known } from './parse/asking.ts'

const patient = (id: string, family: string, gender: string | undefined, more: object = {}): Resource => ({
  resourceType: 'Patient',
  id,
  name: [{ family }],
  ...(gender ? { gender } : {}),
  ...more,
})
const observation = (id: string, subject: string, code: string, more: object = {}): Resource => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  subject: { reference: subject },
  code: { coding: [{ system: 'http://loinc.org', code }] },
  ...more,
})

const world = stored([
  { resourceType: 'Organization', id: 'clinic', name: 'Clinic' },
  { resourceType: 'Practitioner', id: 'dr', name: [{ family: 'Who' }] },
  patient('ann', 'Adams', 'female', {
    birthDate: '1980-05-01',
    managingOrganization: { reference: 'Organization/clinic' },
  }),
  patient('bob', 'Brown', 'male', { birthDate: '1990', generalPractitioner: [{ reference: 'Practitioner/dr' }] }),
  patient('cat', 'Clark', undefined),
  { resourceType: 'Location', id: 'here', name: 'Adamstown' },
  observation('o1', 'Patient/ann', 'a', { performer: [{ reference: 'Practitioner/dr' }] }),
  observation('o2', 'Patient/bob', 'b'),
  observation('o3', 'Patient/cat', 'a'),
  observation('o4', 'Location/here', 'b'),
  { resourceType: 'Group', id: 'g', type: 'person', actual: true, member: [{ entity: { reference: 'Patient/bob' } }] },
  {
    resourceType: 'List',
    id: '42',
    status: 'current',
    mode: 'working',
    entry: [{ item: { reference: 'Patient/cat' } }],
  },
])

const finds = (text: string, needs: Needs = {}) => found(text, world, needs)

t.test('criteria are AND, alternatives OR', async t => {
  t.same(await finds('Patient?gender=male,female'), ['Patient/ann', 'Patient/bob'])
  t.same(await finds('Patient?gender=male,female&family=b'), ['Patient/bob'])
  t.same(await finds('Patient'), ['Patient/ann', 'Patient/bob', 'Patient/cat'])
  t.same(await finds('Patient?_id=ann,cat'), ['Patient/ann', 'Patient/cat'])
  t.same(await finds('Patient?_id:not=ann,cat'), ['Patient/bob'])
})

t.test('chains', async t => {
  t.same(await finds('Observation?subject:Patient.family=adams'), ['Observation/o1'])
  t.same(
    await finds('Observation?subject.name=adams'),
    ['Observation/o1', 'Observation/o4'],
    'of any type that has a name',
  )
  t.same(await finds('Observation?patient.organization.name=clinic'), ['Observation/o1'])
  t.same(await finds('Observation?patient.general-practitioner:Practitioner.family=who'), ['Observation/o2'])
  t.same(await finds('Observation?subject:Patient._id=cat'), ['Observation/o3'])
})

t.test('a negative modifier behind a chain asks each target', async t => {
  t.same(await finds('Observation?subject:Patient.gender:not=male'), ['Observation/o1', 'Observation/o3'])
  t.same(await finds('Observation?subject:Patient.gender:missing=true'), ['Observation/o3'])
})

t.test('_has, and both ways mixed', async t => {
  t.same(await finds('Patient?_has:Observation:patient:code=a'), ['Patient/ann', 'Patient/cat'])
  t.same(await finds('Patient?_has:Observation:patient:code=a&_has:Observation:patient:performer=Practitioner/dr'), [
    'Patient/ann',
  ])
  t.same(await finds('Patient?_has:Observation:patient:performer:Practitioner.family=who'), ['Patient/ann'])
  t.same(await finds('Observation?patient._has:Group:member:_id=g'), ['Observation/o2'])
  t.same(await finds('Practitioner?_has:Patient:general-practitioner:_has:Group:member:_id=g'), ['Practitioner/dr'])
  t.same(await finds('Organization?_has:Patient:organization:_has:Group:member:_id=g'), [])
})

t.test('_list', async t => {
  t.same(await finds('Patient?_list=42'), ['Patient/cat'])
  t.same(await finds('Patient?_list=43'), [])
  t.same(await finds('?_list=42,43'), ['Patient/cat'])
})

t.test('several types are one question each', async t => {
  t.same(await finds('?_type=Practitioner,Patient&family=w,a'), ['Practitioner/dr', 'Patient/ann'])
  const { plan } = await planned('?_type=Patient,Observation&_id=1')
  t.same(plan.questions, [
    { type: 'Patient', where: { is: 'id', ids: ['1'] } },
    { type: 'Observation', where: { is: 'id', ids: ['1'] } },
  ])
})

t.test('sorted', async t => {
  t.same(await finds('Patient?_sort=-family'), ['Patient/cat', 'Patient/bob', 'Patient/ann'])
  t.same(await finds('Patient?_sort=gender,-_id'), ['Patient/ann', 'Patient/bob', 'Patient/cat'], 'missing last')
  t.same(await finds('Patient?_sort=-gender'), ['Patient/bob', 'Patient/ann', 'Patient/cat'], 'in both orders')
  t.same(await finds('Patient?_sort=-_lastUpdated'), ['Patient/cat', 'Patient/bob', 'Patient/ann'])
  const { plan } = await planned('Observation?_sort=subject,-date,value-quantity,code,_id,-_lastUpdated,_profile')
  t.same(plan.sort, [
    { by: 'term', slot: 'subject', descending: false },
    { by: 'range', slot: 'date', descending: true },
    { by: 'range', slot: 'value-quantity', descending: false },
    { by: 'term', slot: 'code', descending: false },
    { by: 'id', descending: false },
    { by: 'updated', descending: true },
    { by: 'term', slot: '_profile', descending: false },
  ])
})

const only =
  (hidden: string) =>
  (type: string): Node =>
    type === hidden ? { is: 'not', of: { is: 'id', ids: ['bob', 'o1', 'g', '42'] } } : { is: 'all' }

t.test('what may not be seen is found neither in itself nor by what it refers to', async t => {
  const restrict = only('Patient')
  t.same(await finds('Patient', { restrict }), ['Patient/ann', 'Patient/cat'])
  t.same(await finds('Observation?patient.family=b', { restrict }), [])
  t.same(await finds('Observation?subject.name=b', { restrict }), [])
  t.same(await finds('Observation?patient.family:missing=false', { restrict }), ['Observation/o1', 'Observation/o3'])
  t.same(await finds('Practitioner?_has:Patient:general-practitioner:family=b', { restrict }), [])
  t.same(await finds('Patient?_has:Observation:patient:code=a', { restrict: only('Observation') }), ['Patient/cat'])
  t.same(await finds('Observation?patient._has:Group:member:_id=g', { restrict: only('Group') }), [])
  t.same(await finds('Patient?_list=42', { restrict: only('List') }), [])
  t.same(await finds('Observation?_filter=patient.family sw "b"', { restrict }), [])
})

t.test('of a type of which nothing may be seen nothing is asked', async t => {
  const restrict = (type: string): Node => (type === 'Patient' ? none : { is: 'all' })
  const led = { is: 'refers', slot: 'subject', where: { is: 'prefix', slot: 'name', text: 'x' } } as const
  t.same((await planned('Observation?subject.name=x', { restrict })).plan.questions[0]?.where, {
    is: 'or',
    of: [
      { ...led, type: 'Location' },
      { ...led, type: '#Location' },
    ],
  })
  for (const text of ['Observation?patient.name=x', 'Organization?_has:Patient:organization:name=x']) {
    await t.rejects(planned(text, { restrict }), { message: /search Patient/ }, text)
  }
})

t.test('what is contained may be seen with its container, and not where its type may not', async t => {
  const inner = { resourceType: 'Patient', id: 'p', name: [{ family: 'Inner' }] }
  const container = (resourceType: string, id: string): Resource => ({
    resourceType,
    id,
    contained: [inner],
    subject: { reference: '#p' },
  })
  const world = stored([container('Observation', 'o1'), container('Observation', 'o2'), container('Condition', 'c')])
  const rules: Readonly<Record<string, Node>> = { Observation: { is: 'id', ids: ['o1'] }, Condition: none }
  const restrict = (type: string): Node => rules[type] ?? { is: 'all' }
  const at = (needs: Needs, text: string) => found(text, world, needs)
  const contained = 'Patient?family=inner&_contained=true&_containedType=contained'
  t.same(await at({}, contained), ['#Patient/Observation/o1#p', '#Patient/Observation/o2#p', '#Patient/Condition/c#p'])
  t.same(await at({ restrict }, contained), ['#Patient/Observation/o1#p'])
  t.same(await at({ restrict }, 'Patient?family=inner&_contained=both'), ['Observation/o1'])
  t.same(await at({ restrict }, 'Observation?patient.family=inner'), ['Observation/o1'])
  const noPatients = (type: string): Node => (type === 'Patient' ? none : { is: 'all' })
  for (const text of [contained, 'Patient?_contained=true']) t.same(await at({ restrict: noPatients }, text), [], text)
  await t.rejects(at({ restrict: noPatients }, 'Observation?patient.family=inner'), { message: /search Patient/ })
})

t.test('a chain may lead into contained resources twice, so that long ones do not double at each step', async t => {
  const { plan } = await planned(`Organization?${'partof.'.repeat(10)}name=x`)
  t.equal(JSON.stringify(plan).match(/"slot":"name"/g)?.length, 1 + 10 + 45, 'none, one or two of ten steps')
})

t.test('a compartment binds the types searched, and not what they refer to', async t => {
  const within = (type: string): Node => (type === 'Observation' ? { is: 'id', ids: ['o1', 'o2'] } : none)
  t.same(await finds('Observation?patient.family:missing=false', { within }), ['Observation/o1', 'Observation/o2'])
  t.same(await finds('Patient', { within }), [])
})

async function refusals(text: string, needs: Needs = {}): Promise<readonly string[]> {
  try {
    await planned(text, needs)
  } catch (error) {
    if (error instanceof FhirError && error.status === 400) return error.issues.map(({ diagnostics }) => diagnostics)
    throw error
  }
  return []
}

t.test('all malformed values are told at once', async t => {
  const texts = await refusals('Patient?birthdate=2024-02-30&name:nix=x&death-date=soon&family=x')
  t.equal(texts.length, 3)
  for (const [at, part] of ["birthdate '2024-02-30'", 'name:nix', "death-date 'soon'"].entries())
    t.match(texts[at], part)
})

t.test('lenient handling leaves out malformed values, and says so', async t => {
  const { plan, query, issues } = await planned(
    'Patient?birthdate=soon&family=x&birthdate=2024&birthdate=soon&_count=3',
    {
      handling: 'lenient',
    },
  )
  t.same(
    query.criteria.map(({ name, value }) => `${name}=${value}`),
    ['family=x', 'birthdate=2024'],
  )
  t.equal(query.understood.toString(), 'family=x&birthdate=2024&_count=3')
  t.ok(issues.every(({ severity, diagnostics }) => severity === 'warning' && /soon.*left out/.test(diagnostics)))
  t.equal(issues.length, 2)
  t.equal(plan.questions[0]?.where.is, 'and')
})

t.test('a value that means something for one type of a chain is enough', async t => {
  // `start` is a token of GraphDefinition, and a date of Slot.
  const { plan } = await planned('Linkage?item.start=main')
  t.match(plan.questions[0]?.where, { is: 'or', of: [{ type: 'GraphDefinition' }, { type: '#GraphDefinition' }] })
  const texts = await refusals('Linkage?item.birthdate=soon')
  t.equal(texts.length, 1)
  t.match(texts[0], /^item\.birthdate 'soon'/)
})

t.test('codes are asked for once, however many types are searched', async t => {
  const asked: string[] = []
  const terminology = {
    async valueSet(url: string) {
      asked.push(url)
      return [{ system: 'http://s', code: 'c' }]
    },
    async hierarchy(is: 'above' | 'below', { system, code }: { system: string | undefined; code: string }) {
      asked.push(`${is} ${system}|${code}`)
      return [{ system, code }]
    },
    async translations({ system, code }: { system: string | undefined; code: string }) {
      asked.push(`others for ${system}|${code}`)
      return [{ system, code }]
    },
    async caseless(url: string) {
      asked.push(`case of ${url}`)
      return false
    },
  }
  const text =
    '?_type=Patient,Observation,Condition&_tag:in=http://v&_tag:below=http://s|c&_security:below=http://s|c&_tag=http://s|c&_tag:translated=http://s|c'
  await planned(text, { terminology })
  t.same(asked.sort(), ['below http://s|c', 'case of http://s', 'http://v', 'others for http://s|c'])
})

t.test('what fails for another reason is no refusal', async t => {
  const terminology = {
    valueSet: () => Promise.reject(new Error('the store is gone')),
    hierarchy: () => Promise.reject(new Error('the store is gone')),
    translations: () => Promise.reject(new Error('the store is gone')),
    caseless: () => Promise.reject(new Error('the store is gone')),
  }
  for (const handling of ['strict', 'lenient'] as const) {
    await t.rejects(planned('Patient?gender:in=http://v', { terminology, handling }), { message: 'the store is gone' })
    await t.rejects(planned('Observation?subject.identifier:in=http://v', { terminology, handling }), {
      message: 'the store is gone',
    })
  }
})

const types = ['Patient', 'Observation', 'Location', 'ValueSet', 'DocumentReference']
const questions = fc.constantFrom(...types).chain(type => {
  const codes = [...known.parameters.of(type).keys()].filter(code => !['_text', '_content', '_query'].includes(code))
  const modifiers = [
    '',
    '',
    '',
    ':missing',
    ':exact',
    ':contains',
    ':not',
    ':text',
    ':in',
    ':below',
    ':above',
    ':identifier',
  ]
  return fc.tuple(fc.constant(type), fc.constantFrom(...codes), fc.constantFrom(...modifiers))
})
const values = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '2024',
    'ge2024-05',
    'ap5.40',
    'a|b',
    '|',
    'a|',
    '5|http://unitsofmeasure.org|mg',
    'a$b',
    '\\',
    'true',
    'Patient/1',
  ),
)

t.test('any value of any parameter is planned or refused', async t => {
  await fc.assert(
    fc.asyncProperty(questions, values, fc.constantFrom(...operators), async ([type, code, modifier], value, op) => {
      for (const parameter of [`${code}${modifier}=${value}`, `_filter=${code} ${op} ${JSON.stringify(value)}`]) {
        try {
          const { plan } = await planned(`${type}?${parameter.replaceAll('&', '')}`)
          if (!isDeepStrictEqual(JSON.parse(JSON.stringify(plan)), plan)) throw new Error('no plain data')
        } catch (error) {
          if (!(error instanceof FhirError) || error.status !== 400) throw error
        }
      }
    }),
    { numRuns: 1000 },
  )
  t.pass()
})
