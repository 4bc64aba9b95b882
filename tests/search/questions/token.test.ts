import t from 'tap'
import type { Resource } from '../../../src/fhir/resource.ts'
import { fits, worldOf } from '../../../src/search/match.ts'
import type { Codes } from '../../../src/search/plan.ts'
import { ask, finds, found, refusal } from './asking.ts'

const loinc = 'http://loinc.org'
const v2 = 'http://terminology.hl7.org/CodeSystem/v2-0203'

const condition: Resource = {
  resourceType: 'Condition',
  code: {
    coding: [
      { system: loinc, code: 'A-1', display: 'Großer Befund' },
      { code: 'local' },
      { system: 'http://only.example' },
    ],
    text: 'Something else',
  },
  identifier: [
    { system: 'urn:x', value: 'a|b,c', type: { coding: [{ system: v2, code: 'MR' }], text: 'Record' } },
    { value: 'bare' },
  ],
}
const patient: Resource = {
  resourceType: 'Patient',
  gender: 'male',
  active: true,
  telecom: [{ system: 'phone', value: '555-1' }],
}

const cases: readonly (readonly [it: Resource, name: string, asked: string, fits: boolean])[] = [
  [condition, 'code', 'A-1', true],
  [condition, 'code', 'a-1', false],
  [condition, 'code', 'A', false],
  [condition, 'code', `${loinc}|A-1`, true],
  [condition, 'code', 'http://snomed.info/sct|A-1', false],
  [condition, 'code', '|A-1', false],
  [condition, 'code', '|local', true],
  [condition, 'code', 'local', true],
  [condition, 'code', `${loinc}|local`, false],
  [condition, 'code', `${loinc}|`, true],
  [condition, 'code', 'http://loinc.or|', false],
  [condition, 'code', 'http://only.example|', true],
  [condition, 'code', 'http://other.example|', false],
  [condition, 'code:not', 'A-1', false],
  [condition, 'code:not', 'B-1', true],
  [condition, 'code:text', 'grosser', true],
  [condition, 'code:text', 'SOMETHING', true],
  [condition, 'code:text', 'else', false],
  [condition, 'code:text', 'A-1', false],
  [condition, 'identifier', 'urn:x|a\\|b\\,c', true],
  [condition, 'identifier', 'a\\|b\\,c', true],
  [condition, 'identifier', '|bare', true],
  [condition, 'identifier:of-type', `${v2}|MR|a\\|b\\,c`, true],
  [condition, 'identifier:of-type', `${v2}|SS|a\\|b\\,c`, false],
  [condition, 'identifier:of-type', `${v2}|MR|bare`, false],
  [condition, 'identifier:text', 'rec', true],
  // Elements that cannot have a system: whichever is asked, it is taken to be the right one.
  [patient, 'gender', 'male', true],
  [patient, 'gender', 'http://hl7.org/fhir/administrative-gender|male', true],
  [patient, 'gender', '|male', true],
  [patient, 'gender', 'http://hl7.org/fhir/administrative-gender|', true],
  [patient, 'gender', 'http://hl7.org/fhir/administrative-gender|female', false],
  [patient, 'gender', 'foo', false],
  [patient, 'gender:not', 'female', true],
  [patient, 'gender:not', 'male', false],
  [patient, 'active', 'true', true],
  [patient, 'active', 'false', false],
  [patient, 'active', 'TRUE', false],
  [patient, 'active', '1', false],
  [patient, 'phone', '555-1', true],
  [patient, 'email', '555-1', false],
  [patient, 'language', 'en', false],
]

t.test('codes with, without and in spite of a system', async t => {
  for (const [it, name, asked, expected] of cases) t.equal(await finds(it, name, asked), expected, `${name}=${asked}`)
})

