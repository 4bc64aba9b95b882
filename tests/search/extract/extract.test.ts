import t from 'tap'
import { loadDefinitions } from '../../../src/conformance/definitions.ts'
import { FhirError } from '../../../src/fhir/issue.ts'
import { printJson } from '../../../src/fhir/json.ts'
import type { Json, JsonObject, Resource } from '../../../src/fhir/resource.ts'
import { evaluated } from '../../../src/search/extract/evaluated.ts'
import { compileGetter, compilePart, covered } from '../../../src/search/extract/extract.ts'
import type { Found, Place } from '../../../src/search/extract/getter.ts'
import { type SearchParameter, searchParameters } from '../../../src/search/parameters.ts'
import { randomResource } from '../../fhir/xml/random-resource.ts'
import { fc } from '../../property.ts'
import { lifelike } from '../lifelike.ts'

const definitions = loadDefinitions()
const { shapes } = definitions
const parameters = searchParameters(definitions)
const types = [...shapes.resourceTypes, 'Parameters']
const endOnFailure = true

function placeOf(type: string): Place {
  return { type, resourceType: type, shapes }
}

function withExpression(type: string): (SearchParameter & { readonly expression: string })[] {
  return [...parameters.of(type).values()].flatMap(parameter => {
    const { expression } = parameter
    return expression === undefined ? [] : [{ ...parameter, expression }]
  })
}

