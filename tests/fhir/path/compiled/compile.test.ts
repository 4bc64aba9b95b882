import { readFileSync } from 'node:fs'
import t from 'tap'
import { loadDefinitions } from '../../../../src/conformance/definitions.ts'
import { FhirError } from '../../../../src/fhir/issue.ts'
import { parseJson } from '../../../../src/fhir/json.ts'
import { type Compiled, compileExpression } from '../../../../src/fhir/path/compiled/compile.ts'
import type { Environment } from '../../../../src/fhir/path/compiled/item.ts'
import type { Json, JsonObject, Resource } from '../../../../src/fhir/resource.ts'

type Case = readonly [expression: string, values: readonly Json[] | 'error']

/** What comes out of which expression, by section of http://hl7.org/fhirpath/N1/ and https://hl7.org/fhir/R4/fhirpath.html */
const { patient, observation, cases } = parseJson(
  readFileSync(new URL('cases.json', import.meta.url), 'utf8'),
) as unknown as {
  readonly patient: Resource
  readonly observation: Resource
  readonly cases: Readonly<Record<string, readonly Case[]>>
}
const { shapes } = loadDefinitions()

const surroundings = {
  variables: { given: 7 },
  now: () => Date.UTC(2024, 1, 29, 12, 34, 56),
  memberOf: (_coded: Json, valueSet: string) => (valueSet.endsWith('genders') ? true : undefined),
  conformsTo: () => false,
}

function compiled(expression: string, type: string, cost?: number): Compiled {
  const made = compileExpression(expression, { type, shapes, ...(cost === undefined ? {} : { cost }) })
  if (made === undefined) throw new Error(`not covered: ${expression}`)
  return made
}

function values(expression: string, resource: Resource, more: Partial<Environment> = {}): readonly Json[] {
  const items = compiled(expression, resource.resourceType).run(resource, { resource, ...surroundings, ...more })
  return items.flatMap(({ value }) => (value === undefined ? [] : [value]))
}

function test(expression: string, type: string, focus: Json | undefined, companion?: JsonObject): boolean | undefined {
  return compiled(expression, type).test(focus, { resource: patient }, companion)
}

function refusal(work: () => unknown): FhirError {
  try {
    work()
  } catch (error) {
    if (error instanceof FhirError) return error
    throw error
  }
  throw new Error('not refused')
}

for (const [section, list] of Object.entries(cases)) {
  t.test(`expressions give what the specification says: ${section}`, async t => {
    for (const [expression, expected] of list) {
      const resource = expression.includes('Observation.') ? observation : patient
      if (expected === 'error') t.equal(refusal(() => values(expression, resource)).status, 422, expression)
      else t.strictSame(values(expression, resource), expected, expression)
    }
  })
}

t.test('a loop over many does not search all of them each time', async t => {
  const contained = Array.from({ length: 20_000 }, (_, i) => ({ resourceType: 'Organization', id: `o${i}` }))
  const generalPractitioner = contained.slice(1).map(({ id }) => ({ reference: `#${id}` }))
  const many = { resourceType: 'Patient', contained, generalPractitioner }
  t.strictSame(values("contained.where('#' + id in (%resource.descendants().reference | 'x')).count()", many), [19_999])
  t.strictSame(values("contained.where(('#' + id in %resource.descendants().reference).not()).id", many), ['o0'])
  t.strictSame(values('contained.id.isDistinct() and contained.id.subsetOf(descendants().id)', many), [true])
})

t.test('conditions within conditions are asked once each', async t => {
  const deep = Array.from({ length: 40 }).reduce<string>(inner => `$this.where(${inner}).active`, 'active')
  t.strictSame(values(deep, { resourceType: 'Patient', active: true }), [true])
})

