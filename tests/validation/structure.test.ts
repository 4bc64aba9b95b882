import t from 'tap'
import { Decimal } from '../../src/fhir/decimal.ts'
import { FhirError } from '../../src/fhir/issue.ts'
import { isObject, type Json, type JsonObject } from '../../src/fhir/resource.ts'
import { check, found, observation, patient } from './found.ts'

t.test('a good resource has no findings', async t => {
  const good: readonly JsonObject[] = [
    patient({}),
    patient({ id: 'a', meta: { versionId: '1', lastUpdated: '2024-01-01T00:00:00Z' } }),
    patient({ name: [{ given: ['A', 'B'], _given: [null, { id: 'x' }] }], birthDate: '2024-02-29' }),
    patient({ name: [{ given: [null, 'B'], _given: [{ extension: [{ url: 'http://a', valueString: 'x' }] }, null] }] }),
    patient({ _birthDate: { extension: [{ url: 'http://a', valueCode: 'unknown' }] } }),
    patient({ birthDate: '2024', _birthDate: { id: 'x' }, gender: undefined }),
    patient({ extension: [{ url: 'http://a', extension: [{ url: 'b', valueDecimal: new Decimal('1.00') }] }] }),
    patient({
      extension: [{ url: 'http://a', _valueString: { extension: [{ url: 'http://b', valueBoolean: true }] } }],
    }),
    patient({ deceasedBoolean: false, _deceasedBoolean: { id: 'x' } }),
    patient({ contained: [{ resourceType: 'Organization', id: 'o' }], managingOrganization: { reference: '#o' } }),
    observation({ valueQuantity: { value: new Decimal('1e400') } }),
    observation({ _status: { extension: [{ url: 'http://a', valueCode: 'unknown' }] }, status: undefined }),
    { resourceType: 'Bundle', type: 'collection', entry: [{ resource: patient({}) }] },
    {
      resourceType: 'Parameters',
      parameter: [{ name: 'a', resource: patient({}), part: [{ name: 'b', valueInteger: 1 }] }],
    },
    { resourceType: 'Parameters' },
  ]
  for (const resource of good) t.same(check(resource), [], JSON.stringify(resource))
})

t.test('a resource is an object of a known, concrete type', async t => {
  for (const value of [null, 'Patient', 1, true, [], [patient({})], new Decimal('1.0')]) {
    found(t, JSON.stringify(value), value, ['structure', undefined, 'expected a resource as an object'])
  }
  found(t, 'missing', {}, ['structure', undefined, 'resourceType is missing'])
  found(t, 'number', { resourceType: 1 }, ['structure', undefined, 'resourceType is the number 1'])
  for (const resourceType of [
    'Patiennt',
    'patient',
    'Resource',
    'DomainResource',
    'HumanName',
    'string',
    'toString',
    '',
  ]) {
    found(t, resourceType, { resourceType }, ['structure', undefined, `resourceType '${resourceType}' is unknown`])
  }
})

t.test('unknown elements are refused, and the nearest known name is suggested', async t => {
  found(t, 'near', patient({ brthDate: '2024' }), ['structure', 'Patient.brthDate', "did you mean 'birthDate'?"])
  found(t, 'far', patient({ zzz: 1 }), ['structure', 'Patient.zzz', "unknown element 'zzz': expected only"])
  found(t, 'nested', patient({ name: [{ famly: 'A' }] }), [
    'structure',
    'Patient.name[0].famly',
    "did you mean 'family'?",
  ])
  found(t, 'another type', patient({ status: 'final' }), ['structure', 'Patient.status', "unknown element 'status'"])
  found(t, 'no such choice', observation({ valueDecimal: 1 }), ['structure', 'Observation.valueDecimal', 'unknown'])
  found(t, 'the choice itself', observation({ value: 1 }), ['structure', 'Observation.value', 'unknown'])
  found(t, 'not a name of FHIRPath', patient({ 'a.b[0]': 1 }), ['structure', 'Patient', "unknown element 'a.b[0]'"])
  found(
    t,
    'inherited',
    JSON.parse('{"resourceType":"Patient","__proto__":{},"constructor":1}'),
    ['structure', 'Patient', '__proto__'],
    ['structure', 'Patient.constructor', 'unknown'],
  )
  found(t, 'in a datatype', patient({ name: [{ resourceType: 'HumanName', text: 'x' }] }), [
    'structure',
    'Patient.name[0].resourceType',
    'unknown',
  ])
  found(t, 'no twin of an object', patient({ _name: [{ id: 'x' }] }), ['structure', 'Patient', "did you mean 'name'?"])
  found(t, 'no twin of an attribute', patient({ name: [{ text: 'x', _id: { id: 'y' } }] }), [
    'structure',
    'Patient.name[0]',
    "unknown element '_id'",
  ])
})

