import t from 'tap'
import { loadDefinitions } from '../../src/conformance/definitions.ts'
import { FhirError } from '../../src/fhir/issue.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { parseSubset, subset } from '../../src/fhir/subset.ts'

const { shapes } = loadDefinitions()
const subsetted = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }

function part(resource: Resource, query: string): Resource {
  const asked = parseSubset(new URLSearchParams(query))
  return asked ? subset(resource, asked, shapes) : resource
}

function refusal(run: () => unknown): { status: number; text: string } {
  try {
    run()
  } catch (refused) {
    if (refused instanceof FhirError) return { status: refused.status, text: refused.message }
    throw refused
  }
  return { status: 200, text: '' }
}

const text = { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">x</div>' }
const patient: Resource = {
  resourceType: 'Patient',
  id: 'p',
  meta: { versionId: '1', tag: [{ code: 'other' }] },
  implicitRules: 'http://example.org/rules',
  language: 'en',
  text,
  contained: [{ resourceType: 'Basic' }],
  extension: [{ url: 'http://example.org/e', valueString: 'x' }],
  modifierExtension: [{ url: 'http://example.org/m', valueString: 'x' }],
  active: true,
  name: [{ id: 'n', extension: [{ url: 'http://example.org/e', valueString: 'x' }], family: 'F' }],
  birthDate: '1970',
  _birthDate: { extension: [{ url: 'http://example.org/t', valueString: 'x' }] },
  maritalStatus: { text: 'm' },
  deceasedBoolean: false,
  contact: [{ name: { family: 'C' } }],
  link: [{ other: { reference: 'Patient/q' }, type: 'refer' }],
}
const observation: Resource = {
  resourceType: 'Observation',
  text,
  status: 'final',
  code: { text: 'c' },
  valueQuantity: { value: 1 },
  note: [{ text: 'n' }],
}
const names = (resource: Resource) => Object.keys(resource)

t.test('_summary=true keeps what the definitions mark, without narrative and extensions', async t => {
  const found = part(patient, '_summary=true')
  t.same(found, {
    resourceType: 'Patient',
    id: 'p',
    meta: { versionId: '1', tag: [{ code: 'other' }, subsetted] },
    implicitRules: 'http://example.org/rules',
    modifierExtension: [{ url: 'http://example.org/m', valueString: 'x' }],
    active: true,
    name: [{ id: 'n', family: 'F' }],
    birthDate: '1970',
    _birthDate: { extension: [{ url: 'http://example.org/t', valueString: 'x' }] },
    deceasedBoolean: false,
    link: [{ other: { reference: 'Patient/q' }, type: 'refer' }],
  })
  t.same(names(found).slice(0, 3), ['resourceType', 'id', 'meta'])
})

t.test('_summary=true keeps mandatory elements inside the elements that it keeps', async t => {
  const bundle = part(
    { resourceType: 'Bundle', type: 'batch', entry: [{ request: { method: 'GET', url: 'x' } }] },
    '_summary=true',
  )
  t.match(bundle, { type: 'batch', entry: [{ request: { method: 'GET', url: 'x' } }] })
  const capability = part(
    {
      resourceType: 'CapabilityStatement',
      rest: [{ mode: 'server', documentation: 'long', security: { cors: true } }],
    },
    '_summary=true',
  )
  t.same(capability['rest'], [{ mode: 'server', security: { cors: true } }])
})

t.test('_summary=text returns the narrative with id, meta and top-level mandatory elements', async t => {
  t.same(names(part(patient, '_summary=text')), ['resourceType', 'id', 'meta', 'text'])
  t.same(part(observation, '_summary=text'), {
    resourceType: 'Observation',
    meta: { tag: [subsetted] },
    text,
    status: 'final',
    code: { text: 'c' },
  })
})

t.test('_summary=data removes the narrative only', async t => {
  const found = part(patient, '_summary=data')
  t.same(found, (({ text: _text, ...rest }) => ({ ...rest, meta: found.meta }))(patient))
  t.match(found.meta, { tag: [{ code: 'other' }, subsetted] })
})

t.test('_summary=false and no wish leave the resource alone', async t => {
  t.equal(part(patient, '_summary=false'), patient)
  t.equal(part(patient, '_count=3'), patient)
})

t.test('_elements returns the elements of the list, and mandatory and modifier elements unasked', async t => {
  t.same(names(part(patient, '_elements=birthDate,contact')), [
    'resourceType',
    'id',
    'meta',
    'implicitRules',
    'modifierExtension',
    'active',
    'birthDate',
    '_birthDate',
    'deceasedBoolean',
    'contact',
    'link',
  ])
  t.same(names(part(observation, '_elements=note')), ['resourceType', 'meta', 'status', 'code', 'note'])
  t.same(part(patient, '_elements=name')['name'], patient['name'], 'whole')
})

t.test('a choice may be named as its parts, its stem or its pattern', async t => {
  for (const name of ['valueQuantity', 'value', 'value[x]']) {
    t.ok(names(part(observation, `_elements=${encodeURIComponent(name)}`)).includes('valueQuantity'), name)
  }
  t.notOk(names(part(observation, '_elements=valueString')).includes('valueQuantity'))
})

t.test('_elements beats _summary, but not a count', async t => {
  t.notOk(names(part(patient, '_summary=text&_elements=name')).includes('text'))
  t.same(parseSubset(new URLSearchParams('_summary=count&_elements=name')), { by: 'summary', mode: 'count' })
  t.ok(names(part(patient, '_summary=false&_elements=name')).includes('name'))
})

t.test('the resource that was given is not changed', async t => {
  const before = structuredClone(patient)
  for (const query of ['_summary=true', '_summary=text', '_summary=data', '_elements=name']) part(patient, query)
  t.same(patient, before)
})

t.test('the mark is set once', async t => {
  const once = part(patient, '_summary=true')
  t.same(part(once, '_summary=true'), once)
})

t.test('a stored Bundle is cut as any resource, whatever its type', async t => {
  const bundle: Resource = {
    resourceType: 'Bundle',
    id: 'b',
    type: 'searchset',
    total: 1,
    entry: [{ resource: patient }],
  }
  t.same(names(part(bundle, '_elements=total')), ['resourceType', 'id', 'meta', 'type', 'total'])
})

t.test('wrong wishes are refused with what was expected', async t => {
  const bad: readonly (readonly [query: string, text: RegExp])[] = [
    ['_summary=yes', /_summary is 'yes'; expected one of true, text, data, count, false/],
    ['_summary=', /_summary is ''/],
    ['_summary=TRUE', /'TRUE'/],
    ['_summary=true&_summary=text', /2 times/],
    ['_elements=', /_elements has ''/],
    ['_elements=name,', /_elements has ''/],
    ['_elements=name.given', /'name.given'.*parts of elements/],
    ['_elements=*', /'\*'/],
    ['_summary=count&_elements=a.b', /'a.b'/],
  ]
  for (const [query, text] of bad)
    t.match(
      refusal(() => part(patient, query)),
      { status: 400, text },
      query,
    )
})

t.test('names that the type does not have choose nothing', async t => {
  t.same(names(part(observation, '_elements=birthDate,constructor,toString')).length, 4)
})
