import t from 'tap'
import type { Resource } from '../../src/fhir/resource.ts'
import { found, planned, stored } from './answers.ts'
import { asks, refusals } from './parse/asking.ts'

t.test('a test is a path, an operator and a value', async t => {
  t.same(asks('Patient?_filter=family eq "O\'Neill \\"x\\" \\u00e9"'), ['family eq O\'Neill "x" é'])
  t.same(asks('Patient?_filter=  birthdate   ge\t2014-10-10  '), ['birthdate ge 2014-10-10'])
  t.same(asks('Observation?_filter=code eq http://loinc.org|1234-5'), ['code eq http://loinc.org|1234-5'])
  t.same(asks('Patient?_filter=family eq "a) and b"'), ['family eq a) and b'])
})

t.test('and and or are evaluated left to right, without precedence; parentheses decide', async t => {
  const tests = { a: 'family eq a', b: 'family eq b', c: 'family eq c', d: 'family eq d' }
  const filter = (text: string) => asks(`Patient?_filter=${text.replaceAll(/\b[abcd]\b/g, it => tests[it as 'a'])}`)[0]
  const shape = (text: string) => filter(text)?.replaceAll('family eq ', '')
  t.equal(shape('a and b and c'), '(a and b and c)')
  t.equal(shape('a or b and c'), '((a or b) and c)')
  t.equal(shape('a and b or c and d'), '(((a and b) or c) and d)')
  t.equal(shape('a or (b and c)'), '(a or (b and c))')
  t.equal(shape('not(a) and b'), '(not(a) and b)')
  t.equal(shape('not (a or b) and not(not(c))'), '(not((a or b)) and not(not(c)))')
  t.equal(shape('((a)) and(b)'), '(a and b)')
})

t.test('paths lead along references and back', async t => {
  t.same(asks('Observation?_filter=subject.name co "pet"'), ['subject → (Location: name co pet, Patient: name co pet)'])
  t.same(asks('Observation?_filter=subject:Patient.name co "pet"'), ['subject → Patient: name co pet'])
  t.same(asks('Patient?_filter=_has:Observation:patient:code eq x'), ['← Observation.patient, code eq x'])
})

t.test('a filter within a path chooses among what it leads to', async t => {
  t.same(asks('Observation?_filter=subject[gender eq male].birthdate gt 2000'), [
    'subject → Patient: (gender eq male and birthdate gt 2000)',
  ])
  t.same(asks('Observation?_filter=subject:Patient[name eq a or name eq b].organization.name eq c'), [
    'subject → Patient: ((name eq a or name eq b) and organization → Organization: name eq c)',
  ])
  t.match(
    refusals('Observation?_filter=code[x eq y].z eq a')[0],
    "'code' of Observation is a token, and only references lead",
  )
  t.match(
    refusals('Observation?_filter=related[type eq has-component].target pr true')[0],
    "no search parameter 'related'",
  )
  t.match(
    refusals('Observation?_filter=subject[gender eq male] eq a')[0],
    "found '] eq a' at character 23: expected '].' and the name",
  )
})

t.test('the names that only a filter has', async t => {
  const composite = ['relationship eq DocumentReference/4$replaces']
  t.same(asks('DocumentReference?_filter=relatesTo[code eq replaces].target re DocumentReference/4'), composite)
  t.same(asks('DocumentReference?_filter=relatesTo[target re DocumentReference/4].code eq replaces'), composite)
  t.same(asks('Group?_filter=characteristic[code eq gender].value eq mixed'), ['characteristic-value eq gender$mixed'])
  t.match(
    refusals('Group?_filter=characteristic[code eq gender].code eq mixed')[0],
    'expected both of code and value, each eq or re a value, as in characteristic[code eq a].value eq b',
  )
  t.match(refusals('Group?_filter=characteristic[code ne gender].value eq mixed')[0], 'expected both of')
})