/** Branches of other types find nothing; with them some expressions are longer than clients may send them. */
function cut(expression: string, type: string): string {
  const branches = expression.split(' | ').filter(branch => {
    const [, root] = /^\(*([A-Z]\w*)\b/.exec(branch) ?? []
    return root === undefined || root === type || root === 'Resource'
  })
  return branches.join(' | ')
}

/** The engine cannot resolve what is not there, so it is asked for the text instead. It also takes an absent value for unequal to all. */
function asked(expression: string): string {
  const target = (type: string) => `reference.matches('^(https?://.*/)?${type}/[^/?]+(/_history/[^/]+)?$')`
  const known = expression.replaceAll(/(\S+) != false/g, 'iif($1.hasValue(), $1 != false, {})')
  return known.replaceAll(
    /where\(resolve\(\) is (\w+)\)/g,
    (_, type) => `where(iif(${target('[A-Z][A-Za-z]+')}, ${target(type)}, type = '${type}'))`,
  )
}

const values = (found: readonly Found[]) => [...new Set(found.map(({ value }) => printJson(value)))].sort()
const pairs = (found: readonly Found[]) => new Set(found.map(({ value, type }) => `${type} ${printJson(value)}`))

/** What the two do not agree in. Of equal values with different types, a union keeps but one. */
function difference(expression: string, resource: Resource): string | undefined {
  const ours = compileGetter(expression, placeOf(resource.resourceType)).get(resource, resource)
  const theirs = evaluated(asked(cut(expression, resource.resourceType)), placeOf(resource.resourceType)).get(
    resource,
    resource,
  )
  const [mine, other] = [values(ours).join(), values(theirs).join()]
  if (mine !== other) return `${expression}: ${mine} instead of ${other}`
  const strange = pairs(theirs).difference(pairs(ours))
  return strange.size === 0 ? undefined : `${expression}: no ${[...strange].join()}`
}

t.test('every search parameter of every type finds what the FHIRPath engine finds', async t => {
  let [compared, full] = [0, 0]
  for (const type of types) {
    const expressions = withExpression(type).map(({ expression }) => expression)
    const agrees = fc.property(randomResource(type, shapes), fc.nat(100), (random, n) => {
      const resource = lifelike(random, shapes, n)
      for (const expression of expressions) {
        const found = difference(expression, resource)
        if (found !== undefined) throw new Error(`${type}: ${found}`)
        compared++
        if (compileGetter(expression, placeOf(type)).get(resource, resource).length > 0) full++
      }
    })
    const { errorInstance } = fc.check(agrees, { numRuns: 3, endOnFailure })
    t.equal(errorInstance, null, type)
  }
  t.comment(`${compared} comparisons, ${full} of them with something found`)
  t.ok(full > compared / 20, 'and there is something to find')
})

t.test('expressions of R4 that need the engine', async t => {
  const uncovered = types.flatMap(type =>
    withExpression(type)
      .filter(({ expression }) => covered(expression, placeOf(type)) === undefined)
      .map(({ code }) => `${type}.${code}`),
  )
  t.comment(`left to the engine: ${uncovered.join(', ') || 'none'}`)
  t.same(uncovered, [])
})

t.test('every parameter of R4 can find something on each of its types', async t => {
  for (const type of types) {
    for (const { code, expression } of withExpression(type)) {
      const reached = covered(expression, placeOf(type))?.types ?? []
      t.ok(reached.length > 0, `${type}.${code}`)
    }
  }
})

const observation: Resource = {
  resourceType: 'Observation',
  id: 'a',
  status: 'final',
  _issued: { extension: [{ url: 'http://example.org/why', valueString: 'unknown' }] },
  extension: [
    { url: 'http://example.org/x', valueCoding: { code: 'c' } },
    { url: 'http://example.org/nested', extension: [{ url: 'y', valueCode: 'z' }] },
  ],
  contained: [{ resourceType: 'Patient', id: 'p', gender: 'male' }],
  subject: { reference: '#p' },
  effectiveDateTime: '2020',
  valueQuantity: { value: 5 },
  note: [{ text: '1' }, { text: '2' }],
  component: [
    { code: { text: 'a' }, valueQuantity: { value: 1 } },
    { code: { text: 'b' }, valueString: 'q' },
  ],
}
const quantity = (value: number): Found => ({ value: { value }, type: 'Quantity' })

/** What the forms of expressions find that R4's own definitions, or those of a server, may have. */
const ours: readonly (readonly [string, readonly Found[]])[] = [
  ["Observation.extension('http://example.org/x').value", [{ value: { code: 'c' }, type: 'Coding' }]],
  [
    "Observation.extension.where(url='http://example.org/nested').extension('y').value as code",
    [{ value: 'z', type: 'code' }],
  ],
  ['(Observation.value as Quantity).value', [{ value: 5, type: 'decimal' }]],
  ['Observation.value.as(FHIR.Quantity)', [quantity(5)]],
  ['Observation.effective.ofType(DateTime)', [{ value: '2020', type: 'dateTime' }]],
  ['Observation.component[1].code.text', [{ value: 'b', type: 'string' }]],
  ['Observation.component[2].code.text', []],
  ['Observation.component.code.text.first()', [{ value: 'a', type: 'string' }]],
  ["Observation.component.where(code.text='a' or code.text='b').value", [quantity(1), { value: 'q', type: 'string' }]],
  ["Observation.component.where(code.text != 'a').value", [{ value: 'q', type: 'string' }]],
  ["Observation.note.exists(text = '2') and issued.exists()", [{ value: true, type: 'boolean' }]],
  ["Observation.note.text = '1'", [{ value: false, type: 'boolean' }]],
  ['Observation.device.exists()', [{ value: false, type: 'boolean' }]],
  [
    'status | %resource.id',
    [
      { value: 'final', type: 'code' },
      { value: 'a', type: 'id' },
    ],
  ],
  ['DomainResource.id', [{ value: 'a', type: 'id' }]],
  ['Patient.name | Observation.status', [{ value: 'final', type: 'code' }]],
  ['Patient.name', []],
]
const theirs: readonly (readonly [string, readonly Found[]])[] = [
  ["Observation.issued.extension('http://example.org/why').value", [{ value: 'unknown', type: 'string' }]],
  ['Observation.component.where(value is Quantity).value', [quantity(1)]],
  ['Observation.subject.resolve().gender', [{ value: 'male', type: 'code' }]],
  ['Observation.contained.gender', [{ value: 'male', type: 'code' }]],
  ['Observation.note.count()', [{ value: 2, type: 'integer' }]],
  ['Observation.note.last().text', [{ value: '2', type: 'markdown' }]],
  ['Observation.value.value + 0.5', [{ value: 5.5, type: 'decimal' }]],
  ["Observation.effective = '2020'", [{ value: false, type: 'boolean' }]],
  ['Observation.status & Observation.id', [{ value: 'finala', type: 'string' }]],
  ['`Observation`.where(status.exists() xor id.exists())', []],
  ['Observation.where(status.exists() implies id.exists())', [{ value: observation, type: 'Observation' }]],
]

t.test(
  'what is known beforehand is compiled, the rest is left to the engine, and both find elements with their types',
  async t => {
    for (const [cases, covers] of [
      [ours, true],
      [theirs, false],
    ] as const) {
      for (const [expression, expected] of cases) {
        const place = placeOf('Observation')
        t.equal(covered(expression, place) !== undefined, covers, `${expression} is compiled: ${covers}`)
        t.strictSame(compileGetter(expression, place).get(observation, observation), expected, expression)
      }
    }
  },
)

t.test('an expression that is wrong is refused before there is a resource', async t => {
  for (const expression of [
    '',
    'Observation.',
    'Observation.(',
    'nope()',
    '%nope',
    "Observation.where(status='x'",
    "'",
    '~',
  ]) {
    t.throws(() => compileGetter(expression, placeOf('Observation')), FhirError, expression)
  }
})

t.test('a component is found from its element, and %resource is still the resource', async t => {
  const place = { ...placeOf('Observation'), type: 'Observation.component' }
  const [first = null] = observation['component'] as readonly JsonObject[]
  t.strictSame(compilePart('value.ofType(Quantity)', place).get(first, observation), [quantity(1)])
  t.strictSame(compilePart('%resource.status', place).get(first, observation), [{ value: 'final', type: 'code' }])
  t.strictSame(compilePart('Observation.component.code', place).types, [])
  t.throws(() => compilePart('code.coding.count()', place), {
    message: /'code.coding.count\(\)' is not supported/,
    status: 422,
  })
})

t.test('a reference to a type is told by its text, or else by its own type', async t => {
  const { get } = compileGetter('Observation.subject.where(resolve() is Patient)', placeOf('Observation'))
  const cases: readonly (readonly [Json, boolean])[] = [
    [{ reference: 'Patient/1' }, true],
    [{ reference: 'Patient/1/_history/2' }, true],
    [{ reference: 'https://elsewhere.example.org/Patient/1' }, true],
    [{ reference: 'Group/1' }, false],
    [{ reference: 'Group/1', type: 'Patient' }, false],
    [{ reference: 'Patients/1' }, false],
    [{ type: 'Patient', identifier: { value: '1' } }, true],
    [{ reference: 'urn:uuid:1', type: 'Patient' }, true],
    [{ reference: 'urn:uuid:1' }, false],
    [{ reference: '#p' }, false],
    [{ display: 'Patient/1' }, false],
  ]
  for (const [subject, expected] of cases) {
    const resource = { resourceType: 'Observation', subject }
    t.equal(get(resource, resource).length === 1, expected, printJson(subject))
  }
})

t.test('someone of whom it is not known whether they are dead is neither', async t => {
  const [{ expression = '' } = {}] = [parameters.of('Patient').get('deceased')]
  const { get } = compileGetter(expression, placeOf('Patient'))
  const cases: readonly (readonly [JsonObject, readonly boolean[]])[] = [
    [{}, [false]],
    [{ deceasedBoolean: false }, [false]],
    [{ deceasedBoolean: true }, [true]],
    [{ deceasedDateTime: '2020' }, [true]],
    [{ _deceasedBoolean: { extension: [{ url: 'http://example.org/why', valueCode: 'unknown' }] } }, []],
  ]
  for (const [members, expected] of cases) {
    const patient = { resourceType: 'Patient', ...members }
    t.strictSame(
      get(patient, patient).map(({ value }) => value),
      expected,
      printJson(members),
    )
  }
})

t.test('an expression that nests too deeply is refused, not a crash', async t => {
  for (const deep of ['('.repeat(100_000), `${'('.repeat(3_000)}id${')'.repeat(3_000)}`, 'where('.repeat(50_000)]) {
    t.throws(() => compileGetter(deep, placeOf('Observation')), { message: /is expected|are allowed|too deeply/ })
  }
})
