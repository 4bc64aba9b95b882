/** The shipped policies, role by role: which letters are open for which types, and what is hidden of them. */
import t from 'tap'
import { loadDefinitions } from '../../../src/conformance/definitions.ts'
import { ownPolicies } from '../../../src/conformance/policies.ts'
import { ownProfiles } from '../../../src/conformance/profiles.ts'
import { loadStructures, withOwn } from '../../../src/conformance/structures.ts'
import { policyIssues } from '../../../src/interactions/rights/policy-issues.ts'
import { searchNeeds } from '../../../src/interactions/search/needs.ts'
import { all } from '../../../src/search/node.ts'
import type { Access, Letter } from '../../../src/security/access/access.ts'
import { type Facts, noFacts } from '../../../src/security/access/facts.ts'
import { policied } from '../../../src/security/access/policied.ts'
import { policyOf } from '../../../src/security/access/policy.ts'
import type { Codes } from '../../../src/validation/codes.ts'
import { openInvariants } from '../../../src/validation/invariants.ts'
import { compileValidator } from '../../../src/validation/profile/validate.ts'
import { compileStructure } from '../../../src/validation/structure.ts'

const definitions = loadDefinitions()
const { shapes, compartments } = definitions
const files = ownPolicies()
const facts: Facts = {
  ...noFacts,
  patient: ['Patient/1'],
  practitioner: ['Practitioner/1'],
  organization: ['Organization/1'],
}

async function accessOf(role: string, known = facts): Promise<Access> {
  const file = files.find(({ id }) => id === role)
  const policy = file && policyOf(file, role)
  if (!policy) throw new Error(`there is no policy for ${role}`)
  const criteria = async () => ({ is: 'id', ids: ['some'] }) as const
  return policied([policy], { compartments, shapes, facts: known, criteria, broken: [], permitted: () => all })
}

const letters: readonly Letter[] = ['c', 'r', 'u', 'd', 's']

function open({ may }: Access, type: string): string {
  return letters.filter(letter => may(letter, type).is !== 'none').join('')
}

const types = [
  ...[
    'Patient',
    'Observation',
    'Condition',
    'MedicationRequest',
    'ServiceRequest',
    'Encounter',
    'Appointment',
    'Claim',
  ],
  ...['Coverage', 'Consent', 'Practitioner', 'PractitionerRole', 'ValueSet', 'AuditEvent', 'Basic', 'Subscription'],
] as const

/** One column for each of `types`; `-`: closed. */
const table: Readonly<Record<string, string>> = {
  patient: 'rus crs rs rs rs rs crus rs rs crus rs rs rs rs rs -',
  proxy: 'rs rs rs rs rs rs crus rs rs rs rs rs rs rs rs -',
  physician: 'rus crus crus crus crus crus crus - rs rs rs rs rs - - -',
  nurse: 'rus crus rs rs rs rs rs - rs rs rs rs rs - - -',
  receptionist: 'crus - - - - crus crus - crus - rs rs rs - - -',
  lab: 'rs crus - - rus rs - - - - rs rs rs - - -',
  pharmacist: 'rs rs rs rus - rs - - rs - rs rs rs - - -',
  billing: 'rs - rs rs rs rs - crus crus - rs rs rs - - -',
  'department-head': 'rs rs rs rs rs rs rs - rs rs rs crus rs - - -',
  'hospital-manager': '- - - - - rs - - - - crus crus rs - - -',
  administrator: Array.from(types, () => 'cruds').join(' '),
  auditor: 'rs - - - - - - - - rs rs rs rs rs rs -',
  integrator: 'crus crus crus crus crus crus crus crus crus rs crus crus crus - - crus',
}

t.test('each role is in the table, and nothing else', async t => {
  t.same(files.map(({ id }) => id).sort(), Object.keys(table).sort())
})

for (const [role, row] of Object.entries(table)) {
  t.test(`what is open to the role ${role}`, async t => {
    const access = await accessOf(role)
    for (const [at, expected] of row.split(' ').entries()) {
      const type = types[at] ?? ''
      t.equal(open(access, type), expected === '-' ? '' : expected, type)
    }
    t.equal(row.split(' ').length, types.length)
  })
}

t.test('nobody but the administrator is unlimited, and only he may do what all may not', async t => {
  for (const role of Object.keys(table)) t.equal((await accessOf(role)).unlimited, role === 'administrator', role)
})

t.test('who is nobody’s patient, relative or colleague sees nothing of patients', async t => {
  for (const role of ['patient', 'proxy']) {
    const access = await accessOf(role, noFacts)
    for (const type of ['Patient', 'Observation', 'Appointment']) t.equal(open(access, type), '', `${role} ${type}`)
  }
})

t.test('what is hidden', async t => {
  const hidden = async (role: string, type: string) => [...(await accessOf(role)).limits(type).hidden].sort().join(' ')
  t.equal(await hidden('lab', 'Patient'), 'address contact maritalStatus photo telecom')
  t.equal(await hidden('receptionist', 'Encounter'), 'diagnosis reasonCode reasonReference')
  t.match(await hidden('hospital-manager', 'Encounter'), /subject/)
  t.equal(await hidden('physician', 'Patient'), '')
})

t.test('who may break glass', async t => {
  const breaking = await Promise.all(
    Object.keys(table).map(async role => ((await accessOf(role)).runs('break-glass') ? [role] : [])),
  )
  t.same(breaking.flat(), ['physician', 'nurse', 'pharmacist', 'department-head', 'administrator'])
})

t.test('each policy is valid, and understood', async t => {
  const { search } = searchNeeds(definitions, { handling: 'strict', budget: 1 })
  const structures = withOwn(loadStructures(), ownProfiles())
  const validate = compileValidator({ structures, compileInvariant: openInvariants(shapes) })
  const isFormed = compileStructure(shapes)
  const codes: Codes = { validate: () => 'in' }
  for (const resource of files) {
    const found = validate(resource, {
      profiles: 'claimed',
      codes,
      targets: { find: () => 'absent' },
      bestPractice: 'off',
    })
    t.same([...isFormed(resource, 'Basic'), ...found], [], resource.id ?? '')
    t.same(policyIssues({ search, shapes }, resource, 'Basic'), [])
  }
})