t.test('mistakes are told with their place', async t => {
  const told: Record<string, string> = {
    name: '_filter: found the end at character 5: expected an operator, one of eq, ne, co, sw, ew, gt, lt, ge, le, ap, sa, eb, pr, po, ss, sb, in, ni, re',
    'name eq':
      '_filter: found the end at character 8: expected a value: a word without spaces, or a JSON string in double quotes that is not empty',
    'name eq ""': `_filter: found '""' at character 9: expected a value: a word without spaces, or a JSON string in double quotes that is not empty`,
    'name eq "x': `_filter: found '"x' at character 9: expected a value: a word without spaces, or a JSON string in double quotes that is not empty`,
    'name eq x y': "_filter: found 'y' at character 11: expected 'and', 'or' or the end",
    'name eq x and': "_filter: found the end at character 14: expected the name of a search parameter, 'not(' or '('",
    '(name eq x': "_filter: found the end at character 11: expected 'and', 'or' or ')'",
    'name eq x)': "_filter: found ')' at character 10: expected 'and', 'or' or the end",
    '= 5': "_filter: found '= 5' at character 1: expected the name of a search parameter, 'not(' or '('",
    'name pr maybe': "_filter: name pr 'maybe': expected true or false",
    'name gt x': '_filter: name: gt does not apply to a string: expected eq, ne, co, sw, ew or pr',
    'organization eq Organization/1': '_filter: organization: eq does not apply to a reference: expected pr or re',
    'gender sw m': '_filter: gender: sw does not apply to a token: expected eq, ne, pr, ss, sb, in or ni',
    'name:exact eq x': "_filter: name:exact: a path of a _filter has no modifiers, received ':exact'",
    '_lastUpdated co 2020': '_filter: _lastUpdated: co does not apply to an instant: expected po, ge or lt',
  }
  for (const [filter, text] of Object.entries(told)) t.same(refusals(`Patient?_filter=${filter}`), [text], filter)
  t.match(refusals('Patient?_filter=name equ x')[0], "(did you mean 'eq'?)")
  t.match(refusals('Patient?_filter=famly eq x')[0], "(did you mean 'family'?)")
  t.match(refusals('Patient?_filter=_text co x')[0], "'_text' stands alone")
  t.match(refusals('Patient?_filter=organization.famly eq x')[0], "Organization has no search parameter 'famly'")
})

t.test('limits', async t => {
  const many = (n: number) => `Patient?_filter=${Array(n).fill('family eq x').join(' or ')}`
  t.same(refusals(many(200)), [])
  t.same(refusals(many(201)), ['_filter: has more than 200 tests: expected at most 200'])
  const nested = (n: number) => `Patient?_filter=${'('.repeat(n)}family eq x${')'.repeat(n)}`
  t.same(refusals(nested(50)), [])
  t.same(refusals(nested(51)), ['_filter: has brackets within brackets, 51 deep: expected at most 50'])
  t.match(refusals(`Patient?_filter=${'('.repeat(1_000_000)}`)[0], '51 deep')
  t.match(refusals(`Patient?_filter=${'not('.repeat(100_000)}`)[0], '51 deep')
  t.match(refusals(`Patient?_filter=name eq "${'\\'.repeat(1_000_001)}`)[0], 'expected a value')
  t.same(refusals(`Patient?_filter=name eq "${'a\\n'.repeat(500_000)}"`), [])
})

const patient = (id: string, more: object): Resource => ({ resourceType: 'Patient', id, ...more })

const world = stored([
  patient('ann', {
    name: [{ family: 'Müller-Smith', given: ['Ann', 'Mary'] }],
    gender: 'female',
    birthDate: '1980-05-01',
  }),
  patient('bob', { name: [{ family: 'Smith', given: ['Bob'] }], gender: 'male', birthDate: '1990' }),
  patient('cat', { name: [{ family: 'Smithers' }] }),
  {
    resourceType: 'Observation',
    id: 'o1',
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '1234-5' }] },
    subject: { reference: 'Patient/ann' },
    valueQuantity: { value: 5.4, unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' },
  },
  {
    resourceType: 'Observation',
    id: 'o2',
    status: 'preliminary',
    code: { coding: [{ system: 'http://snomed.info/sct', code: '1234-5' }] },
    subject: { reference: 'Patient/cat' },
    valueQuantity: { value: 7, unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' },
  },
  {
    resourceType: 'RiskAssessment',
    id: 'r1',
    status: 'final',
    subject: { reference: 'Patient/ann' },
    prediction: [{ probabilityDecimal: 0.5 }],
  },
  {
    resourceType: 'DocumentReference',
    id: 'd1',
    status: 'current',
    relatesTo: [
      { code: 'replaces', target: { reference: 'DocumentReference/a' } },
      { code: 'appends', target: { reference: 'DocumentReference/b' } },
    ],
    content: [],
  },
])

const foundBy = (type: string, filter: string) => found(`${type}?_filter=${filter}`, world)

