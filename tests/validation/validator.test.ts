/** Form and rules together, and Bundles that are too large for one go. */
import t from 'tap'
import { loadDefinitions } from '../../src/conformance/definitions.ts'
import type { Issue } from '../../src/fhir/issue.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import type { Codes } from '../../src/validation/codes.ts'
import { compileStructure } from '../../src/validation/structure.ts'
import { type Answers, openValidator } from '../../src/validation/validator.ts'
import { compileInvariant, structuresOf } from './profile/written.ts'

const url = 'http://kiln.test/named'
let turns = 0
const { shapes } = loadDefinitions()
const validate = openValidator({
  structures: structuresOf([{ url, type: 'Patient', elements: [{ path: 'Patient.name', min: 1 }] }]),
  compileInvariant,
  shapes,
  structure: compileStructure(shapes),
  turn: async () => turns++,
})
const answers: Answers = {
  memory: { codes: { validate: () => 'in' }, targets: { find: () => 'absent' } },
  ask: { codes: async () => [], targets: async () => [] },
}
const usual = { profiles: 'claimed', bestPractice: 'off' } as const
const places = (issues: readonly Issue[]) => issues.map(({ expression }) => expression)

const patient = (more: object = {}): Resource => ({ resourceType: 'Patient', ...more })
const bundle = (resources: readonly Resource[]): Resource => ({
  resourceType: 'Bundle',
  type: 'collection',
  entry: resources.map((resource, index) => ({ fullUrl: `http://a/Patient/${index}`, resource })),
})

t.test('what is known at once is told at once', async t => {
  t.same(validate(patient(), 'Patient', usual, answers), [])
  t.match(validate(patient({ contact: [{}] }), 'Patient', usual, answers), [{ code: 'structure' }])
})

t.test('rules are looked at once the form is right', async t => {
  const issues = await validate(patient({ active: 'yes', contact: [{ gender: 'female' }] }), 'Patient', usual, answers)
  t.same(places(issues), ['Patient.active'])
})

t.test('profiles may be asked for beside those that are claimed', async t => {
  const issues = await validate(patient(), 'Patient', { ...usual, also: [url, 'http://kiln.test/none'] }, answers)
  t.match(issues, [
    { severity: 'error', code: 'not-found', source: 'http://kiln.test/none' },
    { severity: 'error', code: 'required', source: url, expression: 'Patient.name' },
  ])
})

t.test('a large Bundle is checked like a small one, in turns', async t => {
  const wrong = [patient({ contact: [{ gender: 'female' }] }), patient({ meta: { profile: [url] } })]
  const rest = Array.from({ length: 100 }, () => patient())
  const expected = ['Bundle.entry[0].resource.contact[0]', 'Bundle.entry[1].resource.name']
  t.same(places(await validate(bundle(wrong), 'Bundle', usual, answers)), expected)
  t.equal(turns, 0)
  t.same(places(await validate(bundle([...wrong, ...rest]), 'Bundle', usual, answers)), expected)
  t.equal(turns, 103, 'before each entry, and before the Bundle itself')
})

t.test('in a large Bundle each entry is judged by itself, and the Bundle by its rules', async t => {
  const large = bundle([patient({ active: 'yes' }), ...Array.from({ length: 30 }, () => patient({ gender: 1 }))])
  const twice = {
    ...large,
    entry: [...(large['entry'] as object[]), { fullUrl: 'http://a/Patient/1', resource: patient() }],
  }
  const issues = await validate(twice as unknown as Resource, 'Bundle', usual, answers)
  t.match(issues[0], { key: 'bdl-7', expression: 'Bundle' })
  t.equal(issues.length, 32)
  t.equal(issues[1]?.expression, 'Bundle.entry[0].resource.active')
})

t.test('a Bundle within another is checked as one, however large the one around it is', async t => {
  const inner = { resourceType: 'Bundle', type: 'collection', entry: [{ fullUrl: 'x', resource: patient() }] }
  for (const count of [1, 40]) {
    const outer = bundle([inner, ...Array.from({ length: count }, () => patient())] as readonly Resource[])
    const entry = (outer['entry'] as { resource: Resource }[]).map(({ resource }, index) => ({
      fullUrl: `http://a/${resource.resourceType}/${index}`,
      resource,
    }))
    const issues = await validate({ ...outer, entry }, 'Bundle', usual, answers)
    t.match(issues, [{ code: 'value', expression: 'Bundle.entry[0].resource.entry[0].fullUrl' }])
    t.equal(issues.length, 1)
  }
})

t.test('after a hundred errors no more entries are looked at', async t => {
  const issues = await validate(
    bundle(Array.from({ length: 150 }, () => patient({ gender: 1 }))),
    'Bundle',
    usual,
    answers,
  )
  t.match(issues.at(-1), { severity: 'information', diagnostics: /what comes after 100 errors was not checked/ })
  t.equal(issues.length, 101)
})

t.test('many warnings hide no error, which decides about a write', async t => {
  const codes: Codes = { validate: ({ system }) => (system === 'http://s' ? 'out' : 'in') }
  const doubted: Answers = { ...answers, memory: { ...answers.memory, codes } }
  const doubtful = { name: { text: 'A' }, relationship: [{ coding: [{ system: 'http://s', code: 'x' }] }] }
  const many = (length: number, last: object) => patient({ contact: [...Array(length).fill(doubtful), last] })
  const wrong = { organization: { reference: '#none' } }
  const told = async (resource: Resource): Promise<string[]> => {
    const issues = await validate(resource, resource.resourceType, usual, doubted)
    return issues
      .filter(({ severity }) => severity !== 'warning')
      .map(each => each.expression ?? each.diagnostics ?? '')
  }
  const one = await told(many(120, wrong))
  t.same(one, ['Patient.contact[120].organization', '21 further findings are left out: correct these 100 first.'])
  const rest = Array.from({ length: 20 }, () => many(20, doubtful))
  const last = 'Bundle.entry[20].resource.contact[0].organization'
  t.match(await told(bundle([...rest, many(0, wrong)])), [last, /further findings are left out/])
})
