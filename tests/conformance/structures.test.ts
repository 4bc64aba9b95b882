import t from 'tap'
import { loadDefinitions } from '../../src/conformance/definitions.ts'
import type { ElementDefinition, StructureDefinition } from '../../src/conformance/structure-definition.ts'
import { loadStructures, withOwn } from '../../src/conformance/structures.ts'

const core = loadStructures()
const R4 = 'http://hl7.org/fhir/StructureDefinition/'

function elements(name: string): ReadonlyMap<string, ElementDefinition> {
  const found = core.find(R4 + name)
  if (!found) throw new Error(`no structure ${name}`)
  return new Map(found.snapshot?.element.map(each => [each.path, each]))
}

t.test('R4 has 211 types and profiles of types, 44 profiles and 393 extensions', async t => {
  const all = core.list()
  t.equal(new Set(all.map(({ url }) => url)).size, all.length)
  t.equal(all.filter(({ type, derivation }) => type === 'Extension' && derivation === 'constraint').length, 393)
  t.equal(all.filter(({ derivation }) => derivation === 'constraint').length, 393 + 44 + 2)
  t.same(
    core.list('DiagnosticReport').map(({ name }) => name),
    ['DiagnosticReport', 'Example Lipid Profile', 'DiagnosticReport-Genetics', 'Profile for HLA Genotyping Results'],
  )
})

t.test('a definition is found by its url, with R4’s version or without', async t => {
  const patient = core.find(`${R4}Patient`)
  t.match(patient, { resourceType: 'StructureDefinition', type: 'Patient', kind: 'resource', version: '4.0.1' })
  t.equal(core.find(`${R4}Patient|4.0.1`), patient)
  t.equal(core.find(`${R4}Patient|4.3.0`), undefined)
  for (const stranger of ['Nothing', 'SubscriptionStatus', 'MetadataResource', 'constructor', '']) {
    t.equal(core.find(R4 + stranger), undefined, stranger)
  }
  t.equal(core.find(''), undefined)
})

