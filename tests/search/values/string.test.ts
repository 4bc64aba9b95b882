import t from 'tap'
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
    { type: 'string', text: 'Dr. María García y López', folded: 'dr. maria garcia y lopez' },
    { type: 'string', text: 'García y López', folded: 'garcia y lopez' },
    { type: 'string', text: 'María', folded: 'maria' },
    { type: 'string', text: 'José', folded: 'jose' },
    { type: 'string', text: 'Dr.', folded: 'dr.' },
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
  t.strictSame(extracted('string', 'markdown', '**x**'), [{ type: 'string', text: '**x**', folded: '**x**' }])
  for (const element of ['', 3, null, {}, ['x']]) t.strictSame(extracted('string', 'string', element), [])
  for (const element of [{}, 'x', { period: { start: '2020' } }]) {
    t.strictSame(extracted('string', 'HumanName', element), [])
  }
})
