import t from 'tap'
import { Decimal } from '../../../src/fhir/decimal.ts'
import { FhirError } from '../../../src/fhir/issue.ts'
import { evaluate, ofClients, ofDefinitions } from '../../../src/fhir/path/evaluate.ts'
import type { Json, Resource } from '../../../src/fhir/resource.ts'

const observation = deepFreeze({
  resourceType: 'Observation',
  contained: [{ resourceType: 'Patient', id: 'p', gender: 'male' }],
  subject: { reference: '#p' },
  effectiveDateTime: '2024-02',
  valueQuantity: { value: new Decimal('1.00'), unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' },
  component: [{ valueInteger: 3 }, { valueInteger: 4 }],
  note: [{ text: 'x' }],
})

function deepFreeze<T extends Json>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze)
  return value
}

function refusal(expression: string, resource: Resource = observation, limits = ofClients): FhirError {
  try {
    evaluate(expression, resource, limits)
  } catch (error) {
    if (error instanceof FhirError) return error
    throw error
  }
  throw new Error(`not refused: ${expression}`)
}

const cases: readonly (readonly [string, readonly unknown[]])[] = [
  ['Observation.component.value', [3, 4]],
  ['component.where(value > 3).value', [4]],
  ['Observation.value.unit', ['mg']],
  ["Observation.value < 2 'mg'", [true]],
  ["Observation.value = 1000 'ug'", [true]],
  ['Observation.value.value = 1', [true]],
  ['Observation.value.value + 1', [2]],
  ['value is Quantity', [true]],
  ['Observation.effective < @2025', [true]],
  ['Observation.effective', ['2024-02']],
  ['Patient.name', []],
  ['Observation.note.trace("t").text'.replaceAll('"', "'"), ['x']],
  ['Observation.subject.resolve().gender', ['male']],
  ["'Patient/1'.resolve()", []],
  ['%context.component.count()', [2]],
  ['Observation.constructor', []],
  ['Observation.component.__proto__', []],
]

t.test('expressions give values', async t => {
  for (const [expression, expected] of cases) t.strictSame(evaluate(expression, observation), expected, expression)
})

t.test('a decimal comes out with the digits that went in', async t => {
  const [value] = evaluate('Observation.value.value', observation)
  t.ok(value instanceof Decimal && value.text === '1.00')
  const [quantity] = evaluate('Observation.value', observation)
  t.strictSame(quantity, observation.valueQuantity)
  const huge = { ...observation, valueQuantity: { value: new Decimal('1e400') } }
  t.strictSame(evaluate('Observation.value.value > 1', huge), [true])
  t.strictSame(evaluate('Observation.value.value', huge), [new Decimal('1e400')])
  const long = { ...observation, valueQuantity: { value: new Decimal('12345678901234567890') } }
  t.strictSame(evaluate('Observation.value.value', long), [new Decimal('12345678901234567890')])
})

t.test('variables may be given', async t => {
  t.strictSame(evaluate('%limit + 1', observation, ofClients, { limit: 3 }), [4])
})

t.test('the console is left alone', async t => {
  const written = t.capture(console, 'log')
  evaluate("Observation.note.trace('secret')", observation)
  t.strictSame(written(), [])
})

const invalid: readonly (readonly [string, number, string, RegExp])[] = [
  ['', 400, 'invalid', /received nothing/],
  ['   ', 400, 'invalid', /received nothing/],
  ['((', 400, 'invalid', /'\(\(' is not valid FHIRPath/],
  ['1 +', 400, 'invalid', /'1 \+' is not valid FHIRPath/],
  ["name.where(use='x'", 400, 'invalid', /is not valid FHIRPath/],
  ['name..given', 400, 'invalid', /is not valid FHIRPath/],
  ['nope()', 422, 'processing', /'nope\(\)' cannot be evaluated: Not implemented: nope/],
  ['%nope', 422, 'processing', /'%nope' cannot be evaluated/],
  ["'a' + 1 + {}.single() + component.single()", 422, 'processing', /cannot be evaluated/],
  ["'x'.memberOf('http://example.org/vs')", 422, 'processing', /asynchronous function "memberOf" is not allowed/],
]

t.test('a bad expression is named together with the reason', async t => {
  for (const [expression, status, code, words] of invalid) {
    const error = refusal(expression)
    t.equal(error.status, status, expression)
    t.equal(error.issues[0]?.code, code, expression)
    t.match(error.message, words, expression)
  }
})

/** Each of these would take minutes, gigabytes or the stack. */
const runaways: readonly (readonly [string, string])[] = [
  ['endless repeat', "'a'.repeat($this & 'x')"],
  ['long repeat', '(1).repeat(iif($this < 100000000, $this + 1, {}))'],
  ['catastrophic pattern', `'${'a'.repeat(40)}!'.matches('^(a+)+$')`],
  ['catastrophic full pattern', `'${'a'.repeat(40)}!'.matchesFull('(a|a)+')`],
  ['catastrophic replacement', `'${'a'.repeat(40)}!'.replaceMatches('^(a+)+$', 'b')`],
  ['doubling string', `(${Array.from({ length: 30 }, (_, i) => i).join('|')}).aggregate($total & $total, 'aaaaaaaa')`],
  [
    'doubling list',
    `(${Array.from({ length: 30 }, (_, i) => i).join('|')}).aggregate($total.combine($total), 1).count()`,
  ],
  ['long text', `'${'a'.repeat(5_000)}'`],
  ['deep brackets', `${'('.repeat(500)}1${')'.repeat(500)}`],
  ['deep indexes', `${'a['.repeat(100)}0${']'.repeat(100)}`],
  ['many signs', `${'-'.repeat(3_000)}1`],
  ['many operators', `1${'+1'.repeat(1_900)}`.padEnd(4_001, ' ')],
]

t.test('an expression cannot run away', async t => {
  for (const [name, expression] of runaways) {
    const error = refusal(expression)
    t.equal(error.issues[0]?.code, 'too-costly', name)
    t.ok(error.message.length < 400, 'and is not quoted at length')
  }
  t.strictSame(evaluate('1 + 1', observation), [2], 'and the next one works')
})

t.test('brackets in strings, names and comments do not count as nesting', async t => {
  const brackets = '('.repeat(100)
  t.strictSame(evaluate(`'${brackets}\\'('.length()`, observation), [102])
  t.strictSame(evaluate(`\`${brackets}\` // ${brackets}`, observation), [])
  t.strictSame(evaluate(`1 /* ${brackets} */`, observation), [1])
})

t.test('expressions of the definitions have steps to spare', async t => {
  const many = { ...observation, component: Array.from({ length: 20_000 }, (_, i) => ({ valueInteger: i })) }
  const expression = 'Observation.component.select(value + 1).count()'
  t.equal(refusal(expression, many, { ...ofClients, ms: 60_000 }).issues[0]?.code, 'too-costly')
  t.strictSame(evaluate(expression, many, ofDefinitions), [20_000])
})

t.test('many different expressions do not pile up', async t => {
  for (let i = 0; i < 1_500; i++) t.strictSame(evaluate(`${i}`, observation), [i])
})
