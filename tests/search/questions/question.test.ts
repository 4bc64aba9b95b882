import t from 'tap'
import type { SearchParameter } from '../../../src/search/parameters.ts'
import { compileQuestions } from '../../../src/search/questions/question.ts'
import { ask, definitions, finds, noCodes, parameters, placeIn, refusal } from './asking.ts'

const full = {
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'only words' },
  subject: { identifier: { value: '1' } },
  effectiveDateTime: '2024',
  valueQuantity: { value: 1 },
  instantiatesUri: 'x',
}

t.test('whether there is anything at all, for every type of parameter', async t => {
  for (const name of ['status', 'code', 'subject', 'date', 'value-quantity', 'code-value-quantity']) {
    t.ok(await finds(full, `${name}:missing`, 'false'), name)
    t.notOk(await finds(full, `${name}:missing`, 'true'), name)
    t.ok(await finds({ resourceType: 'Observation' }, `${name}:missing`, 'true'), name)
    t.notOk(await finds({ resourceType: 'Observation' }, `${name}:missing`, 'false'), name)
  }
  const concept = { resourceType: 'Patient', identifier: [{ system: 'urn:x' }] }
  t.ok(await finds(concept, 'identifier:missing', 'false'), 'a system alone is something')
  t.ok(await finds({ resourceType: 'RiskAssessment' }, 'probability:missing', 'true'))
  t.ok(await finds({ resourceType: 'ValueSet', url: 'x' }, 'url:missing', 'false'))
  t.ok(await finds({ resourceType: 'Patient', name: [{ text: 'x' }] }, 'name:missing', 'false'))
})

t.test(':missing takes true or false', async t => {
  for (const values of [['yes'], ['TRUE'], ['true', 'false'], ['1']])
    t.match(
      await refusal('Patient', 'name:missing', ...values),
      /^name:missing '.*': expected true or false$/,
      values.join(),
    )
})

t.test('nothing asked is no restriction', async t => {
  t.same(await ask('Patient', 'name', []), { is: 'all' })
  t.same(await ask('Patient', 'name:exact', ['', '']), { is: 'all' })
})

t.test('what has no values in a resource cannot be asked of it', async t => {
  t.match(await refusal('Patient', '_text', 'x'), /^_text: this server does not search by it/)
})

t.test('every parameter of every type can be asked, or says what it expects', async t => {
  const values: Readonly<Record<SearchParameter['type'], readonly string[]>> = {
    number: ['5', 'ge5.0', 'x'],
    date: ['2024', 'ap2024-01-01', 'x'],
    string: ['x'],
    token: ['x', 'x|y', '|x', 'x|', '|'],
    reference: ['1', 'Patient/1', 'urn:x', 'a b'],
    quantity: ['5', '5|http://unitsofmeasure.org|mg', '5||mg', 'x'],
    uri: ['x'],
    composite: ['x$5', '1$x', 'x$2024', 'x$1$1', 'x'],
    special: ['0|0', 'x'],
  }
  let count = 0
  for (const type of definitions.shapes.resourceTypes) {
    for (const { code, type: kind, expression } of parameters.of(type).values()) {
      const told = await Promise.all(values[kind].map(text => refusal(type, code, text)))
      const asked = told.filter(text => text === '').length
      if (expression !== undefined && asked === 0) t.fail(`${type}.${code}: ${told.join(' and ')}`)
      if (told.some(text => text !== '' && !text.startsWith(code))) t.fail(`${type}.${code}: ${told.join(' and ')}`)
      t.equal(await refusal(type, `${code}:missing`, 'true'), '')
      count++
    }
  }
  t.ok(count > 2_000, `${count} parameters`)
})

t.test('parameters of a server’s own are asked as others are', async t => {
  const own: SearchParameter = {
    ...{ url: 'http://example.org/score', name: 'score', code: 'score', base: ['Patient'], type: 'token' },
    expression: "Patient.extension('http://example.org/score').value.toString()",
  }
  const all = { shapes: definitions.shapes, searchParameters: [...definitions.searchParameters, own] }
  const question = compileQuestions(all, { codesOf: () => undefined })
  const node = await question({ name: 'score', parameter: own, values: ['x|3'] }, placeIn('Patient'), noCodes)
  t.same(node, { is: 'term', slot: 'score|', texts: ['x|3'] }, 'types that nobody knows may have systems')
  const pair: SearchParameter = {
    ...{ url: 'http://example.org/pair', name: 'pair', code: 'pair', base: ['Patient'], type: 'composite' },
    expression: 'Patient',
    component: [{ definition: 'http://example.org/nowhere', expression: 'gender' }],
  }
  const asked = () => question({ name: 'pair', parameter: pair, values: ['x'] }, placeIn('Patient'), noCodes)
  t.throws(asked, { status: 400, message: /its component http:\/\/example.org\/nowhere is not known/ })
})