t.test('what operators find', async t => {
  const cases: [type: string, filter: string, ids: string][] = [
    ['Patient', 'family eq smith', 'bob'],
    ['Patient', 'family eq "SMITH"', 'bob'],
    ['Patient', 'family ne smith', 'ann cat'],
    ['Patient', 'given ne bob', 'ann'],
    ['Patient', 'family sw smith', 'bob cat'],
    ['Patient', 'family ew smith', 'ann bob'],
    ['Patient', 'family co "ler-s"', 'ann'],
    ['Patient', 'family eq "muller-smith"', 'ann'],
    ['Patient', 'gender eq male', 'bob'],
    ['Patient', 'gender ne male', 'ann'],
    ['Patient', 'gender pr true', 'ann bob'],
    ['Patient', 'gender pr false', 'cat'],
    ['Patient', 'not(gender eq male)', 'ann cat'],
    ['Patient', 'birthdate gt 1985', 'bob'],
    ['Patient', 'birthdate eq 1980', 'ann'],
    ['Patient', 'birthdate ne 1980', 'bob'],
    ['Patient', 'birthdate po 1990-07-01', 'bob'],
    ['Patient', 'birthdate po 1980-05', 'ann'],
    ['Patient', 'birthdate po 1979', ''],
    ['Patient', 'birthdate co 1990-07-01', 'bob'],
    ['Patient', 'birthdate co 1980-05-01', 'ann'],
    ['Patient', 'birthdate co 1980-05', ''],
    ['Patient', 'birthdate sa 1985 or birthdate eb 1985', 'ann bob'],
    ['Patient', '_id eq ann', 'ann'],
    ['Patient', '_id ne ann', 'bob cat'],
    ['Patient', '_lastUpdated po 2025', 'ann bob cat'],
    ['Patient', '_lastUpdated gt 2025', ''],
    ['Patient', '_has:Observation:patient:status eq final', 'ann'],
    ['Observation', 'code eq loinc|1234-5', 'o1'],
    ['Observation', 'code eq http://snomed.info/sct|1234-5', 'o2'],
    ['Observation', 'code eq 1234-5', 'o1 o2'],
    ['Observation', 'value-quantity gt 6|ucum|mg', 'o2'],
    ['Observation', 'value-quantity lt 6', 'o1'],
    ['Observation', 'value-quantity ap 5.5', 'o1'],
    ['Observation', 'subject re Patient/ann', 'o1'],
    ['Observation', 'subject re https://kiln.example.org/fhir/Patient/cat', 'o2'],
    ['Observation', 'subject:Patient.gender pr false', 'o2'],
    ['Observation', 'encounter.status pr false', 'o1 o2'],
    ['Observation', 'subject[family ew smith].gender eq female', 'o1'],
    ['Observation', 'code-value-quantity eq loinc|1234-5$5.4|ucum|mg', 'o1'],
    ['Observation', 'code-value-quantity eq loinc|1234-5$7|ucum|mg', ''],
    ['RiskAssessment', 'probability co 0.52', 'r1'],
    ['RiskAssessment', 'probability co 0.56', ''],
    ['RiskAssessment', 'probability eq 0.5', 'r1'],
    ['DocumentReference', 'relatesTo[code eq replaces].target re DocumentReference/a', 'd1'],
    ['DocumentReference', 'relatesTo[code eq replaces].target re DocumentReference/b', ''],
    ['Patient', 'family eq smith or family sw müller and gender eq female', 'ann'],
    ['Patient', 'family eq smith or (family sw müller and gender eq female)', 'ann bob'],
  ]
  for (const [type, filter, ids] of cases) {
    const expected = ids.split(' ').flatMap(id => (id === '' ? [] : [`${type}/${id}`]))
    t.same(await foundBy(type, filter), expected, filter)
  }
})

t.test('operators on codes ask terminology', async t => {
  const terminology = {
    valueSet: async (url: string) =>
      url === 'http://v' ? [{ system: 'http://loinc.org', code: '1234-5' }] : undefined,
    caseless: async () => false,
    translations: async () => [],
    hierarchy: async (is: 'above' | 'below') => [
      { system: 'http://loinc.org', code: is === 'below' ? '1234-5' : 'top' },
    ],
  }
  const ids = (filter: string) => found(`Observation?_filter=${filter}`, world, { terminology })
  t.same(await ids('code in http://v'), ['Observation/o1'])
  t.same(await ids('code ni http://v'), ['Observation/o2'])
  t.same(await ids('code ss loinc|root'), ['Observation/o1'], 'the value stands above a code')
  t.same(await ids('code sb loinc|root'), [], 'the value stands below a code')
})

t.test('malformed values are refused', async t => {
  await t.rejects(planned('Patient?_filter=birthdate po soon'), {
    message: /^_filter: birthdate po 'soon': expected a date/,
  })
  await t.rejects(planned('Patient?_filter=birthdate gt soon'), { message: /^_filter: birthdate gt/ })
  await t.rejects(planned('RiskAssessment?_filter=probability co much'), { message: /expected a number such as 5.4/ })
  await t.rejects(planned('RiskAssessment?_filter=probability co 1e999'), { message: /expected a number such as 5.4/ })
})

t.test('what is special elsewhere is text in a quoted string', async t => {
  const { plan } = await planned('Patient?_filter=family sw "a,b|c$d\\\\e"')
  t.same(plan.questions[0]?.where, { is: 'prefix', slot: 'family', text: 'ab|c$de' })
})
