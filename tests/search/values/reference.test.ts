import t from 'tap'
import type { Json } from '../../../src/fhir/resource.ts'
import { extracted } from './extracted.ts'

const base = 'https://kiln.example.org/t/a/fhir'
const local = (target: string, id: string) => ({ by: 'id', target, id })

const literals: readonly (readonly [string, readonly object[]])[] = [
  ['Patient/1', [local('Patient', '1')]],
  ['Patient/1/_history/2', [{ ...local('Patient', '1'), version: '2' }]],
  [`${base}/Patient/1`, [local('Patient', '1')]],
  [`${base}/Patient/1/_history/2`, [{ ...local('Patient', '1'), version: '2' }]],
  ['https://kiln.example.org/fhir/Patient/1', [{ by: 'url', url: 'https://kiln.example.org/fhir/Patient/1' }]],
  [
    'http://elsewhere.example.org/Patient/1/_history/2',
    [{ by: 'url', url: 'http://elsewhere.example.org/Patient/1', version: '2' }],
  ],
  ['http://example.org/not/fhir?x=1', [{ by: 'url', url: 'http://example.org/not/fhir?x=1' }]],
  ['urn:uuid:1', [{ by: 'url', url: 'urn:uuid:1' }]],
  ['#contained', [{ by: 'contained', id: 'contained' }]],
  ['#', [{ by: 'contained', id: '' }]],
  ['Patient?identifier=1', []],
  ['no reference', []],
  ['', []],
]

t.test('a literal reference leads to ours, to somebody else’s, or within the resource', async t => {
  for (const [reference, expected] of literals) {
    const values = expected.map(value => ({ type: 'reference', ...value }))
    t.strictSame(extracted('reference', 'Reference', { reference }, base), values, reference)
  }
  t.match(
    extracted('reference', 'Reference', { reference: `${base}/Patient/1` }),
    [{ by: 'url' }],
    'without base, nothing absolute is ours',
  )
})

const others: readonly (readonly [string, Json, readonly object[]])[] = [
  ['Reference', { identifier: { system: 's', value: 'v' } }, [{ by: 'identifier', system: 's', value: 'v' }]],
  ['Reference', { identifier: { value: 'v' }, type: 'Patient' }, [{ by: 'identifier', value: 'v', target: 'Patient' }]],
  [
    'Reference',
    { reference: 'Patient/1', identifier: { system: 's' } },
    [local('Patient', '1'), { by: 'identifier', system: 's' }],
  ],
  ['Reference', { display: 'somebody', identifier: { use: 'old' } }, []],
  ['Reference', 'Patient/1', []],
  ['Reference', { reference: 1, identifier: 'x' }, []],
  ['canonical', 'http://example.org/q', [{ by: 'canonical', url: 'http://example.org/q' }]],
  ['canonical', 'http://example.org/q|1.0|x', [{ by: 'canonical', url: 'http://example.org/q', version: '1.0|x' }]],
  ['canonical', 'http://example.org/q|', [{ by: 'canonical', url: 'http://example.org/q' }]],
  ['canonical', 'http://example.org/q|1#part', [{ by: 'canonical', url: 'http://example.org/q', version: '1' }]],
  ['canonical', '#contained', []],
  ['canonical', 3, []],
  ['uri', 'http://example.org/q|2', [{ by: 'canonical', url: 'http://example.org/q', version: '2' }]],
  ['Resource', { resourceType: 'Composition', id: 'c' }, [local('Composition', 'c'), { by: 'contained', id: 'c' }]],
  ['Resource', { resourceType: 'Composition' }, [{ by: 'contained', id: '-' }]],
]

t.test('identifiers, canonicals and carried resources are references too', async t => {
  for (const [type, element, expected] of others) {
    const values = expected.map(value => ({ type: 'reference', ...value }))
    t.strictSame(extracted('reference', type, element, base), values, `${type} ${JSON.stringify(element)}`)
  }
})

t.test('a uri parameter compares character by character, but knows the version of a canonical', async t => {
  for (const type of ['uri', 'url', 'oid', 'uuid']) {
    t.strictSame(
      extracted('uri', type, 'HTTP://Example.org/%7Ea/|1'),
      [{ type: 'uri', uri: 'HTTP://Example.org/%7Ea/|1' }],
      type,
    )
    t.strictSame(extracted('uri', type, ''), [])
  }
  t.strictSame(extracted('uri', 'canonical', 'http://example.org/p|1'), [
    { type: 'uri', uri: 'http://example.org/p', version: '1' },
  ])
  t.strictSame(extracted('uri', 'canonical', 'http://example.org/p'), [{ type: 'uri', uri: 'http://example.org/p' }])
  t.strictSame(extracted('uri', 'canonical', '#p'), [])
})
