import t from 'tap'
import type { Json } from '../../../src/fhir/resource.ts'
import { extracted } from './extracted.ts'

const loinc = 'http://loinc.org'
const v2 = 'http://terminology.hl7.org/CodeSystem/v2-0203'

const cases: readonly (readonly [string, Json, readonly object[]])[] = [
  ['code', 'final', [{ code: 'final', plain: true }]],
  ['id', 'A-1', [{ code: 'A-1', plain: true }]],
  ['string', 'Without Case', [{ code: 'without case', plain: true }]],
  ['uri', 'http://example.org/E', [{ code: 'http://example.org/E', plain: true }]],
  ['boolean', true, [{ code: 'true', plain: true }]],
  ['boolean', false, [{ code: 'false', plain: true }]],
  ['boolean', 'true', []],
  ['code', '', []],
  ['code', 1, []],
  ['Coding', { system: loinc, code: 'X-1', display: 'Größe' }, [{ system: loinc, code: 'X-1', text: 'grosse' }]],
  ['Coding', { code: 'x' }, [{ code: 'x' }]],
  ['Coding', { system: loinc }, [{ system: loinc }]],
  ['Coding', { display: 'Only Words' }, [{ text: 'only words' }]],
  ['Coding', { userSelected: true }, []],
  [
    'CodeableConcept',
    { coding: [{ system: loinc, code: 'a', display: 'A' }, { code: 'b' }], text: 'My Words' },
    [{ system: loinc, code: 'a', text: 'a' }, { code: 'b' }, { text: 'my words' }],
  ],
  ['CodeableConcept', { coding: [{ code: 'a', display: 'Same' }], text: 'same' }, [{ code: 'a', text: 'same' }]],
  ['CodeableConcept', { text: 'My Words' }, [{ text: 'my words' }]],
  ['CodeableConcept', {}, []],
  ['Identifier', { system: 'urn:x', value: 'V' }, [{ system: 'urn:x', code: 'V' }]],
  ['Identifier', { value: 'V' }, [{ code: 'V' }]],
  [
    'Identifier',
    {
      system: 'urn:x',
      value: 'V',
      type: { coding: [{ system: v2, code: 'MR' }, { display: 'no code' }, { code: 'X' }], text: 'Record' },
    },
    [{ system: 'urn:x', code: 'V', text: 'record', ofType: [{ system: v2, code: 'MR' }, { code: 'X' }] }],
  ],
  ['Identifier', { value: 'V', type: { text: 'Record' } }, [{ code: 'V', text: 'record' }]],
  ['Identifier', { assigner: { display: 'x' } }, []],
  ['ContactPoint', { system: 'phone', value: '555-1', use: 'home' }, [{ code: '555-1', plain: true }]],
  ['ContactPoint', { system: 'phone' }, []],
]

t.test('tokens keep system and code as they are, and fold the words beside them', async t => {
  for (const [type, element, expected] of cases) {
    const values = expected.map(value => ({ type: 'token', ...value }))
    t.strictSame(extracted('token', type, element), values, `${type} ${JSON.stringify(element)}`)
  }
})

t.test('what is not the type that it should be is found by nothing', async t => {
  for (const type of ['Coding', 'CodeableConcept', 'Identifier', 'ContactPoint']) {
    for (const element of [null, 'x', 3, [], { coding: 'x', text: 3, system: 1, code: {}, value: true, type: 'x' }]) {
      t.strictSame(extracted('token', type, element), [], `${type} ${JSON.stringify(element)}`)
    }
  }
})
