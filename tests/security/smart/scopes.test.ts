import t from 'tap'
import { narrow, needsPatient, split, usual } from '../../../src/security/smart/scopes.ts'

const types = ['Patient', 'Observation', 'Condition']

const cases: readonly (readonly [asked: string, allowed: string, granted: string])[] = [
  ['patient/Patient.r', 'patient/*.rs', 'patient/Patient.r'],
  ['patient/Patient.read', 'patient/*.rs', 'patient/Patient.read'],
  ['patient/*.read', 'patient/*.cruds', 'patient/*.read'],
  ['patient/*.cruds', 'patient/*.rs', 'patient/*.rs'],
  ['patient/*.*', 'patient/Patient.rs patient/Observation.r', 'patient/Patient.rs patient/Observation.r'],
  ['patient/Patient.write', 'patient/*.rs', ''],
  ['user/Patient.r', 'patient/*.rs', ''],
  ['system/Patient.r', usual, ''],
  ['user/Patient.r', usual, 'user/Patient.r'],
  ['patient/Nonsense.r', 'patient/*.rs', ''],
  ['patient/Observation.rs', 'patient/Observation.rs?category=lab', 'patient/Observation.rs?category=lab'],
  ['patient/Observation.rs?category=lab', 'patient/*.rs', 'patient/Observation.rs?category=lab'],
  [
    'patient/Observation.rs?category=lab',
    'patient/Observation.r?status=final',
    'patient/Observation.r?category=lab&status=final',
  ],
  ['patient/Observation.rs?category=lab', 'patient/Observation.rs?category=lab', 'patient/Observation.rs?category=lab'],
  ['patient/*.rs?category=lab', 'patient/*.rs', ''],
  ['patient/Patient.sr', 'patient/*.rs', ''],
  ['openid fhirUser launch', 'openid launch/patient', 'openid'],
  ['whatever constructor __proto__', usual, ''],
]

t.test('of what is asked for, as much is granted as is allowed', async t => {
  for (const [asked, allowed, granted] of cases) {
    t.equal(narrow(split(asked), split(allowed), types).join(' '), granted, `${asked} of ${allowed}`)
  }
})

t.test('scopes are a set, in the order in which they were asked for', async t => {
  t.strictSame(split('b a  b '), ['b', 'a'])
  t.strictSame(split(undefined), [])
})

t.test('a patient must be chosen where the record of one is asked for', async t => {
  t.equal(needsPatient(['patient/*.rs']), true)
  t.equal(needsPatient(['launch/patient']), true)
  t.equal(needsPatient(['user/*.rs', 'openid', 'launch']), false)
})
