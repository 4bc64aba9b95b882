import t from 'tap'
import type { ElementDefinition, StructureDefinition } from '../../../src/conformance/structure-definition.ts'
import { loadStructures, withOwn } from '../../../src/conformance/structures.ts'

const core = loadStructures()
const R4 = 'http://hl7.org/fhir/StructureDefinition/'

function profile(type: string, element: readonly ElementDefinition[], name = 'Mine'): StructureDefinition {
  return {
    resourceType: 'StructureDefinition',
    url: `http://example.org/${name}`,
    name,
    kind: 'resource',
    abstract: false,
    type,
    baseDefinition: R4 + type,
    derivation: 'constraint',
    differential: { element },
  }
}

/** By id. */
function snapshot(own: StructureDefinition, ...others: readonly StructureDefinition[]): Map<string, ElementDefinition> {
  const structures = withOwn(core, [own, ...others])
  const found = structures.find(own.url)
  if (!found) throw new Error(JSON.stringify(structures.faults(own.url)))
  return new Map(found.snapshot?.element.map(each => [each.id ?? '', each]))
}

t.test('what a profile does not speak of is as in its base', async t => {
  const base = core.find(`${R4}Patient`)?.snapshot?.element ?? []
  const mine = snapshot(profile('Patient', [{ path: 'Patient' }, { path: 'Patient.name', min: 1 }]))
  t.equal(mine.size, base.length)
  t.same(
    [...mine.values()].filter(({ path }) => path !== 'Patient.name'),
    base.filter(({ path }) => path !== 'Patient.name'),
  )
  t.match(mine.get('Patient.name'), { min: 1, max: '*', base: { path: 'Patient.name', min: 0, max: '*' } })
})

t.test('ranges narrow, flags are set, values are fixed, bindings are replaced', async t => {
  const binding = { strength: 'required', valueSet: 'http://example.org/status' } as const
  const mine = snapshot(
    profile('Observation', [
      { path: 'Observation.status', mustSupport: true, binding, patternCode: 'final' },
      { path: 'Observation.category', min: 1, max: '1' },
      { path: 'Observation.effective[x]', type: [{ code: 'dateTime' }] },
      { path: 'Observation.value[x]', min: 1, maxLength: 10 },
    ]),
  )
  const status = mine.get('Observation.status')
  t.match(status, { min: 1, max: '1', mustSupport: true, isModifier: true, patternCode: 'final' })
  t.same(status?.binding, binding)
  t.match(mine.get('Observation.category'), { min: 1, max: '1', base: { min: 0, max: '*' } })
  t.same(mine.get('Observation.effective[x]')?.type, [{ code: 'dateTime' }])
  t.match(mine.get('Observation.value[x]'), { min: 1, maxLength: 10 })
  t.equal(mine.get('Observation.value[x]')?.type?.length, 11)
})

t.test('constraints add up, each with its source', async t => {
  const rule = { key: 'mine-1', severity: 'error', human: 'A rule', expression: 'name.exists()' } as const
  const repeated = core.find(`${R4}Patient`)?.snapshot?.element[0]?.constraint?.[0]
  const constraint = [rule, ...(repeated ? [repeated] : [])]
  const mine = snapshot(profile('Patient', [{ path: 'Patient', constraint, condition: ['mine-1'] }]))
  t.same(
    mine.get('Patient')?.constraint?.map(({ key, source }) => [key, source]),
    [
      ...['dom-2', 'dom-4', 'dom-3', 'dom-6', 'dom-5'].map(key => [key, `${R4}DomainResource`]),
      ['mine-1', 'http://example.org/Mine'],
    ],
  )
  t.same(mine.get('Patient')?.condition, ['mine-1'])
})

const slicing = { discriminator: [{ type: 'value', path: 'system' }], rules: 'open' } as const

t.test('a slice is its element, but need not be there', async t => {
  const mine = snapshot(
    profile('Patient', [
      { path: 'Patient.identifier', min: 2, mustSupport: true, slicing },
      { path: 'Patient.identifier', sliceName: 'mrn', max: '1' },
      { path: 'Patient.identifier.system', min: 1, fixedUri: 'http://example.org/mrn' },
      { id: 'Patient.identifier:insurance', path: 'Patient.identifier', sliceName: 'insurance', min: 1 },
      { id: 'Patient.identifier:insurance.value', path: 'Patient.identifier.value', min: 1 },
    ]),
  )
  t.match(mine.get('Patient.identifier'), { min: 2, slicing })
  t.match(mine.get('Patient.identifier:mrn'), { sliceName: 'mrn', min: 0, max: '1', mustSupport: true })
  t.equal(mine.get('Patient.identifier:mrn')?.slicing, undefined)
  t.match(mine.get('Patient.identifier:mrn.system'), { min: 1, fixedUri: 'http://example.org/mrn' })
  t.match(mine.get('Patient.identifier:mrn.use'), {
    binding: { strength: 'required' },
    base: { path: 'Identifier.use' },
  })
  t.match(mine.get('Patient.identifier:insurance'), { min: 1, max: '*' })
  t.equal(mine.get('Patient.identifier:insurance.value')?.path, 'Patient.identifier.value')
  t.equal(mine.get('Patient.identifier.system'), undefined, 'nothing was said of all identifiers')
  const ids = [...mine.keys()]
  t.ok(ids.indexOf('Patient.identifier:mrn.system') < ids.indexOf('Patient.identifier:insurance'))
  t.ok(ids.indexOf('Patient.identifier:insurance.value') < ids.indexOf('Patient.active'))
})

