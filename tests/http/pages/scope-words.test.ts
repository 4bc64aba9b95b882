import t from 'tap'
import { scopeLine } from '../../../src/http/pages/scope-words.ts'

const cases: [scope: string, words: string, strong: boolean][] = [
  ['openid', 'Know that it is you', false],
  ['offline_access', 'Keep its access when you are away, until you take it back', true],
  ['patient/Observation.rs', 'See results, vital signs and other observations of this patient', false],
  ['patient/Observation.read', 'See results, vital signs and other observations of this patient', false],
  ['patient/*.cruds', 'See, add, change and delete everything in the record of this patient', true],
  ['user/Patient.r', 'See name, address and other demographics that you may see yourself', true],
  ['system/Claim.d', 'Delete claims of all patients', true],
  ['patient/SupplyRequest.c', 'Add SupplyRequest of this patient', true],
  [
    'patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory',
    'See results, vital signs and other observations of this patient, where category is laboratory',
    false,
  ],
  ['something/else', 'something/else', true],
]

for (const [scope, words, strong] of cases) {
  t.test(`${scope} is said in plain words`, async t => {
    t.match(scopeLine(scope), { scope, words, strong })
  })
}