t.test('where some elements can have a system and others cannot, these have none', async t => {
  const group = (value: object): Resource => ({
    resourceType: 'Group',
    characteristic: [{ ...value, code: { text: 'x' } }],
  })
  const flag = group({ valueBoolean: true })
  const concept = group({ valueCodeableConcept: { coding: [{ system: 'urn:x', code: 'true' }] } })
  for (const [asked, ofFlag, ofConcept] of [
    ['true', true, true],
    ['|true', true, false],
    ['urn:x|true', false, true],
    ['urn:x|', false, true],
  ] as const) {
    t.equal(await finds(flag, 'value', asked), ofFlag, asked)
    t.equal(await finds(concept, 'value', asked), ofConcept, asked)
  }
})

t.test(':not takes the whole list, and resources without the element', async t => {
  t.ok(await finds({ resourceType: 'Patient' }, 'gender:not', 'male'))
  t.notOk(await finds(patient, 'gender:not', 'female', 'male'))
  t.ok(await finds(patient, 'gender:not', 'female', 'other'))
  t.notOk(await finds(condition, 'code:not', 'A-1', 'B-1'), 'one of its codings is in the list')
})

const codes: Codes = {
  valueSet: async url =>
    url === 'http://example.org/vs|1'
      ? [
          { system: loinc, code: 'A-1' },
          { system: undefined, code: 'other' },
          { system: 'x', code: 'male' },
        ]
      : url === 'http://example.org/empty'
        ? []
        : undefined,
  caseless: async system => system === 'http://caseless.example',
  translations: async ({ code }) =>
    code === 'old'
      ? [
          { system: loinc, code: 'A-1' },
          { system: 'x', code: 'male' },
        ]
      : [],
  hierarchy: async (is, { system, code }) =>
    system === loinc && code === 'A'
      ? [
          { system, code },
          { system, code: is === 'below' ? 'A-1' : 'ROOT' },
        ]
      : undefined,
}

async function judged(it: Resource, name: string, ...values: readonly string[]): Promise<boolean> {
  return fits(await ask(it.resourceType, name, values, codes), found(it), worldOf([]))
}

t.test('value sets and hierarchies are looked up', async t => {
  t.ok(await judged(condition, 'code:in', 'http://example.org/vs\\|1'))
  t.notOk(await judged(condition, 'code:not-in', 'http://example.org/vs|1'))
  t.ok(await judged(patient, 'gender:in', 'http://example.org/vs|1'))
  t.notOk(await judged(condition, 'code:in', 'http://example.org/empty'))
  t.ok(await judged(condition, 'code:not-in', 'http://example.org/empty'))
  t.ok(await judged({ resourceType: 'Condition' }, 'code:not-in', 'http://example.org/vs|1'))
  t.ok(await judged(condition, 'code:in', 'http://example.org/empty', 'http://example.org/vs|1'))
  t.ok(await judged(condition, 'code:below', `${loinc}|A`))
  t.notOk(await judged(condition, 'code:above', `${loinc}|A`))
  t.match(
    await refusal('Condition', 'code:in', 'http://nowhere.example'),
    /^code:in: the value set 'http:\/\/nowhere.example' is not known/,
  )
  t.match(await refusal('Condition', 'code:not-in', 'urn:x'), /^code:not-in: the value set 'urn:x'/)
  t.match(await refusal('Condition', 'code:below', 'x|y'), /^code:below: the hierarchy .*'x\|y'/)
  t.match(await refusal('Condition', 'code:above', 'x|'), /^code:above 'x\|': expected a code/)
})

t.test('a code is found by what other systems call it', async t => {
  t.ok(await judged(condition, 'code:translated', 'http://old.example|old'))
  t.ok(await judged(condition, 'code:translated', 'http://old.example|new', 'http://old.example|old'))
  t.ok(await judged(condition, 'code:translated', `${loinc}|A-1`), 'and by itself')
  t.notOk(await judged(condition, 'code:translated', 'http://old.example|new'))
  t.ok(await judged(patient, 'gender:translated', 'http://old.example|old'), 'where no system is told')
  for (const text of ['A-1', '|A-1', `${loinc}|`]) {
    t.match(await refusal('Condition', 'code:translated', text), /^code:translated '.*': expected system\|code/, text)
  }
})