t.test('what is said below an element is true of its slices', async t => {
  const mine = snapshot(
    profile('Observation', [
      { path: 'Observation.component', slicing: { discriminator: [{ type: 'pattern', path: 'code' }], rules: 'open' } },
      { path: 'Observation.component.dataAbsentReason', max: '0' },
      { path: 'Observation.component.code.text', min: 1 },
      { id: 'Observation.component:systolic', path: 'Observation.component', sliceName: 'systolic', min: 1 },
    ]),
  )
  t.equal(mine.get('Observation.component:systolic.dataAbsentReason')?.max, '0')
  t.equal(mine.get('Observation.component:systolic.code.text')?.min, 1)
})

t.test('a slice can be sliced again, also by a profile on the profile', async t => {
  const below = profile('Patient', [
    { path: 'Patient.identifier', slicing },
    { id: 'Patient.identifier:mrn', path: 'Patient.identifier', sliceName: 'mrn', max: '3', slicing },
    { id: 'Patient.identifier:mrn/old', path: 'Patient.identifier', sliceName: 'mrn/old', max: '2' },
    { id: 'Patient.identifier:mrn/old.period', path: 'Patient.identifier.period', min: 1 },
  ])
  const above: StructureDefinition = {
    ...profile(
      'Patient',
      [
        { id: 'Patient.identifier:mrn', path: 'Patient.identifier', sliceName: 'mrn', min: 1 },
        { id: 'Patient.identifier:mrn/old', path: 'Patient.identifier', sliceName: 'mrn/old', max: '1' },
        { id: 'Patient.identifier:mrn/new', path: 'Patient.identifier', sliceName: 'mrn/new', max: '1' },
      ],
      'Above',
    ),
    baseDefinition: below.url,
  }
  const mine = snapshot(above, below)
  t.same(
    [...mine.values()].filter(({ sliceName }) => sliceName).map(({ id, min, max }) => [id, min, max]),
    [
      ['Patient.identifier:mrn', 1, '3'],
      ['Patient.identifier:mrn/old', 0, '1'],
      ['Patient.identifier:mrn/new', 0, '1'],
    ],
  )
  t.equal(mine.get('Patient.identifier:mrn/old.period')?.min, 1)
})

t.test('a choice can be sliced by type', async t => {
  const mine = snapshot(
    profile('Observation', [
      { id: 'Observation.value[x]:valueQuantity', path: 'Observation.value[x]', sliceName: 'valueQuantity' },
      { id: 'Observation.value[x]:valueQuantity.code', path: 'Observation.value[x].code', min: 1 },
    ]),
  )
  t.equal(mine.get('Observation.value[x]')?.type?.length, 11)
  t.match(mine.get('Observation.value[x]')?.slicing, {
    discriminator: [{ type: 'type', path: '$this' }],
    rules: 'open',
  })
  t.same(mine.get('Observation.value[x]:valueQuantity')?.type, [{ code: 'Quantity' }])
  t.match(mine.get('Observation.value[x]:valueQuantity.code'), { min: 1, path: 'Observation.value[x].code' })
})

t.test('valueQuantity in place of value[x] leaves no other type', async t => {
  const mine = snapshot(profile('Observation', [{ path: 'Observation.valueQuantity.code', min: 1 }]))
  t.match(mine.get('Observation.value[x]'), { type: [{ code: 'Quantity' }], slicing: { rules: 'closed' } })
  t.equal(mine.get('Observation.value[x]')?.type?.length, 1)
  t.match(mine.get('Observation.value[x]:valueQuantity.code'), { min: 1, path: 'Observation.value[x].code' })

  const two = snapshot(
    profile('Observation', [{ path: 'Observation.valueQuantity' }, { path: 'Observation.valueString', maxLength: 10 }]),
  )
  t.same(
    two.get('Observation.value[x]')?.type?.map(({ code }) => code),
    ['Quantity', 'string'],
    'unless it is named too',
  )
  t.equal(two.get('Observation.value[x]:valueString')?.maxLength, 10)
})

