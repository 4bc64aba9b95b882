import t from 'tap'
import { condense, condenseElement } from '../../src/conformance/condense.ts'

const R4 = 'http://hl7.org/fhir/StructureDefinition/'

t.test('of a definition is left what a validator reads', async t => {
  const header = {
    resourceType: 'StructureDefinition',
    url: 'http://example.org/Mine',
    version: '1',
    name: 'Mine',
    kind: 'complex-type',
    abstract: false,
    type: 'Extension',
    baseDefinition: `${R4}Extension`,
    derivation: 'constraint',
    contextInvariant: ['true'],
  }
  const condensed = condense({
    ...header,
    status: 'draft',
    publisher: 'me',
    text: { status: 'empty' },
    context: [{ id: 'x', type: 'element', expression: 'Patient' }],
    differential: { element: [{ path: 'Extension', definition: 'long', mapping: [] }] },
  })
  t.same(condensed, {
    ...header,
    context: [{ type: 'element', expression: 'Patient' }],
    differential: { element: [{ path: 'Extension' }] },
  })
})

t.test('of an element its facts are left, whatever their type', async t => {
  const facts = {
    id: 'Observation.value[x]:q',
    path: 'Observation.value[x]',
    sliceName: 'q',
    short: 'Short',
    min: 0,
    max: '1',
    base: { path: 'Observation.value[x]', min: 0, max: '1' },
    maxLength: 9,
    condition: ['obs-7'],
    fixedBoolean: false,
    patternQuantity: { value: 0 },
    minValueInteger: 0,
    maxValueDate: '2020',
    mustSupport: true,
  }
  const prose = { definition: 'd', comment: 'c', alias: ['a'], mapping: [], example: [], isSummary: false, minimum: 1 }
  t.same(condenseElement({ ...facts, ...prose }), facts)
})

t.test('extensions that change the meaning become fields', async t => {
  const bestPractice = { url: `${R4}elementdefinition-bestpractice`, valueBoolean: true }
  const constraint = { key: 'a-1', severity: 'warning', human: 'h', expression: 'true' }
  const binding = { strength: 'preferred', valueSet: 'http://example.org/vs' }
  const condensed = condenseElement({
    path: 'Patient.id',
    type: [
      {
        extension: [{ url: `${R4}structuredefinition-fhir-type`, valueUrl: 'string' }],
        code: 'http://hl7.org/fhirpath/System.String',
      },
    ],
    constraint: [
      { ...constraint, xpath: 'x', extension: [bestPractice] },
      { ...constraint, key: 'a-2' },
    ],
    binding: {
      ...binding,
      extension: [{ url: `${R4}elementdefinition-maxValueSet`, valueCanonical: 'http://example.org/max' }],
    },
  })
  t.same(condensed.type, [{ code: 'string' }])
  t.same(condensed.constraint, [
    { ...constraint, bestPractice: true },
    { ...constraint, key: 'a-2' },
  ])
  t.same(condensed.binding, { ...binding, maxValueSet: 'http://example.org/max' })
})

t.test('ele-1 and ext-1 go, unless they are of another source', async t => {
  const rule = { severity: 'error', human: 'h', expression: 'true' }
  const { constraint } = condenseElement({
    path: 'Patient.extension',
    constraint: [
      { ...rule, key: 'ele-1', source: `${R4}Element` },
      { ...rule, key: 'ext-1', source: `${R4}Extension` },
      { ...rule, key: 'ele-1' },
      { ...rule, key: 'ele-1', source: 'http://example.org/Mine' },
      { ...rule, key: 'constructor' },
    ],
  })
  t.same(constraint, [
    { ...rule, key: 'ele-1', source: 'http://example.org/Mine' },
    { ...rule, key: 'constructor' },
  ])
  t.notOk('constraint' in condenseElement({ path: 'Patient.active', constraint: [{ ...rule, key: 'ele-1' }] }))
})

t.test('that extensions are sliced by url goes without saying', async t => {
  const byUrl = { discriminator: [{ type: 'value', path: 'url' }], ordered: false, rules: 'open', description: 'd' }
  t.notOk('slicing' in condenseElement({ path: 'Patient.extension', slicing: byUrl }))
  t.notOk('slicing' in condenseElement({ path: 'Patient.link.modifierExtension', slicing: byUrl }))
  t.same(condenseElement({ path: 'Patient.extension', slicing: { ...byUrl, rules: 'closed' } }).slicing, {
    discriminator: byUrl.discriminator,
    rules: 'closed',
  })
  t.same(condenseElement({ path: 'Patient.link', slicing: { ...byUrl, ordered: true } }).slicing, {
    discriminator: byUrl.discriminator,
    ordered: true,
    rules: 'open',
  })
})
