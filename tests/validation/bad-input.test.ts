/** Definitions and resources that could make a validator run for ever, or fall over: costs are counted, not timed. */
import t from 'tap'
import type { ElementDefinition, StructureDefinition } from '../../src/conformance/structure-definition.ts'
import { loadStructures, withOwn } from '../../src/conformance/structures.ts'
import type { Json, JsonObject, Resource } from '../../src/fhir/resource.ts'
import { compileBundleCheck } from '../../src/validation/bundle.ts'
import { compileValidator } from '../../src/validation/profile/validate.ts'
import { checkResponse } from '../../src/validation/questionnaire/response.ts'
import { counted } from './counted.ts'
import { compileWithin, structures as core, options, shapes, wellFormed } from './generate/judge.ts'

const url = (name: string): string => `http://kiln.test/${name}`

function profile(
  name: string,
  type: string,
  element: readonly ElementDefinition[],
  base?: string,
): StructureDefinition {
  return {
    resourceType: 'StructureDefinition',
    url: url(name),
    name,
    kind: 'resource',
    abstract: false,
    type,
    derivation: 'constraint',
    baseDefinition: base ?? `http://hl7.org/fhir/StructureDefinition/${type}`,
    differential: { element },
  }
}

const knowing = (profiles: readonly StructureDefinition[], cost?: number) => {
  const validate = compileValidator({
    structures: withOwn(loadStructures(), profiles),
    compileInvariant: compileWithin(cost),
  })
  return (resource: Resource) => validate(resource, options)
}

const patient = (claims: readonly string[], more: JsonObject = {}): Resource => ({
  resourceType: 'Patient',
  meta: { profile: claims.map(url) },
  ...more,
})
const observation = (more: JsonObject): Resource => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'x' },
  ...more,
})

t.test('profiles that lead to themselves', async t => {
  const member: ElementDefinition = {
    path: 'Observation.hasMember',
    type: [{ code: 'Reference', targetProfile: [url('panel')] }],
  }
  const validate = knowing([
    profile('panel', 'Observation', [member]),
    profile('nested', 'Extension', [
      { path: 'Extension.extension', min: 1, type: [{ code: 'Extension', profile: [url('nested')] }] },
    ]),
    profile('self', 'Patient', [], url('self')),
    profile('a', 'Patient', [], url('b')),
    profile('b', 'Patient', [], url('a')),
  ])
  const circle = ['1', '2', '3'].map(id =>
    observation({
      id,
      hasMember: ['1', '2', '3'].map(other => ({ reference: `http://kiln.test/fhir/Observation/${other}` })),
    }),
  )
  const entry = circle.map(resource => ({
    fullUrl: `http://kiln.test/fhir/Observation/${resource.id}`,
    resource: { ...resource, meta: { profile: [url('panel')] } },
  }))
  t.same(validate({ resourceType: 'Bundle', type: 'collection', entry }), [], 'references in a circle')
  const claimed = validate(patient(['self', 'a', 'b']))
  t.match(
    claimed,
    [0, 1, 2].map(n => ({ severity: 'warning', code: 'not-found', expression: `Patient.meta.profile[${n}]` })),
  )
  t.equal(claimed.length, 3, 'bases in a circle: none of them is known')
  let extension: JsonObject = { url: url('nested'), valueCode: 'x' }
  for (let depth = 0; depth < 20; depth++) extension = { url: url('nested'), extension: [extension] }
  const deep = validate(patient([], { extension: [extension] }))
  t.ok(
    deep.some(({ expression = '' }) => expression.split('extension').length > 20),
    'as deep as the data, no deeper',
  )
})

t.test('a profile without its base is not known, and says so', async t => {
  const structures = withOwn(core, [profile('orphan', 'Patient', [], url('nowhere'))])
  t.match(knowing([profile('orphan', 'Patient', [], url('nowhere'))])(patient(['orphan'])), [
    { severity: 'warning', code: 'not-found', expression: 'Patient.meta.profile[0]' },
  ])
  t.match(structures.faults(url('orphan')), [{ severity: 'error', diagnostics: /nowhere/ }])
})

t.test('slices that nothing tells apart are not applied, and that is told once', async t => {
  const validate = knowing([
    profile('sliced', 'Patient', [
      { path: 'Patient.name', slicing: { rules: 'closed' } },
      { path: 'Patient.name', sliceName: 'official', min: 1 },
    ]),
  ])
  const found = validate(patient(['sliced'], { name: [{ text: 'a' }, { text: 'b' }] }))
  t.match(found, [{ severity: 'warning', source: url('sliced'), diagnostics: /discriminator/ }])
  t.equal(found.length, 1)
})