t.test('extensions are sliced by url without saying so', async t => {
  const url = `${R4}patient-birthPlace`
  const mine = snapshot(
    profile('Patient', [
      {
        id: 'Patient.extension:birthPlace',
        path: 'Patient.extension',
        sliceName: 'birthPlace',
        type: [{ code: 'Extension', profile: [url] }],
      },
      { id: 'Patient.extension:birthPlace.value[x]', path: 'Patient.extension.value[x]', min: 1 },
      { path: 'Patient.birthDate.extension', sliceName: 'time', min: 1 },
    ]),
  )
  t.same(mine.get('Patient.extension')?.slicing, { discriminator: [{ type: 'value', path: 'url' }], rules: 'open' })
  t.equal(mine.get('Patient.extension:birthPlace.url')?.['fixedUri'], url, 'its definition is unfolded')
  t.same(mine.get('Patient.extension:birthPlace.value[x]')?.type, [{ code: 'Address' }])
  t.match(mine.get('Patient.birthDate.extension:time'), { min: 1, type: [{ code: 'Extension' }] })
})

t.test('a profile of a data type is unfolded, not only the type', async t => {
  const address: StructureDefinition = {
    ...profile('Address', [{ path: 'Address.city', min: 1 }], 'Postal'),
    kind: 'complex-type',
  }
  const mine = snapshot(
    profile('Patient', [
      { path: 'Patient.address', type: [{ code: 'Address', profile: [address.url] }] },
      { path: 'Patient.address.country', min: 1 },
    ]),
    address,
  )
  t.equal(mine.get('Patient.address.city')?.min, 1)
  t.equal(mine.get('Patient.address.country')?.min, 1)
})

t.test('an element that repeats another is unfolded', async t => {
  const mine = snapshot(profile('Questionnaire', [{ path: 'Questionnaire.item.item.item.linkId', maxLength: 9 }]))
  t.match(mine.get('Questionnaire.item.item'), { type: [{ code: 'BackboneElement' }], contentReference: undefined })
  t.equal(mine.get('Questionnaire.item.item.item.linkId')?.maxLength, 9)
  t.equal(mine.get('Questionnaire.item.item.item.item')?.contentReference, '#Questionnaire.item')
  t.equal(mine.get('Questionnaire.item.item.linkId')?.maxLength, undefined)
})

t.test('a profile cannot make an element repeat another', async t => {
  const mine = snapshot(profile('Patient', [{ path: 'Patient.contact', contentReference: '#Patient.link' }]))
  t.equal(mine.get('Patient.contact')?.contentReference, undefined)
})

t.test('in another resource an element that repeats names the structure', async t => {
  const mine = snapshot(
    profile('Bundle', [
      { path: 'Bundle.entry.resource', type: [{ code: 'Composition' }] },
      { path: 'Bundle.entry.resource.section.title', min: 1 },
      { path: 'Bundle.entry.resource.section.section.text', min: 1 },
    ]),
  )
  t.equal(mine.get('Bundle.entry.resource.section.section.text')?.min, 1)
  t.equal(
    mine.get('Bundle.entry.resource.section.section.section')?.contentReference,
    `${R4}Composition#Composition.section`,
  )
})

t.test('of an element with several types the common children are known', async t => {
  const mine = snapshot(profile('Observation', [{ path: 'Observation.value[x].extension', min: 1 }]))
  t.equal(mine.get('Observation.value[x].extension')?.min, 1)
  t.equal(mine.get('Observation.value[x].id')?.max, '1')
})

t.test('a logical model brings elements of its own', async t => {
  const model: StructureDefinition = {
    ...profile('http://example.org/Visit', [
      { path: 'Visit' },
      { path: 'Visit.reason', min: 1, max: '*', type: [{ code: 'BackboneElement' }] },
      { path: 'Visit.reason.code', min: 1, max: '1', type: [{ code: 'CodeableConcept' }] },
    ]),
    kind: 'logical',
    baseDefinition: `${R4}Element`,
    derivation: 'specialization',
  }
  const mine = snapshot(model)
  t.same(
    [...mine.keys()],
    [
      ...['Visit', 'Visit.id', 'Visit.extension', 'Visit.reason', 'Visit.reason.id', 'Visit.reason.extension'],
      ...['Visit.reason.modifierExtension', 'Visit.reason.code'],
    ],
  )
  t.same(mine.get('Visit.reason.code')?.base, { path: 'Visit.reason.code', min: 1, max: '1' })
})
