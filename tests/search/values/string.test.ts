import t from 'tap'
import { normalized } from '../../../src/search/values/string.ts'
import { extracted } from './extracted.ts'

t.test('each field of a name is a value of its own', async t => {
  const name = {
    use: 'official',
    text: 'Dr. María García y López',
    family: 'García y López',
    given: ['María', null, 'José'],
    prefix: ['Dr.'],
    suffix: ['PhD'],
    period: { start: '2020' },
  }
  t.strictSame(extracted('string', 'HumanName', name), [
    { type: 'string', text: 'Dr. María García y López', folded: 'dr maria garcia y lopez' },
    { type: 'string', text: 'García y López', folded: 'garcia y lopez' },
    { type: 'string', text: 'María', folded: 'maria' },
    { type: 'string', text: 'José', folded: 'jose' },
    { type: 'string', text: 'Dr.', folded: 'dr' },
    { type: 'string', text: 'PhD', folded: 'phd' },
  ])
})

t.test('an address is found by the parts that the specification names, not by its codes', async t => {
  const address = {
    use: 'home',
    type: 'postal',
    text: 'a',
    line: ['b', 'c'],
    city: 'd',
    district: 'e',
    state: 'f',
    postalCode: 'g',
    country: 'h',
    period: { start: '2020' },
  }
  t.strictSame(
    extracted('string', 'Address', address).map(value => value.type === 'string' && value.text),
    [...'abcdefgh'],
  )
})

t.test('plain texts are one value; what is none has none', async t => {
  t.strictSame(extracted('string', 'string', 'Ä'), [{ type: 'string', text: 'Ä', folded: 'a' }])
  t.strictSame(extracted('string', 'markdown', '**x**'), [{ type: 'string', text: '**x**', folded: 'x' }])
  for (const element of ['', 3, null, {}, ['x']]) t.strictSame(extracted('string', 'string', element), [])
  for (const element of [{}, 'x', { period: { start: '2020' } }]) {
    t.strictSame(extracted('string', 'HumanName', element), [])
  }
})

t.test('punctuation and white space are compared as R4 says, symbols as they are', async t => {
  const alike: Readonly<Record<string, readonly string[]>> = {
    oneill: ["O'Neill", 'O’Neill', 'o-neill', ' O.Neill\n'],
    'van dyke': ['Van Dyke', 'Van\tDyke', 'van  dyke', '\u00a0van\u2003\r\ndyke ', 'van - dyke'],
    'a+b $1': ['A+B $1', 'a+b  ($1)'],
    小林: ['小林', '「小林」'],
    '': ['', ' ', '.*', '—'],
  }
  for (const [normal, spellings] of Object.entries(alike)) {
    for (const spelling of spellings) t.equal(normalized(spelling), normal, spelling)
    t.equal(normalized(normal), normal)
  }
  t.notOk(normalized('a\u001fb').includes('\u001f'), 'the mark of our own entries')
})