const constrained = (expression: string): StructureDefinition =>
  profile('ruled', 'Patient', [
    { path: 'Patient', constraint: [{ key: 'k-1', severity: 'error', human: 'a rule', expression }] },
  ])

t.test('a constraint that does not compile is a problem of the profile, told once', async t => {
  for (const expression of [
    'name.where(',
    'name.nothing()',
    '((((',
    "'",
    'name.all($',
    'x'.repeat(5_000),
    '('.repeat(500),
  ]) {
    const found = knowing([constrained(expression)])(patient(['ruled'], { name: [{ text: 'a' }] }))
    t.match(
      found,
      [{ severity: 'warning', code: 'processing', source: url('ruled'), diagnostics: /k-1/ }],
      expression.slice(0, 20),
    )
    t.equal(found.length, 1)
  }
})

t.test('a constraint that would run for ever is given up, which is a warning', async t => {
  const names = Array.from({ length: 60 }, (_, n) => ({ given: [`a${n}`, 'b', 'c'] }))
  for (const expression of [
    'descendants().select(%resource.descendants()).select(%resource.descendants()).count() > 0',
    "name.given.select(%resource.name.given.select(%resource.name.given.select($this & 'x'))).count() > 0",
    'name.aggregate($total + %resource.descendants().select(%resource.descendants()).count(), 0) > 0',
    "('a').repeat($this & 'a').exists().not()",
  ]) {
    const found = knowing([constrained(expression)], 100_000)(patient(['ruled'], { name: names }))
    t.match(found, [{ severity: 'warning', code: 'processing', key: 'k-1', source: url('ruled') }], expression)
  }
})

t.test('a pattern that backtracks is given up', async t => {
  const found = knowing([constrained("name.family.matches('^(a+)+$')")])(
    patient(['ruled'], { name: [{ family: `${'a'.repeat(60)}!` }] }),
  )
  t.match(found, [{ key: 'k-1', source: url('ruled') }], 'not believed, or too costly, but not for ever')
})

/** By each of these sizes the cost has to grow as they do. */
function isLinear(
  t: Tap,
  name: string,
  make: (n: number) => Resource,
  check: (resource: Resource) => unknown,
  n: number,
): void {
  const cost = (size: number): number => {
    const { resource, reads } = counted(make(size))
    check(resource)
    return reads()
  }
  cost(2) // what is compiled or read once, is not counted
  const [one, two] = [cost(n), cost(2 * n)]
  t.ok(two < one * 2.2, `${name}: ${one} reads for ${n}, ${two} for ${2 * n}`)
}

type Tap = Pick<typeof t, 'ok'>

const many = (n: number, make: (index: number) => Json): Json => Array.from({ length: n }, (_, index) => make(index))
const bundleOf = (type: string, first: JsonObject, n: number): Resource => ({
  resourceType: 'Bundle',
  type,
  entry: [
    { fullUrl: `http://kiln.test/fhir/${String(first['resourceType'])}/0`, resource: { ...first, id: '0' } },
    ...(many(n, index => ({
      fullUrl: `http://kiln.test/fhir/Observation/o${index}`,
      resource: observation({
        id: `o${index}`,
        subject: { reference: 'Observation/o0' },
        derivedFrom: [{ reference: `Observation/o${(index * 7) % n}` }],
      }),
    })) as readonly Json[]),
  ],
})
const composition: JsonObject = {
  resourceType: 'Composition',
  status: 'final',
  type: { text: 'x' },
  date: '2024',
  title: 'x',
  author: [{ display: 'x' }],
}
const bundleCheck = compileBundleCheck(shapes)

