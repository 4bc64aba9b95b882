import t from 'tap'
import type { ElementDefinition, StructureDefinition } from '../../../src/conformance/structure-definition.ts'
import { loadStructures, withOwn } from '../../../src/conformance/structures.ts'
import type { Issue } from '../../../src/fhir/issue.ts'

const core = loadStructures()
const R4 = 'http://hl7.org/fhir/StructureDefinition/'
const MINE = 'http://example.org/Mine'

function profile(facts: Partial<StructureDefinition>, element: readonly ElementDefinition[] = []): StructureDefinition {
  return {
    resourceType: 'StructureDefinition',
    url: MINE,
    name: 'Mine',
    kind: 'resource',
    abstract: false,
    type: 'Patient',
    baseDefinition: `${R4}Patient`,
    derivation: 'constraint',
    differential: { element },
    ...facts,
  }
}

function faults(type: string, ...element: readonly ElementDefinition[]): readonly Issue[] {
  const own = profile({ type, baseDefinition: R4 + type }, element)
  const structures = withOwn(core, [own])
  const found = structures.faults(MINE)
  const isUsable = found.every(({ severity }) => severity !== 'error')
  t.equal(structures.find(MINE) !== undefined, isUsable, 'one with errors is not found')
  return found
}

function at(index: number): string {
  return `StructureDefinition.differential.element[${index}]`
}

const cases: readonly (readonly [string, string, readonly ElementDefinition[], object])[] = [
  [
    'an element that does not exist',
    'Patient',
    [{ path: 'Patient.name' }, { path: 'Patient.shoeSize', min: 1 }],
    { code: 'structure', diagnostics: 'Patient.shoeSize: Patient has no element shoeSize', expression: at(1) },
  ],
  [
    'an element that its type does not have',
    'Patient',
    [{ path: 'Patient.name.city' }],
    { diagnostics: 'Patient.name.city: Patient.name has no element city', expression: at(0) },
  ],
  [
    'a type that a choice does not have',
    'Observation',
    [{ path: 'Observation.valueAddress' }],
    { diagnostics: 'Observation.valueAddress: Observation has no element valueAddress', expression: at(0) },
  ],
  [
    'an element of another resource',
    'Patient',
    [{ path: 'Practitioner.name' }],
    { diagnostics: 'Practitioner.name: it is no element of Patient', expression: at(0) },
  ],
  [
    'what lies below the value of a primitive',
    'Patient',
    [{ path: 'Patient.active.value.more' }],
    { code: 'structure', expression: at(0) },
  ],
  [
    'a min that is less than that of the base',
    'Observation',
    [{ path: 'Observation.status', min: 0 }],
    { code: 'business-rule', diagnostics: 'Observation.status: min 0 is less than 1, which its base demands' },
  ],
  [
    'a max that is more than that of the base',
    'Patient',
    [{ path: 'Patient.birthDate', max: '*' }],
    { diagnostics: 'Patient.birthDate: max * is more than 1, which its base allows', expression: at(0) },
  ],
  [
    'a mandatory element that is forbidden',
    'Observation',
    [{ path: 'Observation.code', max: '0' }],
    { diagnostics: 'Observation.code: min 1 is more than max 0' },
  ],
  [
    'a type that the base does not allow',
    'Patient',
    [{ path: 'Patient.name', type: [{ code: 'Address' }] }],
    { diagnostics: 'Patient.name: type Address is none of HumanName' },
  ],
  [
    'a looser binding than a required one',
    'Patient',
    [{ path: 'Patient.gender', binding: { strength: 'example' } }],
    { diagnostics: /Patient.gender: its base binds it to .*administrative-gender.* as required, which example cannot/ },
  ],
  [
    'an element after slices that it should be true of',
    'Patient',
    [
      { path: 'Patient.identifier', slicing: { rules: 'open' } },
      { id: 'Patient.identifier:mrn', path: 'Patient.identifier', sliceName: 'mrn' },
      { id: 'Patient.identifier.system', path: 'Patient.identifier.system', min: 1 },
    ],
    { diagnostics: /it comes after slices of Patient.identifier, for which it should hold/, expression: at(2) },
  ],
  [
    'the same element twice',
    'Patient',
    [
      { path: 'Patient.name', min: 1 },
      { path: 'Patient.name', max: '1' },
    ],
    { diagnostics: 'Patient.name: it comes twice', expression: at(1) },
  ],
  [
    'an element of a slice that is not there',
    'Patient',
    [{ id: 'Patient.identifier:mrn.system', path: 'Patient.identifier.system' }],
    { diagnostics: 'Patient.identifier:mrn.system: Patient.identifier has no slice mrn', expression: at(0) },
  ],
  [
    'a slice of a slice that is not there',
    'Patient',
    [{ id: 'Patient.identifier:mrn/old', path: 'Patient.identifier', sliceName: 'mrn/old' }],
    { diagnostics: 'Patient.identifier:mrn/old: the slice that mrn/old divides does not exist' },
  ],
  [
    'an element deeper than any resource may be',
    'Questionnaire',
    [{ path: `Questionnaire${'.item'.repeat(100)}` }],
    { code: 'too-costly', expression: at(0) },
  ],
]

