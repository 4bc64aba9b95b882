import t from 'tap'
import type { Subject } from '../../../src/search/questions/kind.ts'
import { spelled } from '../../../src/search/questions/spelling.ts'
import { noCodes, placeIn } from './asking.ts'

const codes = { ...noCodes, caseless: async (system: string) => system === 'http://caseless.example' }

function on(...elements: readonly string[]): Subject {
  return { ...placeIn('Condition'), name: 'code', slot: 'code', elements, targets: [] }
}

const concept = on('CodeableConcept')

t.test('a code of a system without case is asked for in all spellings', async t => {
  t.strictSame((await spelled(['http://caseless.example|aB-1'], concept, codes)).toSorted(), [
    'http://caseless.example|AB-1',
    'http://caseless.example|Ab-1',
    'http://caseless.example|aB-1',
    'http://caseless.example|ab-1',
  ])
  t.strictSame(await spelled(['http://caseless.example|12-3'], concept, codes), ['http://caseless.example|12-3'])
})

t.test('everything else stays as it is', async t => {
  for (const text of [
    'ab',
    '|ab',
    'http://other.example|ab',
    'http://caseless.example|',
    'http://caseless.example|a|b',
  ]) {
    t.strictSame(await spelled([text], concept, codes), [text], text)
  }
  t.strictSame(await spelled(['http://caseless.example|a'], on('Identifier'), codes), ['http://caseless.example|a'])
})

t.test('escapes stay escapes', async t => {
  const asked = await spelled(['http://caseless.example|a\\|b'], concept, codes)
  t.equal(asked.length, 4)
  t.ok(asked.includes('http://caseless.example|A\\|B'))
})

t.test('of long codes and long lists only the spellings of practice are asked for', async t => {
  const long = 'aBcdefghijklmnop'
  t.strictSame(await spelled([`http://caseless.example|${long}`], concept, codes), [
    `http://caseless.example|${long}`,
    'http://caseless.example|abcdefghijklmnop',
    'http://caseless.example|ABCDEFGHIJKLMNOP',
    'http://caseless.example|Abcdefghijklmnop',
  ])
  const many = Array.from({ length: 1_000 }, (_, n) => `http://caseless.example|abc${n}`)
  t.equal((await spelled(many, concept, codes)).length, 3_000, 'as asked it is in small letters')
  const ten = await spelled(['http://caseless.example|abcdefghij'], concept, codes)
  t.equal(ten.length, 1_024)
  t.equal((await spelled(['http://caseless.example|abcdefghijk'], concept, codes)).length, 3)
})