t.test('an element tells all that is to be checked of it', async t => {
  const { human, ...rule } = elements('Patient').get('Patient.contact')?.constraint?.[0] ?? { human: '' }
  t.same(rule, {
    key: 'pat-1',
    severity: 'error',
    expression: 'name.exists() or telecom.exists() or address.exists() or organization.exists()',
    source: `${R4}Patient`,
  })
  t.match(human, /SHALL at least contain a contact's details/)
  t.match(
    elements('Patient')
      .get('Patient')
      ?.constraint?.find(({ key }) => key === 'dom-6'),
    {
      severity: 'warning',
      bestPractice: true,
      source: `${R4}DomainResource`,
    },
  )
  t.match(elements('Patient').get('Patient.gender'), {
    id: 'Patient.gender',
    short: 'male | female | other | unknown',
    min: 0,
    max: '1',
    type: [{ code: 'code' }],
    binding: { strength: 'required', valueSet: 'http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1' },
  })
  t.match(elements('Patient').get('Patient.language')?.binding, {
    strength: 'preferred',
    maxValueSet: 'http://hl7.org/fhir/ValueSet/all-languages',
  })
  t.equal(
    elements('Observation').get('Observation.component.referenceRange')?.contentReference,
    '#Observation.referenceRange',
  )
  t.same(core.find(`${R4}patient-birthPlace`)?.context, [{ type: 'element', expression: 'Patient' }])
})

t.test('ele-1 and ext-1 are left to the check of the form; all other invariants are there', async t => {
  const keys = core
    .list()
    .flatMap(({ url }) => core.find(url)?.snapshot?.element ?? [])
    .flatMap(({ constraint }) => constraint ?? [])
    .map(({ key }) => key)
  t.equal(new Set(keys).size, 240)
  t.notOk(keys.includes('ele-1') || keys.includes('ext-1'))
})

const { shapes } = loadDefinitions()

/** `path min..max` of all that a type and its groups may have. */
function ofStructure(name: string): string[] {
  const own = [...elements(name).values()].filter(
    ({ path, max }) => path !== name && max !== '0' && !/^[a-z]\w*\.value$/.test(path),
  )
  return own.map(({ path, min, max }) => `${path} ${min}..${max}`)
}

function ofShapes(name: string): string[] {
  const found = new Set<string>()
  const visit = (shapeName: string): void => {
    for (const { path, min, max, type } of shapes.shape(shapeName)?.elements.values() ?? []) {
      found.add(`${path} ${min}..${max === Number.POSITIVE_INFINITY ? '*' : max}`)
      if (type === path) visit(type)
    }
  }
  visit(name)
  return [...found]
}

t.test('the elements are those of the shapes, which are proven against another model of R4', async t => {
  const names = core
    .list()
    .filter(({ abstract, derivation }) => derivation === 'specialization' && !abstract)
    .map(({ name }) => name)
  t.equal(names.length, 205)
  for (const name of names) t.same(ofStructure(name).sort(), ofShapes(name).sort(), name)
})

function profile(facts: Partial<StructureDefinition>, min = 1): StructureDefinition {
  return {
    resourceType: 'StructureDefinition',
    url: 'http://example.org/Mine',
    name: 'Mine',
    kind: 'resource',
    abstract: false,
    type: 'Patient',
    baseDefinition: `${R4}Patient`,
    derivation: 'constraint',
    differential: { element: [{ path: 'Patient.name', min }] },
    ...facts,
  }
}

t.test('versions of a definition stand side by side, and without one the newest is meant', async t => {
  const own = ['1.9.0', '1.10.0', '1.10.0-rc.1'].map((version, at) => profile({ version }, at))
  const layer = withOwn(core, own)
  t.equal(layer.find('http://example.org/Mine')?.version, '1.10.0')
  t.equal(layer.find('http://example.org/Mine|1.9.0')?.version, '1.9.0')
  t.equal(layer.find('http://example.org/Mine|1.9'), undefined)
  t.equal(layer.list('Patient').length, 1 + 3)
  t.equal(core.find('http://example.org/Mine'), undefined, 'the layer below is as it was')
})

t.test('a layer sees the ones below; what both have is as the upper one says', async t => {
  const name = (layer: ReturnType<typeof withOwn>, canonical: string): string | undefined => layer.find(canonical)?.name
  const lower = withOwn(core, [profile({ version: '1', name: 'lower 1' }), profile({ version: '3', name: 'lower 3' })])
  const upper = withOwn(lower, [profile({ version: '1', name: 'upper 1' }), profile({ version: '2', name: 'upper 2' })])
  t.equal(name(upper, 'http://example.org/Mine|1'), 'upper 1')
  t.equal(name(upper, 'http://example.org/Mine|2'), 'upper 2')
  t.equal(name(upper, 'http://example.org/Mine|3'), 'lower 3')
  t.equal(name(upper, 'http://example.org/Mine'), 'lower 3', 'the newest of all')
  t.equal(name(lower, 'http://example.org/Mine|1'), 'lower 1')
  t.equal(upper.find(`${R4}Patient`), core.find(`${R4}Patient`))
})

t.test("nobody overrides R4's definitions, in whatever version", async t => {
  const urls = [`${R4}Patient`, `${R4}bp`, `${R4}string`]
  const own = urls.flatMap(url => [profile({ url, version: '4.0.1' }), profile({ url, version: '99' })])
  const layer = withOwn(withOwn(core, []), own)
  for (const url of urls) {
    t.equal(layer.find(url), core.find(url), url)
    t.equal(layer.find(`${url}|99`), undefined)
  }
  t.equal(layer.list().length, core.list().length)
})

t.test('a snapshot that comes with a definition is taken as it is', async t => {
  const snapshot = { element: [{ path: 'Patient' }, { path: 'Patient.name', min: 3 }] }
  const found = withOwn(core, [profile({ snapshot, baseDefinition: 'http://example.org/unknown' })]).find(
    'http://example.org/Mine',
  )
  t.same(found?.snapshot?.element, [
    { id: 'Patient', path: 'Patient' },
    { id: 'Patient.name', path: 'Patient.name', min: 3 },
  ])
})

t.test('a definition with neither snapshot nor differential is its base', async t => {
  const { differential: _, ...bare } = profile({})
  const found = withOwn(core, [bare]).find(bare.url)
  t.same(found?.snapshot, core.find(`${R4}Patient`)?.snapshot)
})