t.test('malformed tokens are refused', async t => {
  for (const text of ['|', 'a|b|c', '||', 'a||b'])
    t.match(await refusal('Condition', 'code', text), /^code '.*': expected code, system\|code/, text)
  for (const text of ['MR|1', 'a|b|', '|MR|1', 'a||1', 'a|b|c|d', 'x'])
    t.match(
      await refusal('Condition', 'identifier:of-type', text),
      /^identifier:of-type .*expected system\|code\|value/,
      text,
    )
  t.match(
    await refusal('Condition', 'code:of-type', 'a|b|c'),
    /':of-type' is no modifier of code/,
    'it is no identifier',
  )
  t.match(
    await refusal('Condition', 'code:exact', 'a'),
    /^code:exact: .*expected :missing, :not, :text, :in, :not-in, :above, :below, :translated$/,
  )
})

t.test('ten thousand codes are one question', async t => {
  const many = Array.from({ length: 10_000 }, (_, n) => `${loinc}|${n}`)
  const node = await ask('Condition', 'code', [...many, `${loinc}|A-1`])
  t.match(node, { is: 'term', slot: 'code|' })
  t.ok(fits(node, found(condition), worldOf([])))
})

t.test('ids are asked of the version itself', async t => {
  t.same(await ask('Patient', '_id', ['a', 'b', 'a']), { is: 'id', ids: ['a', 'b'] })
  t.same(await ask('Patient', '_id:not', ['a']), { is: 'not', of: { is: 'id', ids: ['a'] } })
  t.same(await ask('Patient', '_id:missing', ['true']), { is: 'none' })
  t.match(await refusal('Patient', '_id:text', 'x'), /expected :missing, :not$/)
})

t.test('elements that have no system are asked without', async t => {
  for (const [type, name] of [
    ['Patient', 'phone'],
    ['Patient', 'active'],
    ['Questionnaire', 'version'],
  ] as const) {
    t.match(await refusal(type, name, 'x|1'), /: expected a value without system/, name)
    t.match(await refusal(type, name, '|1'), /: expected a value without system/, name)
    t.equal(await refusal(type, name, 'x\\|1'), '', name)
  }
})

t.test('strings have no case', async t => {
  const questionnaire: Resource = { resourceType: 'Questionnaire', version: 'V1-Ä' }
  for (const asked of ['V1-Ä', 'v1-ä']) t.ok(await finds(questionnaire, 'version', asked), asked)
  for (const asked of ['v1', 'v1-a']) t.notOk(await finds(questionnaire, 'version', asked), asked)
  t.notOk(await finds(questionnaire, 'version:not', 'v1-ä'))
})

t.test('spelled without case where the code system says so, also by :not', async t => {
  const it: Resource = {
    resourceType: 'Condition',
    code: { coding: [{ system: 'http://caseless.example', code: 'Ab' }] },
  }
  t.ok(await judged(it, 'code', 'http://caseless.example|aB'))
  t.notOk(await judged(it, 'code:not', 'http://caseless.example|aB'))
  t.notOk(await judged(it, 'code', 'aB'))
  t.notOk(await judged(it, 'code', 'http://other.example|aB'))
})

t.test('media types with parameters lie below those without', async t => {
  const document = (contentType: string): Resource => ({
    resourceType: 'DocumentReference',
    content: [{ attachment: { contentType } }],
  })
  for (const [type, expected] of [
    ['text/xml', true],
    ['text/xml; charset=UTF-8', true],
    ['text/xml;charset=UTF-8', true],
    ['text/xml ;charset=UTF-8', true],
    ['text/xmlish', false],
    ['text/xml+x', false],
    ['text', false],
  ] as const)
    t.equal(await finds(document(type), 'contenttype:below', 'application/pdf', 'text/xml'), expected, type)
})

t.test('long lists of :below are one question', async t => {
  const many = Array.from({ length: 1_000 }, () => `${loinc}|A`)
  t.same(await ask('Condition', 'code:below', many, codes), {
    is: 'term',
    slot: 'code|',
    texts: [`${loinc}|A`, `${loinc}|A-1`],
  })
})
