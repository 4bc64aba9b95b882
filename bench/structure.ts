/** The structural check of parsed resources, against JSON.parse of the same text. */

import { loadDefinitions } from '../src/conformance/definitions.ts'
import { compileStructure } from '../src/validation/structure.ts'

const rounds = process.argv.includes('--quick') ? 50 : 20_000

const coding = (system: string, code: string, display: string) => ({
  coding: [{ system, code, display }],
  text: display,
})
const row = '<tr><td>Erika</td><td style="text-align: left">Mustermann &amp; Sons</td></tr>'
const patient = {
  resourceType: 'Patient',
  id: '3f1c2a50-8f5e-4c0b-9d5c-1b1e3a2f4d60',
  meta: { profile: ['http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient'] },
  text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml"><table>${row.repeat(3)}</table></div>` },
  extension: [
    { url: 'http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName', valueString: 'Maria Garcia' },
    { url: 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex', valueCode: 'F' },
  ],
  identifier: [
    { system: 'https://github.com/synthetichealth/synthea', value: 'b2e4f1d0-4d0a-4d7e-8b4e-0a4c2e6f9d11' },
    {
      type: coding('http://terminology.hl7.org/CodeSystem/v2-0203', 'MR', 'Medical Record Number'),
      system: 'http://hospital.smarthealthit.org',
      value: 'b2e4f1d0',
    },
    {
      type: coding('http://terminology.hl7.org/CodeSystem/v2-0203', 'SS', 'Social Security Number'),
      system: 'http://hl7.org/fhir/sid/us-ssn',
      value: '999-52-6325',
    },
  ],
  active: true,
  name: [{ use: 'official', family: 'Mustermann', given: ['Erika', 'Johanna'], prefix: ['Mrs.'] }],
  telecom: [{ system: 'phone', value: '555-427-2938', use: 'home' }],
  gender: 'female',
  birthDate: '1984-02-29',
  multipleBirthBoolean: false,
  address: [{ line: ['797 Hudson Lane'], city: 'Boston', state: 'MA', postalCode: '02108', country: 'US' }],
  maritalStatus: coding('http://terminology.hl7.org/CodeSystem/v3-MaritalStatus', 'M', 'Married'),
  communication: [{ language: coding('urn:ietf:bcp:47', 'en-US', 'English'), preferred: true }],
  generalPractitioner: [{ reference: 'Practitioner/17', display: 'Dr. Adam Careful' }],
}

const quantity = (value: number) => ({ value, unit: 'mm[Hg]', system: 'http://unitsofmeasure.org', code: 'mm[Hg]' })
const pressure = (code: string, display: string, value: number) => ({
  code: coding('http://loinc.org', code, display),
  valueQuantity: quantity(value),
  interpretation: [coding('http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation', 'N', 'Normal')],
  referenceRange: [{ low: quantity(value - 10), high: quantity(value + 10), text: 'usual' }],
})
const observation = {
  resourceType: 'Observation',
  id: '5c1f2a50-8f5e-4c0b-9d5c-1b1e3a2f4d61',
  status: 'final',
  category: [coding('http://terminology.hl7.org/CodeSystem/observation-category', 'vital-signs', 'Vital signs')],
  code: coding('http://loinc.org', '85354-9', 'Blood pressure panel with all children optional'),
  subject: { reference: 'Patient/3f1c2a50-8f5e-4c0b-9d5c-1b1e3a2f4d60' },
  encounter: { reference: 'Encounter/8d3f1c2a' },
  effectiveDateTime: '2026-11-21T08:00:00.000+01:00',
  issued: '2026-11-21T08:00:00.000+01:00',
  performer: [{ reference: 'Practitioner/17' }],
  component: [
    pressure('8480-6', 'Systolic blood pressure', 107.5),
    pressure('8462-4', 'Diastolic blood pressure', 60.25),
  ],
}

const entry = [patient, observation].map(resource => ({
  fullUrl: 'urn:uuid:3f1c2a50-8f5e-4c0b-9d5c-1b1e3a2f4d60',
  resource,
}))
const bundle = { resourceType: 'Bundle', type: 'collection', entry: Array.from({ length: 25 }, () => entry).flat() }

const check = compileStructure(loadDefinitions().shapes)

for (const [name, resource, times] of [
  ['Patient', patient, rounds],
  ['Observation', observation, rounds],
  ['Bundle of 50', bundle, Math.ceil(rounds / 50)],
] as const) {
  const text = JSON.stringify(resource)
  const parsed = Array.from({ length: 16 }, () => JSON.parse(text))
  const findings = check(parsed[0])
  if (findings.length > 0) throw new Error(JSON.stringify(findings))
  const parse = best(times, () => JSON.parse(text))
  const checked = best(times, turn => check(parsed[turn % parsed.length]))
  const size = `${(text.length / 1024).toFixed(1)} KB`
  console.log(
    `structure ${name}, ${size}: ${checked.toFixed(2)} µs, ${(checked / parse).toFixed(2)} × JSON.parse (${parse.toFixed(2)} µs)`,
  )
}

/** µs for one turn, in the best of five runs after the first. */
function best(times: number, turn: (index: number) => unknown): number {
  const runs = Array.from({ length: 6 }, () => {
    const start = performance.now()
    for (let index = 0; index < times; index++) turn(index)
    return ((performance.now() - start) * 1000) / times
  })
  return Math.min(...runs.slice(1))
}
