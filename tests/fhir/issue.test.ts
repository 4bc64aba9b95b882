import t from 'tap'
import { error, FhirError, fail, isError, parameterAt, toOutcome } from '../../src/fhir/issue.ts'

t.test('a refusal carries its text, its place and the status of its code', async t => {
  const refusal = fail('value', "date '2024-02-30' does not exist", 'Patient.birthDate')
  t.ok(refusal instanceof FhirError)
  t.match(refusal, { name: 'FhirError', status: 400, message: "date '2024-02-30' does not exist", headers: {} })
  t.strictSame(refusal.issues, [
    {
      severity: 'error',
      code: 'value',
      diagnostics: "date '2024-02-30' does not exist",
      expression: 'Patient.birthDate',
    },
  ])
  t.equal(fail('deleted', 'gone').status, 410)
  t.equal(fail('invariant', 'broken').status, 422)
})

t.test('a refusal may set another status, headers and a cause', async t => {
  const cause = new Error('why')
  const refusal = fail('not-supported', 'no PATCH here', undefined, { status: 405, headers: { Allow: 'GET' }, cause })
  t.match(refusal, { status: 405, headers: { Allow: 'GET' }, cause })
})

t.test('of several errors the lowest status counts, and warnings do not', async t => {
  const broken = error('invariant', 'a rule')
  const malformed = error('structure', 'the form')
  const warning = { ...malformed, severity: 'warning' } as const
  t.equal(new FhirError([broken, malformed]).status, 400)
  t.equal(new FhirError([broken, warning]).status, 422)
  t.equal(new FhirError([warning]).status, 500)
  t.equal(new FhirError([broken, malformed]).message, 'a rule; the form')
})

t.test('what a definition asks for is a broken rule, whatever its code', async t => {
  const source = 'http://hl7.org/fhir/StructureDefinition/bp'
  t.equal(new FhirError([{ ...error('required', 'a profile'), source }]).status, 422)
  t.equal(new FhirError([{ ...error('required', 'a profile'), source }, error('required', 'the form')]).status, 400)
})

t.test('fatal and error are errors', async t => {
  const severities = ['fatal', 'error', 'warning', 'information'] as const
  t.strictSame(
    severities.map(severity => isError({ severity, code: 'invalid', diagnostics: '' })),
    [true, true, false, false],
  )
})

t.test('issues become an OperationOutcome without empty elements', async t => {
  const details = { text: 'dom-6' }
  const outcome = toOutcome([
    error('required', 'name is missing', 'Patient.name'),
    { ...error('invalid', 'no'), details },
  ])
  t.strictSame(outcome, {
    resourceType: 'OperationOutcome',
    issue: [
      { severity: 'error', code: 'required', diagnostics: 'name is missing', expression: ['Patient.name'] },
      { severity: 'error', code: 'invalid', details, diagnostics: 'no' },
    ],
  })
})

t.test('a parameter of the request stands in location, too, as R4 has it', t => {
  const { issue } = toOutcome([error('value', 'too many', parameterAt('_count'))])
  t.match(issue, [{ location: ['http._count'], expression: ['http._count'] }])
  t.end()
})

t.test('an outcome tells which constraint of which definition is broken', async t => {
  const source = 'http://hl7.org/fhir/StructureDefinition/Patient'
  const extension = [
    { url: 'http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-source', valueString: source },
  ]
  const outcome = toOutcome([
    { ...error('invariant', 'broken rule', 'Patient.contact[0]'), key: 'pat-1', source },
    { ...error('required', 'missing', 'Patient.name'), source },
  ])
  t.strictSame(outcome['issue'], [
    {
      extension,
      severity: 'error',
      code: 'invariant',
      details: { coding: [{ system: source, code: 'pat-1' }] },
      diagnostics: 'broken rule',
      expression: ['Patient.contact[0]'],
    },
    { extension, severity: 'error', code: 'required', diagnostics: 'missing', expression: ['Patient.name'] },
  ])
})