t.test('wrong JSON types are refused', async t => {
  found(t, 'array for single', patient({ birthDate: ['2024'] }), [
    'structure',
    'Patient.birthDate',
    'expected a string, found an array',
  ])
  found(t, 'single for array', patient({ name: { text: 'x' } }), [
    'structure',
    'Patient.name',
    'expected an array, because the element may repeat, found an object',
  ])
  found(t, 'single for primitive array', patient({ name: [{ given: 'A' }] }), [
    'structure',
    'Patient.name[0].given',
    "expected an array, because the element may repeat, found the string 'A'",
  ])
  found(t, 'array for object', observation({ code: [{ text: 'x' }] }), [
    'structure',
    'Observation.code',
    'expected a single object, found an array',
  ])
  found(t, 'primitive for object', observation({ code: 'x' }), [
    'structure',
    'Observation.code',
    "expected an object, found the string 'x'",
  ])
  found(t, 'object for primitive', patient({ gender: {} }), [
    'structure',
    'Patient.gender',
    'expected a string, found an object',
  ])
  found(t, 'decimal for object', observation({ code: new Decimal('1.0') }), [
    'structure',
    'Observation.code',
    "found the number '1.0'",
  ])
  found(t, 'string for number', observation({ valueQuantity: { value: '1' } }), [
    'structure',
    'Observation.value.value',
    "expected a number, found the string '1'",
  ])
  found(t, 'number for string', observation({ valueString: 1 }), [
    'structure',
    'Observation.value',
    'expected a string, found the number 1',
  ])
  found(t, 'string for boolean', patient({ active: 'true' }), [
    'structure',
    'Patient.active',
    "expected true or false, found the string 'true'",
  ])
  found(t, 'decimal for integer', observation({ valueInteger: new Decimal('1.0') }), [
    'value',
    'Observation.value',
    'is not an integer',
  ])
  found(t, 'nested array', patient({ name: [{ given: [['A']] }] }), [
    'structure',
    'Patient.name[0].given[0]',
    'expected a string, found an array',
  ])
  found(t, 'array of objects in an array', patient({ name: [[{ text: 'x' }]] }), [
    'structure',
    'Patient.name[0]',
    'expected a single object, found an array',
  ])
})

t.test('formats are checked where they stand', async t => {
  found(t, 'date', patient({ birthDate: '2024-02-30' }), [
    'value',
    'Patient.birthDate',
    "'2024-02-30' is a day that does not exist",
  ])
  found(t, 'in an array', patient({ name: [{ given: ['A', ' '] }] }), [
    'value',
    'Patient.name[0].given[1]',
    'only whitespace',
  ])
  found(t, 'id of a resource', patient({ id: 'a_b' }), ['value', 'Patient.id', "'a_b' is not an id"])
  found(t, 'id of an element', patient({ name: [{ id: 'a b', text: 'x' }] }), [
    'value',
    'Patient.name[0].id',
    'white space',
  ])
  found(t, 'positiveInt', patient({ telecom: [{ rank: 0 }] }), [
    'value',
    'Patient.telecom[0].rank',
    'expected 1 to 2147483647',
  ])
})

t.test('mandatory elements are missed', async t => {
  found(
    t,
    'two',
    { resourceType: 'Observation' },
    ['required', 'Observation.status', "missing element: expected 'status'"],
    ['required', 'Observation.code', "missing element: expected 'code'"],
  )
  found(t, 'nested', patient({ link: [{ type: 'seealso' }] }), [
    'required',
    'Patient.link[0].other',
    "expected 'other'",
  ])
  found(
    t,
    'a choice',
    { resourceType: 'MedicationRequest', status: 'active', intent: 'order', subject: { display: 'x' } },
    ['required', 'MedicationRequest.medication', 'expected one of medicationCodeableConcept, medicationReference'],
  )
  found(t, 'undefined is absent', observation({ status: undefined }), ['required', 'Observation.status', 'missing'])
})