for (const [what, type, element, expected] of cases) {
  t.test(`it is an error to speak of ${what}`, async t => {
    const found = faults(type, ...element)
    t.match(found, [{ severity: 'error', ...expected }])
    t.equal(found.length, 1)
  })
}

t.test('a slice of an element that does not say by what it is sliced is a warning: all else holds', async t => {
  const found = faults('Patient', { path: 'Patient.identifier', sliceName: 'mrn' })
  t.match(found, [{ severity: 'warning', expression: at(0) }])
})

t.test('another order than that of the base is a warning: it means the same', async t => {
  const found = faults('Patient', { path: 'Patient.gender' }, { path: 'Patient.name', min: 1 })
  const diagnostics = 'Patient.name: it comes after elements that follow it in the base'
  t.match(found, [{ severity: 'warning', diagnostics, expression: at(1) }])
})

t.test('every fault is told, not only the first', async t => {
  t.equal(
    faults('Patient', { path: 'Patient.a' }, { path: 'Patient.birthDate', max: '2' }, { path: 'Patient.b' }).length,
    3,
  )
})

function faultsOf(...own: readonly StructureDefinition[]): readonly Issue[] {
  return withOwn(core, own).faults(MINE)
}

t.test('a base that is not known', async t => {
  t.match(faultsOf(profile({ baseDefinition: 'http://example.org/Nowhere' })), [
    {
      diagnostics: 'http://example.org/Mine: its base http://example.org/Nowhere is not known',
      expression: 'StructureDefinition.baseDefinition',
    },
  ])
  const { baseDefinition: _, ...without } = profile({})
  t.match(faultsOf(without), [{ diagnostics: /names no base/, expression: 'StructureDefinition.baseDefinition' }])
})

t.test('a base about another type', async t => {
  t.match(faultsOf(profile({ baseDefinition: `${R4}Practitioner` })), [
    { diagnostics: /it is about Patient, its base .* about Practitioner/, expression: 'StructureDefinition.type' },
  ])
})

t.test('a base with faults', async t => {
  const broken = profile({ url: 'http://example.org/Broken' }, [{ path: 'Patient.shoeSize' }])
  t.match(faultsOf(profile({ baseDefinition: broken.url }), broken), [
    { diagnostics: /cannot be used: Patient.shoeSize/ },
  ])
})

t.test('bases in a circle', async t => {
  const [a, b, c] = ['a', 'b', 'c'].map(name => `http://example.org/${name}`)
  const circle = [
    profile({ baseDefinition: a ?? '' }),
    profile({ url: a ?? '', version: '1', baseDefinition: b ?? '' }),
    profile({ url: b ?? '', baseDefinition: c ?? '' }),
    profile({ url: c ?? '', baseDefinition: `${a}|1` }),
  ]
  t.match(faultsOf(...circle), [
    { diagnostics: `${MINE}: there is a circle of bases: ${MINE} → ${a}|1 → ${b} → ${c} → ${a}|1` },
  ])
  t.match(faultsOf(profile({ baseDefinition: MINE })), [{ diagnostics: /a circle of bases/ }])
})

