import t from 'tap'
import { interval } from '../../../src/search/values/number.ts'
import { fc } from '../../property.ts'
import { finds, refusal } from './asking.ts'

/** RiskAssessment.probability is a decimal or a Range. */
function risk(probability: string): string {
  return `{"resourceType":"RiskAssessment","prediction":[{"probabilityDecimal":${probability}}]}`
}

function chance(low: string, high: string): string {
  return `{"resourceType":"RiskAssessment","prediction":[{"probabilityRange":{"low":{"value":${low}},"high":{"value":${high}}}}]}`
}

const cases: readonly (readonly [asked: string, fits: readonly string[], others: readonly string[]])[] = [
  ['100', ['100', '100.4', '99.6', '100.0', '100.49999'], ['100.5', '99.5', '99', '1e2']],
  ['100.00', ['100.00', '100.001'], ['100', '100.0']],
  ['1e2', ['1e2', '100', '95.5', '104.5'], ['105', '95', '94', '90']],
  ['5.4', ['5.4', '5.40', '5.37'], ['5.45', '5', '5.3']],
  ['eq5.4', ['5.4'], ['5.5']],
  ['ne5.4', ['5.5', '5', '5.45', '5.35'], ['5.4', '5.40']],
  ['-5', ['-5', '-5.2'], ['5', '-6']],
  ['+5', ['5'], ['-5']],
  ['gt5', ['5.1', '5.0001', '6'], ['5', '5.0', '4.9']],
  ['ge5', ['5', '5.0', '5.1'], ['4.9999']],
  ['lt5', ['4.9999', '-5'], ['5', '5.1']],
  ['le5', ['5', '4'], ['5.0001']],
  ['sa5', ['5.1'], ['5', '4.9']],
  ['eb5', ['4.9'], ['5', '5.1']],
  ['ap100', ['90', '110', '100'], ['89.9', '110.1']],
  ['ap-100', ['-90', '-110'], ['-89', '-111', '100']],
  ['ap0', ['0', '0.0'], ['0.1']],
  ['gt1e400', [], ['1e300', '5']],
  ['lt1e400', ['1e300', '5'], []],
]

t.test('a decimal against each prefix, at its borders', async t => {
  for (const [asked, fits, others] of cases) {
    for (const value of fits) t.ok(await finds(risk(value), 'probability', asked), `${asked} finds ${value}`)
    for (const value of others)
      t.notOk(await finds(risk(value), 'probability', asked), `${asked} does not find ${value}`)
  }
})

const ranges: readonly (readonly [asked: string, low: string, high: string, fits: boolean])[] = [
  ['10', '9.9', '10.1', true],
  ['10', '9', '10', false],
  ['ne10', '9', '11', true],
  ['gt10', '8', '10', false],
  ['gt10', '8', '11', true],
  ['ge10', '8', '10', true],
  ['lt10', '10', '12', false],
  ['lt10', '9', '12', true],
  ['le10', '10', '12', true],
  ['sa10', '8', '12', false],
  ['sa10', '11', '12', true],
  ['eb10', '8', '12', false],
  ['eb10', '8', '9', true],
  ['ap10', '5', '9', true],
  ['ap10', '5', '8.9', false],
  ['ap10', '11', '20', true],
]

t.test('a range against each prefix', async t => {
  for (const [asked, low, high, expected] of ranges) {
    t.equal(await finds(chance(low, high), 'probability', asked), expected, `${asked} and ${low} to ${high}`)
  }
})

t.test('a count is a point', async t => {
  const sequence = { resourceType: 'MolecularSequence', coordinateSystem: 0, variant: [{ start: 5 }] }
  for (const asked of ['5', '5.0', '5.00', 'ge5', 'le5', 'ap5', 'ne6', '5e0'])
    t.ok(await finds(sequence, 'variant-start', asked), asked)
  for (const asked of ['4', '5.1', '5.6', 'gt5', 'lt5', 'ne5', 'sa5', 'eb5'])
    t.notOk(await finds(sequence, 'variant-start', asked), asked)
  const upper = { resourceType: 'MolecularSequence', coordinateSystem: 0, variant: [{ start: 105 }] }
  t.notOk(await finds(upper, 'variant-start', '1e2'), 'the upper limit is outside')
  t.ok(await finds(upper, 'variant-start', 'ne1e2'))
  const lower = { resourceType: 'MolecularSequence', coordinateSystem: 0, variant: [{ start: 95 }] }
  t.ok(await finds(lower, 'variant-start', '1e2'), 'the lower limit is inside')
})

t.test('alternatives are or; one of several values is enough', async t => {
  const sequence = { resourceType: 'MolecularSequence', variant: [{ start: 5 }, { start: 50 }] }
  t.ok(await finds(sequence, 'variant-start', '4', '50'))
  t.ok(await finds(sequence, 'variant-start', 'gt40'))
  t.notOk(await finds(sequence, 'variant-start', '4', '6'))
  t.ok(await finds(sequence, 'variant-start', '', '50'), 'empty ones are passed over')
  t.notOk(
    await finds({ resourceType: 'MolecularSequence' }, 'variant-start', 'ne5'),
    'without a value nothing is unequal',
  )
})

t.test('what is no number is refused', async t => {
  for (const text of [
    'five',
    '5,0',
    '0x10',
    'NaN',
    'Infinity',
    'gt',
    'xx5',
    '5 ',
    '5.',
    '.5',
    'gtgt5',
    '5|mg',
    '\u0000',
    '٣',
  ]) {
    t.match(
      await refusal('RiskAssessment', 'probability', text),
      /^probability '.*': expected a number.*such as/s,
      text,
    )
  }
  const long = await refusal('RiskAssessment', 'probability', 'x'.repeat(100_000))
  t.ok(long.length < 300, 'a long value is not repeated in full')
  t.match(
    await refusal('RiskAssessment', 'probability:exact', '5'),
    /^probability:exact: ':exact' is no modifier .*expected :missing$/,
  )
})

/** What R4 says of each prefix, in its own words rather than in those of the implementation. */
function isSo(prefix: string, data: string, asked: string): boolean {
  const [it, that] = [interval(data), interval(asked)]
  if (it === undefined || that === undefined) throw new Error('no numbers')
  const [a, b] = [Number(data), Number(asked)]
  const contained = that.low <= it.low && it.high <= that.high
  switch (prefix) {
    case 'gt':
    case 'sa':
      return a > b
    case 'lt':
    case 'eb':
      return a < b
    case 'ge':
      return a >= b
    case 'le':
      return a <= b
    case 'ne':
      return !contained
    default:
      return contained
  }
}

t.test('whatever the numbers and the prefix, the answer is that of the definition', async t => {
  const number = fc
    .tuple(fc.integer({ min: -30, max: 30 }), fc.constantFrom('', '.0', '.5', '.45', '.55', '.50', 'e0', 'e1', '.5e1'))
    .map(([whole, rest]) => `${whole}${rest}`)
  const prefix = fc.constantFrom('', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb')
  let yes = 0
  await fc.assert(
    fc.asyncProperty(number, prefix, number, async (data, before, asked) => {
      const answer = await finds(risk(data), 'probability', before + asked)
      if (answer) yes++
      return answer === isSo(before, data, asked)
    }),
    { numRuns: 3_000 },
  )
  t.ok(yes > 300, `${yes} found`)
})
