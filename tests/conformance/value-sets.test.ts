import t from 'tap'
import type { Binding } from '../../src/conformance/structure-definition.ts'
import { loadStructures } from '../../src/conformance/structures.ts'
import { type Codes, loadValueSets } from '../../src/conformance/value-sets.ts'

const valueSets = loadValueSets()

function codes(name: string): Codes {
  const found = valueSets.codesOf(name.includes(':') ? name : `http://hl7.org/fhir/ValueSet/${name}`)
  if (!found) throw new Error(`no value set ${name}`)
  return found
}

t.test('a value set knows its codes, with and without their system', async t => {
  const gender = codes('administrative-gender|4.0.1')
  t.ok(gender.complete)
  t.same(gender.systems, ['http://hl7.org/fhir/administrative-gender'])
  t.equal(gender.has(undefined, 'female'), true)
  t.equal(gender.has('http://hl7.org/fhir/administrative-gender', 'female'), true)
  t.equal(gender.has(undefined, 'Female'), false)
  t.equal(gender.has('http://example.org/gender', 'female'), false)
  t.equal(gender.has('constructor', '__proto__'), false)
})

t.test('what is not listed cannot be told', async t => {
  const units = codes('ucum-units')
  t.notOk(units.complete)
  t.same(units.systems, ['http://unitsofmeasure.org'])
  t.equal(units.has('http://unitsofmeasure.org', 'mm[Hg]'), undefined)
  t.equal(units.has(undefined, 'mm[Hg]'), undefined)
  t.equal(units.has('http://loinc.org', '85354-9'), false, 'but that it is of no other system can')
})

t.test('a value set that includes one that nobody has can say yes, but never no', async t => {
  const context = codes('use-context')
  t.notOk(context.complete)
  t.equal(context.has('http://hl7.org/fhir/administrative-gender', 'male'), true)
  t.equal(context.has('http://example.org', 'x'), undefined)
})

t.test("R4 calls HL7 v3's value sets by its own version", async t => {
  t.equal(codes('http://terminology.hl7.org/ValueSet/v3-NullFlavor|4.0.1').has(undefined, 'UNK'), true)
  t.equal(codes('http://terminology.hl7.org/ValueSet/v3-NullFlavor|2018-08-12').has(undefined, 'UNK'), true)
})

t.test('a value set or version that is not known is none', async t => {
  t.equal(valueSets.codesOf('http://hl7.org/fhir/ValueSet/none'), undefined)
  t.equal(valueSets.codesOf('http://hl7.org/fhir/ValueSet/administrative-gender|5.0.0'), undefined)
})

t.test('hierarchies, exclusions and imports are worked out', async t => {
  const parents = codes('http://hl7.org/fhir/ValueSet/parent-relationship-codes')
  const role = 'http://terminology.hl7.org/CodeSystem/v3-RoleCode'
  t.equal(parents.has(role, 'PRN'), true)
  t.equal(parents.has(role, 'NMTHF'), true, 'three levels below PRN')
  t.equal(parents.has(role, 'CHILD'), false)

  const encounter = codes('http://terminology.hl7.org/ValueSet/v3-ActEncounterCode')
  const act = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
  t.equal(encounter.has(act, 'AMB'), true)
  t.equal(encounter.has(act, '_ActEncounterCode'), false, 'the root is excluded')

  t.equal(codes('security-labels').has('http://terminology.hl7.org/CodeSystem/v3-Confidentiality', 'R'), true)
})

t.test('all but four of the value sets that elements must or should be of are there', async t => {
  const structures = loadStructures()
  const isChecked = ({ strength }: Binding): boolean => strength === 'required' || strength === 'extensible'
  const bindings = structures
    .list()
    .flatMap(({ url }) => structures.find(url)?.snapshot?.element ?? [])
    .flatMap(({ binding }) => (binding && isChecked(binding) ? (binding.valueSet ?? []) : []))
  const urls = new Set(bindings)
  t.ok(urls.size > 340)
  t.same([...urls].filter(url => !valueSets.codesOf(url)).sort(), [
    'http://dicom.nema.org/medical/dicom/current/output/chtml/part04/sect_B.5.html#table_B.5-1',
    'http://dicom.nema.org/medical/dicom/current/output/chtml/part16/sect_CID_29.html',
    'http://loinc.org/vs/LL379-9|4.0.1',
    'http://www.rsna.org/RadLex_Playbook.aspx',
  ])
})