t.test('a version of a profile may stand on an earlier one', async t => {
  const structures = withOwn(core, [
    profile({ version: '1.0.0' }, [{ path: 'Patient.name', min: 1 }]),
    profile({ version: '2.0.0', baseDefinition: `${MINE}|1.0.0` }, [{ path: 'Patient.gender', min: 1 }]),
  ])
  t.same(structures.faults(MINE), [])
  const required = structures.find(MINE)?.snapshot?.element.filter(({ min }) => min === 1)
  t.same(
    required?.map(({ id }) => id),
    ['Patient.name', 'Patient.gender', 'Patient.communication.language', 'Patient.link.other', 'Patient.link.type'],
  )
})

t.test('a thousand bases on top of each other', async t => {
  const tower = Array.from({ length: 1000 }, (_, floor) =>
    profile({ url: `http://example.org/${floor}`, baseDefinition: `http://example.org/${floor + 1}` }),
  )
  t.match(faultsOf(profile({ baseDefinition: 'http://example.org/0' }), ...tower), [{ diagnostics: /more than 32/ }])
})

t.test('profiles whose elements are of each other are both found', async t => {
  const url = (name: string): string => `http://example.org/${name}`
  const address = (name: string, other: string): StructureDefinition =>
    profile({ url: url(name), type: 'Extension', kind: 'complex-type', baseDefinition: `${R4}Extension` }, [
      { path: 'Extension.extension', type: [{ code: 'Extension', profile: [url(other)] }] },
      { path: 'Extension.extension.url', fixedUri: url(other) },
    ])
  const structures = withOwn(core, [address('a', 'b'), address('b', 'a'), address('c', 'c')])
  for (const [name, other] of [
    ['a', 'b'],
    ['b', 'a'],
    ['c', 'c'],
  ] as const) {
    const inner = structures.find(url(name))?.snapshot?.element.find(({ id }) => id === 'Extension.extension.url')
    t.equal(inner?.['fixedUri'], url(other), name)
  }
})

t.test('a thousand profiles that unfold one another do not exhaust the stack', async t => {
  const url = (at: number): string => `http://example.org/${at}`
  const own = Array.from({ length: 1000 }, (_, at) =>
    profile({ url: url(at), type: 'Extension', kind: 'complex-type', baseDefinition: `${R4}Extension` }, [
      { path: 'Extension.extension', type: [{ code: 'Extension', profile: [url(at + 1)] }] },
      { path: 'Extension.extension.url', min: 1 },
    ]),
  )
  const structures = withOwn(core, own)
  t.ok(structures.find(url(0)))
  t.same(structures.faults(url(500)), [])
})

t.test('slices of slices of slices are not multiplied without end', async t => {
  const slicing = { discriminator: [{ type: 'value', path: 'linkId' }], rules: 'open' } as const
  const path = (depth: number): string => `Questionnaire${'.item'.repeat(depth)}`
  const element: ElementDefinition[] = []
  // The innermost first, so that each outer slice takes all of them along.
  for (let depth = 1; depth < 6; depth++) element.push({ path: path(depth), slicing })
  for (let depth = 5; depth > 0; depth--) {
    for (let slice = 0; slice < 30; slice++) {
      element.push({ id: `${path(depth)}:s${slice}`, path: path(depth), sliceName: `s${slice}` })
    }
  }
  t.match(faults('Questionnaire', ...element), [{ code: 'too-costly', diagnostics: /more than 10000 elements/ }])
})

t.test('neither are differentials', async t => {
  const element = Array.from({ length: 100_000 }, () => ({ path: 'Patient.name' }))
  t.ok(faults('Patient', ...element).some(({ code }) => code === 'too-costly'))
})
