import t from 'tap'
import { loadDefinitions } from '../../src/conformance/definitions.ts'
import type { ElementShape, Shape } from '../../src/fhir/shape.ts'

const { shapes, searchParameters, compartments, operations, status, unsettled } = loadDefinitions()

function shape(name: string): Shape {
  const found = shapes.shape(name)
  if (!found) throw new Error(`no shape ${name}`)
  return found
}

function element(name: string, property: string): ElementShape {
  const found = shape(name).elements.get(property)
  if (!found) throw new Error(`no element ${name}.${property}`)
  return found
}

t.test('R4 has 146 resource types, of which 145 have an endpoint', async t => {
  const { resourceTypes } = shapes
  t.equal(resourceTypes.length, 145)
  t.same(resourceTypes, [...resourceTypes].sort())
  t.notOk(resourceTypes.includes('Parameters'))
  t.equal(shape('Parameters').kind, 'resource')
  for (const type of resourceTypes) t.equal(shape(type).kind, 'resource', type)
})

t.test('abstract types, profiles, logical models and types of later releases have no shape', async t => {
  const strangers = ['Resource', 'DomainResource', 'Element', 'BackboneElement', 'SimpleQuantity', 'MetadataResource']
  for (const name of [
    ...strangers,
    'SubscriptionStatus',
    'ResearchStudy.label',
    'Foo',
    'constructor',
    '__proto__',
    '',
  ]) {
    t.equal(shapes.shape(name), undefined, name)
  }
})

t.test('every type that an element names has a shape', async t => {
  const seen = new Set<string>()
  const visit = (name: string): void => {
    if (seen.has(name) || name === 'Resource') return
    seen.add(name)
    for (const { type } of shape(name).elements.values()) visit(type)
  }
  for (const type of [...shapes.resourceTypes, 'Parameters']) visit(type)
  t.ok(seen.size > 600)
})

t.test('Patient has its elements in the order of the specification, inherited ones first', async t => {
  t.same(
    [...shape('Patient').elements.keys()],
    [
      ...['id', 'meta', 'implicitRules', 'language', 'text', 'contained', 'extension', 'modifierExtension'],
      ...['identifier', 'active', 'name', 'telecom', 'gender', 'birthDate', 'deceasedBoolean', 'deceasedDateTime'],
      ...['address', 'maritalStatus', 'multipleBirthBoolean', 'multipleBirthInteger', 'photo', 'contact'],
      ...['communication', 'generalPractitioner', 'managingOrganization', 'link'],
    ],
  )
  t.same([...shape('Patient.link').elements.keys()], ['id', 'extension', 'modifierExtension', 'other', 'type'])
})

t.test('an element tells type, cardinality, summary, modifier and targets', async t => {
  t.same(element('Patient', 'birthDate'), {
    name: 'birthDate',
    path: 'Patient.birthDate',
    type: 'date',
    min: 0,
    max: 1,
    primitive: true,
    attribute: false,
    summary: true,
    modifier: false,
  })
  t.match(element('Patient', 'name'), { type: 'HumanName', max: Number.POSITIVE_INFINITY, primitive: false })
  t.match(element('Patient', 'active'), { modifier: true, summary: true })
  t.match(element('Patient', 'contact'), { type: 'Patient.contact', summary: false })
  t.match(element('Patient.link', 'type'), { min: 1, max: 1, type: 'code' })
  t.same(element('Patient', 'generalPractitioner').targets, ['Organization', 'Practitioner', 'PractitionerRole'])
  t.equal(element('Provenance', 'target').targets, undefined, 'a reference to any resource')
  t.same(element('Questionnaire.item', 'answerValueSet').targets, ['ValueSet'])
})

t.test('Observation.value[x] is eleven properties of one choice', async t => {
  const values = [...shape('Observation').elements.values()].filter(({ choice }) => choice === 'value[x]')
  t.same(
    values.map(({ name, type }) => [name, type]),
    [
      ['valueQuantity', 'Quantity'],
      ['valueCodeableConcept', 'CodeableConcept'],
      ['valueString', 'string'],
      ['valueBoolean', 'boolean'],
      ['valueInteger', 'integer'],
      ['valueRange', 'Range'],
      ['valueRatio', 'Ratio'],
      ['valueSampledData', 'SampledData'],
      ['valueTime', 'time'],
      ['valueDateTime', 'dateTime'],
      ['valuePeriod', 'Period'],
    ],
  )
  t.ok(values.every(({ path, min, max }) => path === 'Observation.value[x]' && min === 0 && max === 1))
  t.notOk(shape('Observation').elements.has('value'))
})

t.test('in a choice each type keeps its own targets, and the choice its minimum', async t => {
  t.match(element('MedicationRequest', 'medicationReference'), { min: 1, targets: ['Medication'] })
  t.equal(element('MedicationRequest', 'medicationCodeableConcept').targets, undefined)
})

t.test('elements that repeat another have its shape', async t => {
  t.match(element('Questionnaire.item', 'item'), { type: 'Questionnaire.item', path: 'Questionnaire.item.item' })
  t.equal(element('Observation.component', 'referenceRange').type, 'Observation.referenceRange')
  t.equal(element('Bundle.entry', 'link').type, 'Bundle.link')
  t.equal(element('ValueSet.compose', 'exclude').type, 'ValueSet.compose.include')
})