t.test('at most one of a choice', async t => {
  found(t, 'two', observation({ valueString: 'a', valueInteger: 1 }), [
    'structure',
    'Observation.value',
    'found valueString and valueInteger: expected only one of value[x]',
  ])
  found(t, 'three', observation({ valueString: 'a', valueInteger: 1, valueBoolean: true }), [
    'structure',
    'Observation.value',
    'only one',
  ])
  found(
    t,
    'by its twin',
    observation({ valueString: 'a', _valueInteger: { extension: [{ url: 'http://a', valueCode: 'b' }] } }),
    ['structure', 'Observation.value', 'found valueString and valueInteger'],
  )
  found(t, 'different choices', patient({ deceasedBoolean: true, multipleBirthInteger: 2 }))
  found(
    t,
    'both choices twice',
    patient({ deceasedBoolean: true, deceasedDateTime: '2024', multipleBirthInteger: 2, multipleBirthBoolean: true }),
    ['structure', 'Patient.deceased', 'only one'],
    ['structure', 'Patient.multipleBirth', 'only one'],
  )
})

t.test('properties are never empty', async t => {
  found(t, 'object', patient({ maritalStatus: {} }), ['structure', 'Patient.maritalStatus', 'the object is empty'])
  found(t, 'object in an array', patient({ name: [{}] }), ['structure', 'Patient.name[0]', 'the object is empty'])
  found(t, 'array', patient({ name: [] }), ['structure', 'Patient.name', 'the array is empty'])
  found(t, 'primitive array', patient({ name: [{ given: [] }] }), [
    'structure',
    'Patient.name[0].given',
    'the array is empty',
  ])
  found(t, 'string', patient({ name: [{ family: '' }] }), ['value', 'Patient.name[0].family', 'is empty'])
  found(t, 'only an id', patient({ name: [{ id: 'a' }] }), ['invariant', 'Patient.name[0]', '(ele-1)'])
  found(t, 'twin', patient({ birthDate: '2024', _birthDate: {} }), [
    'structure',
    'Patient.birthDate',
    'expected an id or extensions',
  ])
  found(t, 'twin without value', patient({ _birthDate: { id: 'a' } }), [
    'structure',
    'Patient.birthDate',
    'expected a value or extensions (ele-1)',
  ])
  found(
    t,
    'twin array',
    patient({ name: [{ given: ['A'], _given: [] }] }),
    ['structure', 'Patient.name[0].given', 'the array is empty'],
    ['structure', 'Patient.name[0].given', 'the same number'],
  )
})

t.test('null only fills an array whose twin has something there', async t => {
  found(t, 'single', patient({ birthDate: null }), ['structure', 'Patient.birthDate', 'expected a string, found null'])
  found(t, 'object', patient({ maritalStatus: null }), [
    'structure',
    'Patient.maritalStatus',
    'expected an object, found null',
  ])
  found(t, 'in objects', patient({ name: [null] }), ['structure', 'Patient.name[0]', 'expected an object, found null'])
  found(t, 'alone', patient({ name: [{ given: ['A', null] }] }), [
    'structure',
    'Patient.name[0].given[1]',
    "found null: expected a value, or in its place something in '_given'",
  ])
  found(t, 'beside null', patient({ name: [{ given: ['A', null], _given: [{ id: 'x' }, null] }] }), [
    'structure',
    'Patient.name[0].given[1]',
    'null',
  ])
  found(t, 'twin', patient({ _birthDate: null }), ['structure', 'Patient.birthDate', 'expected an object, found null'])
  found(t, 'twin without values', patient({ name: [{ _given: [null] }] }), [
    'structure',
    'Patient.name[0].given[0]',
    'found null',
  ])
})

