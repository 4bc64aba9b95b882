import t from 'tap'
import type { ElementDefinition, StructureDefinition } from '../../../src/conformance/structure-definition.ts'
import { loadStructures, withOwn } from '../../../src/conformance/structures.ts'
import { type Issue, isError } from '../../../src/fhir/issue.ts'
import { fc } from '../../property.ts'

const core = loadStructures()
const R4 = 'http://hl7.org/fhir/StructureDefinition/'

/** Names that mostly exist somewhere, so that paths lead somewhere. */
const names = [
  ...[
    'identifier',
    'name',
    'given',
    'extension',
    'value[x]',
    'valueQuantity',
    'valueString',
    'code',
    'coding',
    'system',
  ],
  ...[
    'component',
    'referenceRange',
    'low',
    'subject',
    'assigner',
    'period',
    'id',
    'nothing',
    'constructor',
    '__proto__',
    '',
  ],
]
const slices = ['a', 'b', 'a/c', 'valueQuantity', '']

const step = fc.record({
  name: fc.constantFrom(...names),
  slice: fc.option(fc.constantFrom(...slices), { nil: undefined }),
})

const element: fc.Arbitrary<ElementDefinition> = fc
  .record({
    steps: fc.array(step, { maxLength: 4 }),
    hasId: fc.boolean(),
    facts: fc.record(
      {
        min: fc.nat(2),
        max: fc.constantFrom('0', '1', '*'),
        type: fc.constantFrom(
          [{ code: 'Quantity' }],
          [{ code: 'string' }, { code: 'Coding' }],
          [{ code: 'Nothing' }],
          [],
        ),
        contentReference: fc.constantFrom('#Observation.component', '#Nothing', 'x#y', ''),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ steps, hasId, facts }) => {
    const path = ['Observation', ...steps.map(({ name }) => name)].join('.')
    const id = [
      'Observation',
      ...steps.map(({ name, slice }) => (slice === undefined ? name : `${name}:${slice}`)),
    ].join('.')
    const sliceName = steps.at(-1)?.slice
    return { path, ...(hasId ? { id } : {}), ...(sliceName === undefined ? {} : { sliceName }), ...facts }
  })

function profile(element: readonly ElementDefinition[]): StructureDefinition {
  return {
    resourceType: 'StructureDefinition',
    url: 'http://example.org/Any',
    name: 'Any',
    kind: 'resource',
    abstract: false,
    type: 'Observation',
    baseDefinition: `${R4}Observation`,
    derivation: 'constraint',
    differential: { element },
  }
}

function isInPlace({ expression, diagnostics }: Issue, differential: readonly ElementDefinition[]): boolean {
  const [, index] = /^StructureDefinition\.differential\.element\[(\d+)\]$/.exec(expression ?? '') ?? []
  return index !== undefined && differential[Number(index)] !== undefined && diagnostics !== ''
}

/** Each element once, after its parent. */
function isWhole({ snapshot }: StructureDefinition): boolean {
  const ids = new Set<string>()
  for (const { id = '' } of snapshot?.element ?? []) {
    const parent = id.slice(0, Math.max(id.lastIndexOf('.'), 0))
    if (ids.has(id) || (parent !== '' && !ids.has(parent))) return false
    ids.add(id)
  }
  return ids.has('Observation')
}

t.test('whatever a differential says, there are issues in their place or a snapshot that is whole', async t => {
  const outcomes = { found: 0, refused: 0 }
  fc.assert(
    fc.property(fc.array(element, { maxLength: 8 }), differential => {
      const structures = withOwn(core, [profile(differential)])
      const found = structures.find('http://example.org/Any')
      const issues = structures.faults('http://example.org/Any')
      outcomes[found ? 'found' : 'refused']++
      const areInPlace = issues.every(issue => isInPlace(issue, differential))
      return areInPlace && (found ? isWhole(found) : issues.some(isError))
    }),
    { numRuns: 3000, seed: 4 },
  )
  t.ok(outcomes.found > 200 && outcomes.refused > 200, JSON.stringify(outcomes))
})