t.test('where any resource may stand the type is Resource', async t => {
  t.match(element('Bundle.entry', 'resource'), { type: 'Resource', min: 0, max: 1 })
  t.equal(element('Bundle.entry.response', 'outcome').type, 'Resource')
  t.equal(element('Patient', 'contained').type, 'Resource')
  t.equal(element('Parameters.parameter', 'resource').type, 'Resource')
})

t.test('an extension has a url and a choice of fifty types', async t => {
  t.match(element('Extension', 'url'), { type: 'uri', attribute: true, min: 1, primitive: true })
  const values = [...shape('Extension').elements.values()].filter(({ choice }) => choice === 'value[x]')
  t.equal(values.length, 50)
  t.same([...shape('Extension').elements.keys()].slice(0, 3), ['id', 'extension', 'url'])
})

t.test('ids of elements are XML attributes, ids of resources are elements of type id', async t => {
  t.match(element('Patient', 'id'), { type: 'id', attribute: false })
  t.match(element('Patient.contact', 'id'), { type: 'string', attribute: true })
  t.match(element('HumanName', 'id'), { type: 'string', attribute: true })
  t.match(element('Timing.repeat', 'id'), { type: 'string', attribute: true })
})

t.test('a primitive carries id and extensions beside its value; xhtml no extensions', async t => {
  t.same([...shape('code').elements.keys()], ['id', 'extension'])
  t.same([...shape('xhtml').elements.keys()], ['id'])
  t.match(element('Narrative', 'div'), { type: 'xhtml', primitive: true, min: 1 })
})

t.test('specialisations of Quantity have its elements', async t => {
  for (const type of ['Age', 'Count', 'Distance', 'Duration']) {
    t.same([...shape(type).elements.keys()], [...shape('Quantity').elements.keys()], type)
  }
})

t.test('there are 1,377 search parameters, one for each type and code', async t => {
  t.equal(searchParameters.length, 1377)
  const names = searchParameters.flatMap(({ base, code }) => base.map(type => `${type}.${code}`))
  t.equal(new Set(names).size, names.length)
  const bases = new Set([...shapes.resourceTypes, 'Parameters', 'Resource', 'DomainResource'])
  t.same(
    searchParameters.flatMap(({ base }) => base).filter(base => !bases.has(base)),
    [],
  )
  const silent = searchParameters.filter(({ expression }) => expression === undefined).map(({ code }) => code)
  t.same(silent.sort(), ['_content', '_query', '_text'])
})

t.test('a search parameter tells what a query needs to know', async t => {
  const byUrl = new Map(searchParameters.map(parameter => [parameter.url, parameter]))
  t.same(byUrl.get('http://hl7.org/fhir/SearchParameter/Patient-general-practitioner'), {
    url: 'http://hl7.org/fhir/SearchParameter/Patient-general-practitioner',
    name: 'general-practitioner',
    code: 'general-practitioner',
    base: ['Patient'],
    type: 'reference',
    status: 'trial-use',
    expression: 'Patient.generalPractitioner',
    target: ['Practitioner', 'Organization', 'PractitionerRole'],
  })
  const composite = byUrl.get('http://hl7.org/fhir/SearchParameter/Observation-code-value-quantity')
  t.equal(composite?.component?.length, 2)
  const components = searchParameters.flatMap(({ component }) => component ?? [])
  t.same(
    components.filter(({ definition }) => !byUrl.has(definition)),
    [],
  )
})

t.test('the five compartments name search parameters that exist', async t => {
  t.same(compartments.map(({ code }) => code).sort(), [
    'Device',
    'Encounter',
    'Patient',
    'Practitioner',
    'RelatedPerson',
  ])
  const patient = compartments.find(({ code }) => code === 'Patient')
  t.same(patient?.resources['AllergyIntolerance'], ['patient', 'recorder', 'asserter'])
  t.notOk(patient && 'ActivityDefinition' in patient.resources)
})

t.test('the 46 operations come with levels and parameters', async t => {
  t.equal(operations.length, 46)
  const expand = operations.find(({ url }) => url.endsWith('/ValueSet-expand'))
  t.match(expand, { code: 'expand', resource: ['ValueSet'], system: false, type: true, instance: true })
  t.match(expand?.parameter[0], { name: 'url', use: 'in', min: 0, max: '1', type: 'uri' })
})

t.test('ten of the types with an endpoint are normative, and the statement has parts that are not', async t => {
  t.same(
    shapes.resourceTypes.filter(type => status(type) === 'normative'),
    [
      ...['Binary', 'Bundle', 'CapabilityStatement', 'CodeSystem', 'Observation', 'OperationDefinition'],
      ...['OperationOutcome', 'Patient', 'StructureDefinition', 'ValueSet'],
    ],
  )
  t.equal(status('Foo'), undefined)
  t.ok(unsettled.has('CapabilityStatement.rest.security'))
  t.notOk(unsettled.has('CapabilityStatement.rest'))
})