/** Large in each of the ways that definitions allow, with the constraint that has most to do there. */
const large: Readonly<Record<string, (n: number) => Resource>> = {
  'names of a Patient': n => ({
    resourceType: 'Patient',
    name: many(n, k => ({ family: `f${k}`, given: ['a', 'b'] })),
  }),
  'contained resources, all referred to (dom-3)': n => ({
    resourceType: 'Patient',
    contained: many(n, k => ({ resourceType: 'Practitioner', id: `p${k}` })),
    generalPractitioner: many(n, k => ({ reference: `#p${k}` })),
  }),
  'contained resources that nobody refers to (dom-3)': n => ({
    resourceType: 'Patient',
    contained: many(n, k => ({ resourceType: 'Practitioner', id: `p${k}` })),
  }),
  'components of an Observation (obs-7)': n =>
    observation({
      code: { coding: many(3, k => ({ system: 'http://c', code: `q${k}` })) },
      valueString: 'x',
      component: many(n, k => ({ code: { coding: [{ system: 'http://c', code: `c${k}` }] } })),
    }),
  'codes of a CodeSystem (csd-1)': n => ({
    resourceType: 'CodeSystem',
    status: 'active',
    content: 'complete',
    concept: many(n, k => ({ code: `c${k}` })),
  }),
  'items of a Questionnaire (que-2)': n => ({
    resourceType: 'Questionnaire',
    status: 'active',
    item: many(n, k => ({ linkId: `l${k}`, type: 'string' })),
  }),
  'entries of a collection (bdl-7)': n => bundleOf('collection', { resourceType: 'Basic', code: { text: 'x' } }, n),
  'entries of a document': n => ({
    ...bundleOf('document', composition, n),
    identifier: { system: 'http://x', value: '1' },
    timestamp: '2024-01-01T00:00:00Z',
  }),
  extensions: n => ({ resourceType: 'Patient', extension: many(n, k => ({ url: `http://x/${k}`, valueString: 'x' })) }),
  faults: n => observation({ note: many(n, () => ({ text: '' })), subject: { reference: 'Group/x y' } }),
}

t.test('the cost of a resource grows with its size', async t => {
  const validate = knowing([])
  for (const [name, make] of Object.entries(large)) {
    isLinear(t, `${name}: form`, make, wellFormed, 300)
    isLinear(t, `${name}: rules`, make, validate, 300)
    if (make(2).resourceType === 'Bundle') isLinear(t, `${name}: Bundle`, make, bundleCheck, 300)
  }
})

t.test('constraints on large resources take some steps for each element', async t => {
  const size = 5_000
  const validate = knowing([], 60 * size)
  for (const [name, make] of Object.entries(large)) {
    const found = validate(make(size))
    t.same(
      found.filter(({ code }) => code === 'processing'),
      [],
      `${name}: none was given up`,
    )
    t.ok(found.length <= 101)
    if (name !== 'faults') t.same(wellFormed(make(size)), [], `${name}: well-formed`)
    if (name.startsWith('entries'))
      t.same(
        bundleCheck(make(size)).filter(({ severity }) => severity === 'error'),
        [],
      )
  }
})

t.test('10 MB are validated as 10 KB are', async t => {
  const validate = knowing([])
  const text = 'word '.repeat(200)
  const resource: Resource = {
    resourceType: 'Patient',
    name: many(5_000, k => ({ text: `${text}${k}`, family: text })),
  }
  t.ok(JSON.stringify(resource).length > 10_000_000)
  t.same(wellFormed(resource), [])
  t.same(
    validate(resource).filter(({ code }) => code !== 'invariant'),
    [],
  )
  const broken = { ...resource, contact: many(50_000, () => ({ gender: 'other' })) }
  const found = validate(broken)
  t.equal(found.filter(({ key }) => key === 'pat-1').length, 100, 'a bound for findings')
  t.match(
    found.find(({ code }) => code === 'informational'),
    { diagnostics: /further findings/ },
  )
})

t.test('responses to questionnaires cost as much as they are long', async t => {
  const questionnaire: Resource = {
    resourceType: 'Questionnaire',
    url: url('long'),
    status: 'active',
    item: [
      {
        linkId: 'g',
        type: 'group',
        repeats: true,
        item: [
          { linkId: 'a', type: 'boolean' },
          { linkId: 'b', type: 'string', enableWhen: [{ question: 'a', operator: '=', answerBoolean: true }] },
          { linkId: 'c', type: 'string', enableWhen: [{ question: 'z', operator: '=', answerBoolean: true }] },
        ],
      },
      { linkId: 'z', type: 'boolean' },
    ],
  }
  const response = (n: number): Resource => ({
    resourceType: 'QuestionnaireResponse',
    questionnaire: url('long'),
    status: 'completed',
    item: [
      ...(many(n, () => ({
        linkId: 'g',
        item: [
          { linkId: 'a', answer: [{ valueBoolean: true }] },
          { linkId: 'b', answer: [{ valueString: 'x' }] },
          { linkId: 'c', answer: [{ valueString: 'x' }] },
        ],
      })) as readonly Json[]),
      { linkId: 'z', answer: [{ valueBoolean: true }] },
    ],
  })
  const known = { questionnaires: { find: () => questionnaire }, codes: options.codes }
  t.same(checkResponse(response(5_000), known), [])
  isLinear(t, 'repetitions', response, resource => checkResponse(resource, known), 500)
})