t.test('twins are aligned with their values', async t => {
  const extension = [{ url: 'http://a', valueCode: 'b' }]
  found(t, 'shorter', patient({ name: [{ given: ['A', 'B'], _given: [{ extension }] }] }), [
    'structure',
    'Patient.name[0].given',
    "'given' has 2 and '_given' 1 items",
  ])
  found(t, 'longer', patient({ name: [{ given: ['A'], _given: [null, { extension }] }] }), [
    'structure',
    'Patient.name[0].given',
    "'given' has 1 and '_given' 2 items",
  ])
  found(t, 'not an array', patient({ name: [{ given: ['A'], _given: { extension } }] }), [
    'structure',
    'Patient.name[0].given',
    'expected an array',
  ])
  found(t, 'an array for one', patient({ birthDate: '2024', _birthDate: [{ extension }] }), [
    'structure',
    'Patient.birthDate',
    'expected a single object',
  ])
  found(t, 'a string', patient({ birthDate: '2024', _birthDate: 'x' }), [
    'structure',
    'Patient.birthDate',
    "expected an object, found the string 'x'",
  ])
  found(t, 'unknown inside', patient({ birthDate: '2024', _birthDate: { extension, value: 1 } }), [
    'structure',
    'Patient.birthDate.value',
    'unknown',
  ])
  found(t, 'bad inside', patient({ name: [{ given: ['A'], _given: [{ extension: [{ url: 'http://a' }] }] }] }), [
    'invariant',
    'Patient.name[0].given[0].extension[0]',
    '(ext-1)',
  ])
  found(t, 'only an id without value', patient({ name: [{ given: [null], _given: [{ id: 'x' }] }] }), [
    'structure',
    'Patient.name[0].given[0]',
    'expected a value or extensions',
  ])
})

t.test('all findings are returned, a hundred at most', async t => {
  const name = (count: number) => patient({ name: Array.from({ length: count }, () => ({ famly: 'x' })) })
  t.equal(check(name(100)).length, 100)
  const many = check(name(1000))
  t.equal(many.length, 101)
  t.match(many.at(-1), { severity: 'information', code: 'informational', diagnostics: /^900 further findings/ })
  t.match(many.at(99), { expression: 'Patient.name[99].famly' })
})

t.test('faults of form answer 400, broken rules 422, and form outranks rules', async t => {
  const status = (resource: JsonObject) => new FhirError(check(resource)).status
  t.equal(status(patient({ birthDate: 'x' })), 400)
  t.equal(status({ resourceType: 'Observation' }), 400)
  t.equal(status(patient({ x: 1 })), 400)
  t.equal(status(patient({ extension: [{ url: 'http://a' }] })), 422)
  t.equal(status(patient({ x: 1, extension: [{ url: 'http://a' }] })), 400)
  t.equal(status(patient({ name: Array.from({ length: 200 }, () => ({ famly: 'x' })) })), 400)
})

t.test('nesting is limited to what can be read again', async t => {
  const nested = (levels: number): JsonObject =>
    levels === 0 ? { url: 'a', valueString: 'x' } : { url: 'a', extension: [nested(levels - 1)] }
  t.same(check(patient({ extension: [nested(30)] })), [], 'the resource, 31 arrays and 31 objects')
  t.match(check(patient({ extension: [nested(31)] })), [{ code: 'structure', diagnostics: /64 levels/ }])
  t.equal(check(patient({ extension: [nested(2000)] })).length, 1, 'the deep part is not walked')
})

t.test('the resource is left as it is', async t => {
  const freeze = (value: Json): Json => {
    if (isObject(value)) for (const member of Object.values(value)) freeze(member ?? null)
    if (Array.isArray(value)) for (const item of value) freeze(item)
    return Object.freeze(value)
  }
  const resource = freeze(patient({ name: [{ given: ['A', null] }], x: 1 }))
  t.equal(check(resource).length, 2)
})

t.test('contained resources have ids of their own', async t => {
  const contained = ['a', 'b', 'a', 'a'].map(id => ({ resourceType: 'Organization', id }))
  found(
    t,
    'twice the same',
    patient({ contained }),
    ['value', 'Patient.contained[2].id', "before it has the id 'a' too"],
    ['value', 'Patient.contained[3].id', "before it has the id 'a' too"],
  )
  found(t, 'each its own', patient({ contained: contained.slice(0, 2) }))
  const resource = patient({ contained: contained.slice(2) })
  found(t, 'in a Bundle', { resourceType: 'Bundle', type: 'collection', entry: [{ resource }] }, [
    'value',
    'Bundle.entry[0].resource.contained[1].id',
    'expected another one',
  ])
})