const mistakes: readonly (readonly [string, RegExp])[] = [
  ['', /a name is expected, received the end, at character 1/],
  ['name.', /a name is expected, received the end, at character 6/],
  ['name given', /an operator or the end is expected, received 'given', at character 6/],
  ['(name', /'\)' is expected, received the end/],
  ['name[0', /'\]' is expected/],
  ['name.where(', /a name is expected/],
  ['name.where(a,)', /a name is expected, received '\)'/],
  ['name.where()', /where\(\) takes 1 arguments, received 0, at character 6/],
  ['name.empty(1)', /empty\(\) takes 0 arguments, received 1/],
  ["'it''s'", /an operator or the end is expected, received 's', at character 5/],
  ["'abc", /''abc' begins no token, at character 1/],
  ["'\\u12'", /four hexadecimal digits/],
  ['1 +', /a name is expected/],
  ['a and', /a name is expected/],
  ['and', /a name is expected, received 'and'/],
  ['{1}', /'\}' is expected/],
  ['$that', /'\$that' is unknown/],
  ['%', /a name is expected/],
  ['a is 1', /a type is expected, received '1'/],
  ["ofType('x')", /ofType\(\) takes a type/],
  ['ofType(a.b.c)', /ofType\(\) takes a type/],
  ['a # b', /'# b' begins no token, at character 3/],
  ['('.repeat(2_000), /nests too deeply/],
  [`${'-'.repeat(2_000)}1`, /nests too deeply/],
]

t.test('a mistake is named together with its place', async t => {
  for (const [expression, words] of mistakes) {
    const error = refusal(() => compileExpression(expression, { type: 'Patient', shapes }))
    t.equal(error.issues[0]?.code, 'invalid', expression)
    t.match(error.message, words, expression)
  }
})

t.test('what no one has built is told from what is wrong', async t => {
  t.equal(compileExpression('name.sort()', { type: 'Patient', shapes }), undefined)
  t.equal(compileExpression('name.constructor()', { type: 'Patient', shapes }), undefined)
})

t.test('a long expression is refused, however simple', async t => {
  const error = refusal(() => compileExpression(`1${' + 1'.repeat(1_100)}`, { type: 'Patient', shapes }))
  t.equal(error.issues[0]?.code, 'too-costly')
  t.strictSame(values(`1${' + 1'.repeat(990)}`, patient), [991])
})

const many = Array.from({ length: 30 }, (_, i) => i).join('|')
const runaways: readonly (readonly [string, string])[] = [
  ['endless repeat', "'a'.repeat($this & 'x')"],
  ['long repeat', '(1).repeat(iif($this < 100000000, $this + 1, {}))'],
  ['doubling string', `(${many}).aggregate($total & $total, 'aaaaaaaa')`],
  ['doubling list', `(${many}).aggregate($total.combine($total), 1).count()`],
  ['text in place of each letter', `(${many}).aggregate($total.replace('a', $total), 'aaaaaaaa')`],
  ['text in place of each match', `(${many}).aggregate($total.replaceMatches('a', $total), 'aaaaaaaa')`],
  ['text between texts', `(${many}).aggregate(%context.name.given.join($total), 'aaaaaaaa')`],
  ['product of lists', `(${many}).select(${many}).select(${many}).select(${many}).count()`],
]

t.test('an expression cannot run away', async t => {
  for (const [name, expression] of runaways) {
    const run = () => compiled(expression, 'Patient', 100_000).run(patient, { resource: patient })
    t.equal(refusal(run).issues[0]?.code, 'too-costly', name)
  }
})

t.test('a hostile pattern is cut off', async t => {
  for (const pattern of ['^(a+)+$', '(a|a)*$', '^(.*a){20}$']) {
    const expression = `'${'a'.repeat(40)}!'.matches('${pattern}')`
    const error = refusal(() => values(expression, patient))
    t.match(error.message, /a pattern takes more than/, pattern)
  }
})

t.test('a condition that nothing decides is undecided, one that finds nothing is not met', async t => {
  const date = (start: string, end: string) => test('start <= end', 'Period', { start, end })
  t.equal(date('2020', '2021'), true)
  t.equal(date('2021', '2020'), false)
  t.equal(date('2020', '2020-05'), undefined, 'it depends on digits that are not there')
  t.equal(test('low <= high', 'Range', { low: { value: 1, unit: 'a' }, high: { value: 1, unit: 'b' } }), undefined)
  t.equal(test("startsWith('#').not()", 'string', undefined, { id: 'a' }), undefined)
  t.equal(test("memberOf('http://example.org/vs')", 'code', 'a'), undefined)
  t.equal(test("max = '*' or max.toInteger() > 0", 'ElementDefinition', { max: 'x' }), false)
  t.equal(test('nope', 'Patient', patient), false)
})

t.test('a primitive brings along what stands beside it', async t => {
  const companion = { id: 'i', extension: [{ url: 'http://example.org/a', valueCode: 'c' }] }
  t.equal(test("extension('http://example.org/a').value = 'c'", 'date', '2020', companion), true)
  t.equal(test("id = 'i' and $this = @2020", 'date', '2020', companion), true)
  t.equal(test('hasValue()', 'date', undefined, companion), false)
  t.equal(test('children().count()  = 2', 'date', undefined, companion), true)
  t.equal(test('children().count() = 0', 'date', '2020'), true)
})

t.test('lists of values and of what stands beside them are aligned', async t => {
  const name = { given: ['a', null, 'c'], _given: [null, { id: 'x' }] }
  const resource = { resourceType: 'Patient', name: [name] }
  t.strictSame(values('name.given', resource), ['a', 'c'])
  t.strictSame(values('name.given.count()', resource), [3])
  t.strictSame(values('name.given.id', resource), ['x'])
  t.strictSame(values('name.given.where(hasValue().not()).id', resource), ['x'])
  t.strictSame(values('name.children().count()', resource), [3])
  t.strictSame(values('name.given[2]', resource), ['c'])
})

t.test('%context is where it began, %resource what holds it', async t => {
  const contact = { gender: 'female', name: { family: 'X' } }
  t.equal(test("name.select(%context.gender = 'female')", 'Patient.contact', contact), true)
  t.equal(test("%resource.gender = 'male'", 'Patient.contact', contact), true)
  const contained = compiled("%resource.id = 'doc' and %rootResource.id = 'p1'", 'Resource')
  const [doctor] = patient['contained'] as readonly Resource[]
  t.equal(contained.test(doctor, { resource: doctor!, rootResource: patient }), true)
})

t.test('references are followed within a Bundle, and further only by the caller', async t => {
  const bundle = {
    resourceType: 'Bundle',
    entry: [
      { fullUrl: 'http://example.org/fhir/Patient/1', resource: { resourceType: 'Patient', id: '1', gender: 'male' } },
      { fullUrl: 'urn:uuid:1', resource: { resourceType: 'Patient', id: '2', gender: 'female' } },
      { resource: { resourceType: 'Observation', subject: { reference: 'urn:uuid:1' } } },
    ],
  }
  t.strictSame(values('entry.resource.subject.resolve().gender', bundle), ['female'])
  t.strictSame(values("'Patient/1'.resolve().gender", bundle), ['male'])
  t.strictSame(values("'Patient/1/_history/2'.resolve().gender", bundle), ['male'])
  t.strictSame(values("'atient/1'.resolve()", bundle), [])
  t.strictSame(values("'Patient/3'.resolve()", bundle), [])
  const resolve = (reference: string) => ({ resourceType: 'Patient', id: reference })
  t.strictSame(values("'Patient/3'.resolve().id", bundle, { resolve }), ['Patient/3'])
})

t.test('data that is not as its type says does no harm', async t => {
  const odd: Resource = { resourceType: 'Patient', name: 'x', birthDate: { a: 1 }, contact: [[null]], active: 'yes' }
  for (const expression of ['name.given', 'birthDate.id', 'contact.name.family', 'name.given.exists()']) {
    t.strictSame(
      values(`${expression}.empty()`.replace('.exists().empty()', '.exists().not()'), odd),
      [true],
      expression,
    )
  }
  t.strictSame(values('descendants().count() > 0', odd), [true])
  t.strictSame(values('contained.name', { resourceType: 'Patient', contained: [{ resourceType: 'Nothing' }] }), [])
})
