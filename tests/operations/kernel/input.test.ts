import t from 'tap'
import type { OperationParameter } from '../../../src/conformance/artifact.ts'
import { countFaults, inputOf } from '../../../src/operations/kernel/input.ts'

const parameter = (name: string, min: number, max: string): [string, OperationParameter] => [
  name,
  { name, use: 'in', min, max, type: 'string' },
]
const expected = new Map([parameter('a', 0, '1'), parameter('b', 1, '2'), parameter('c', 0, '*')])

t.test('values are read as what they are, the first where one is asked for', async t => {
  const input = inputOf(
    [
      { name: 'a', value: true },
      { name: 'b', value: 'x' },
      { name: 'b', value: 'y' },
      { name: 'c', value: { resourceType: 'Patient' }, at: 'Parameters.parameter[0]' },
    ],
    expected,
  )
  t.equal(input.flag('a'), true)
  t.equal(input.text('b'), 'x')
  t.strictSame(input.texts('b'), ['x', 'y'])
  t.strictSame(input.resource('c'), { resourceType: 'Patient' })
  t.strictSame(input.object('c'), { resourceType: 'Patient' })
  t.equal(input.one('c')?.at, 'Parameters.parameter[0]')
  t.equal(input.text('a'), undefined)
  t.equal(input.flag('b'), undefined)
  t.strictSame(input.texts('c'), [])
  t.throws(() => input.text('d'), /no parameter 'd'/)
})

t.test('too many are told at the first that is too many, too few where they should be', async t => {
  const given = [1, 2, 3].map(n => ({ name: 'b', value: `${n}`, at: `P[${n}]` }))
  t.match(countFaults(given, expected), [{ code: 'invalid', expression: 'P[3]', diagnostics: /'b' was given 3 times/ }])
  t.match(countFaults([], expected, 'P'), [{ code: 'required', expression: 'P', diagnostics: /'b' is missing/ }])
  t.strictSame(countFaults(given.slice(1), expected), [])
})
