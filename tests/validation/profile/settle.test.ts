import t from 'tap'
import type { Resource } from '../../../src/fhir/resource.ts'
import type { CodeQuestion } from '../../../src/validation/codes.ts'
import { type Ask, type Memory, settle } from '../../../src/validation/profile/settle.ts'
import { compileValidator } from '../../../src/validation/profile/validate.ts'
import { structuresOf } from './written.ts'

const url = 'http://kiln.test/p'
const colours = 'http://kiln.test/colours'
const structures = structuresOf([
  {
    url,
    type: 'Observation',
    elements: [
      { path: 'Observation.bodySite', binding: { strength: 'required', valueSet: colours } },
      { path: 'Observation.subject', type: [{ code: 'Reference', targetProfile: [`${url}/patient`] }] },
    ],
  },
  {
    url: `${url}/patient`,
    type: 'Patient',
    elements: [{ path: 'Patient.maritalStatus', min: 1, binding: { strength: 'required', valueSet: colours } }],
  },
])
const validate = compileValidator({ structures, compileInvariant: () => () => true })
const observation = (code: string, reference: string): Resource => ({
  resourceType: 'Observation',
  meta: { profile: [url] },
  status: 'final',
  code: { text: 'x' },
  bodySite: { coding: [{ system: 'http://c', code }] },
  subject: { reference },
})
const patient = (code: string): Resource => ({ resourceType: 'Patient', maritalStatus: { coding: [{ code }] } })

/** Nothing of our own value set and no target is known at once. */
const nothing: Memory = {
  codes: { validate: ({ valueSet }) => (valueSet === colours ? 'later' : 'in') },
  targets: { find: () => 'later' },
}

function asking(known: Readonly<Record<string, Resource>>): Ask & { readonly asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    async codes(questions: readonly CodeQuestion[]) {
      asked.push(...questions.map(({ code }) => code))
      return questions.map(({ code }) => (code === 'red' ? 'in' : 'out'))
    },
    async targets(references) {
      asked.push(...references)
      return references.map(reference => known[reference] ?? 'absent')
    },
  }
}

const pass = (resource: Resource) => (memory: Memory) => validate(resource, { profiles: 'claimed', ...memory })

t.test('what is not known at once is asked for, and the pass repeated', async t => {
  const ask = asking({ 'Patient/1': patient('red') })
  t.same(await settle(pass(observation('red', 'Patient/1')), nothing, ask), [])
  t.same(ask.asked, ['red', 'Patient/1', 'red'], 'the code of the target comes up once the target is there')
})

t.test('answers come to count', async t => {
  const issues = await settle(
    pass(observation('green', 'Patient/1')),
    nothing,
    asking({ 'Patient/1': patient('blue') }),
  )
  t.match(issues, [
    { code: 'code-invalid', expression: 'Observation.bodySite' },
    { code: 'value', expression: 'Observation.subject', diagnostics: /does not conform/ },
  ])
  t.equal(issues.length, 2)
})

t.test('a target that is absent is no fault', async t => {
  t.same(await settle(pass(observation('red', 'Patient/2')), nothing, asking({})), [])
})

t.test('nothing is asked for where all is known', async t => {
  const ask = asking({})
  const memory: Memory = { codes: { validate: () => 'in' }, targets: { find: () => 'absent' } }
  t.same(await settle(pass(observation('green', 'Patient/1')), memory, ask), [])
  t.same(ask.asked, [])
})

t.test('what codes mean is asked for too, where somebody wants to be told', async t => {
  const asked: string[] = []
  const later: Memory = {
    codes: { validate: () => 'in' },
    targets: { find: () => 'absent' },
    concepts: { find: () => 'later' },
  }
  const ask: Ask = {
    ...asking({}),
    async concepts(questions) {
      asked.push(...questions.map(({ code }) => code))
      return questions.map(({ code }) => (code === 'blue' ? { of: 'code', text: `no such code: ${code}` } : undefined))
    },
  }
  const codings = ['red', 'blue', 'red'].map(code => ({ system: 'http://c', code }))
  const resource: Resource = { resourceType: 'Observation', status: 'final', code: { coding: codings } }
  const looking = (lookUp: boolean) => (memory: Memory) =>
    validate(resource, { profiles: 'claimed', bestPractice: 'off', lookUp, ...memory })
  const issues = await settle(looking(true), later, ask)
  t.match(issues, [{ severity: 'warning', code: 'code-invalid', expression: 'Observation.code.coding[1].code' }])
  t.same(asked, ['red', 'blue'], 'each once')
  t.same(await settle(looking(false), later, ask), [])
  t.equal(asked.length, 2, 'nobody is asked')
})

t.test('questions without an end come to one', async t => {
  let rounds = 0
  const issues = await settle(
    ({ targets }) => {
      targets.find(`Patient/${rounds++}`)
      return []
    },
    nothing,
    asking({}),
  )
  t.same(issues, [])
  t.equal(rounds, 8)
})
