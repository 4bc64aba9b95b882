import t from 'tap'
import { resource as published } from '../../bench/drive/data.ts'
import { loadDefinitions } from '../../src/conformance/definitions.ts'
import { FhirError } from '../../src/fhir/issue.ts'
import type { Json, Resource } from '../../src/fhir/resource.ts'
import { compileIndex, type IndexValues } from '../../src/search/index-values.ts'
import { type SearchParameter, searchParameters } from '../../src/search/parameters.ts'
import type { Value } from '../../src/search/values/value.ts'
import { randomResource } from '../fhir/xml/random-resource.ts'
import { fc } from '../property.ts'
import { lifelike } from './lifelike.ts'

const definitions = loadDefinitions()
const { shapes } = definitions
const parameters = searchParameters(definitions)
const index = compileIndex(definitions)
const base = 'https://kiln.example.org/fhir'

function deepFreeze<T extends Json>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze)
  return value
}

function found(values: IndexValues, code: string): readonly Value[] {
  return values.get(code) ?? []
}

t.test('a patient is found by these values and no others', async t => {
  const values = index({ ...published(0), id: 'p', meta: { lastUpdated: '2020-01-01T00:00:00Z' } }, base)
  t.same(
    [...values.keys()].sort(),
    [
      ...['address', 'address-city', 'address-country', 'address-postalcode', 'address-state', 'birthdate', 'deceased'],
      ...['family', 'gender', 'given', 'identifier', 'language', 'name', 'phone', 'phonetic', 'telecom'],
    ],
    'the version itself tells its id and when it was last updated',
  )
  t.match(found(values, 'gender'), [{ type: 'token', code: 'male' }])
  t.equal(found(values, 'identifier').length, 3)
})

t.test('an observation is found by each of its components, and by code and value of one together', async t => {
  const values = index(published(1), base)
  t.match(found(values, 'combo-code'), [{ code: '85354-9' }, { code: '8462-4' }, { code: '8480-6' }])
  t.match(found(values, 'component-code-value-quantity'), [
    { type: 'composite', parts: [[{ type: 'token', code: '8462-4' }], [{ type: 'quantity', code: 'mm[Hg]' }]] },
    { type: 'composite', parts: [[{ type: 'token', code: '8480-6' }], [{ type: 'quantity', code: 'mm[Hg]' }]] },
  ])
  t.notOk(values.has('combo-code-value-quantity'), 'others answer for it')
  t.match(found(values, 'patient'), [{ by: 'id', target: 'Patient' }])
  t.match(found(values, 'subject'), found(values, 'patient'))
})

t.test('each alternative of a component is kept, none is multiplied out', async t => {
  const coding = Array.from({ length: 1_000 }, (_, n) => ({ system: 'urn:x', code: `c${n}` }))
  const values = index({
    resourceType: 'Observation',
    component: [{ code: { coding }, valueCodeableConcept: { coding } }],
  })
  const [composite, ...more] = found(values, 'component-code-value-concept')
  t.equal(more.length, 0)
  t.same(composite?.type === 'composite' && composite.parts.map(({ length }) => length), [1_000, 1_000])
})

t.test('a component may come from elsewhere in the resource', async t => {
  const values = index({
    resourceType: 'MolecularSequence',
    coordinateSystem: 0,
    referenceSeq: { chromosome: { coding: [{ code: '7' }] }, windowStart: 1, windowEnd: 100 },
    variant: [{ start: 3, end: 5 }, { start: 8 }],
  })
  t.match(found(values, 'chromosome-variant-coordinate'), [
    { parts: [[{ code: '7' }], [{ type: 'number', from: 3 }], [{ type: 'number', from: 5 }]] },
  ])
  t.equal(found(values, 'chromosome-variant-coordinate').length, 1, 'the second variant has no end')
  t.equal(found(values, 'chromosome-window-coordinate').length, 1)
})

t.test('a document is found by what it does to which other, against the letter of its definition', async t => {
  const relatesTo = [{ code: 'replaces', target: { reference: 'DocumentReference/1' } }]
  const values = index({ resourceType: 'DocumentReference', status: 'current', relatesTo })
  t.match(found(values, 'relationship'), [
    { parts: [[{ type: 'reference', id: '1' }], [{ type: 'token', code: 'replaces' }]] },
  ])
})

t.test('the first entry of a Bundle is its composition or its message, not both', async t => {
  const bundle = (resourceType: string) =>
    index({ resourceType: 'Bundle', type: 'document', entry: [{ resource: { resourceType, id: 'a' } }, {}] })
  t.match(found(bundle('Composition'), 'composition'), [
    { by: 'id', target: 'Composition', id: 'a' },
    { by: 'contained' },
  ])
  t.notOk(bundle('Composition').has('message'))
  t.match(found(bundle('MessageHeader'), 'message'), [{ target: 'MessageHeader' }, { id: 'a' }])
  t.notOk(bundle('MessageHeader').has('composition'))
  t.notOk(bundle('Patient').has('composition'))
})

t.test('which server is ours, the caller says', async t => {
  const account = { resourceType: 'Account', status: 'active', subject: [{ reference: `${base}/Patient/1` }] }
  t.match(found(index(account, base), 'subject'), [{ by: 'id', target: 'Patient', id: '1' }])
  t.match(found(index(account, `${base}/other`), 'subject'), [{ by: 'url', url: `${base}/Patient/1` }])
  t.match(found(index(account), 'patient'), [{ by: 'url' }], 'and it is a patient wherever it is')
})

t.test('elements of types that the parameter does not search are passed over', async t => {
  const procedure = { resourceType: 'Procedure', status: 'completed', subject: { reference: 'Patient/1' } }
  t.notOk(index({ ...procedure, performedAge: { value: 3 } }).has('date'))
  t.ok(index({ ...procedure, performedDateTime: '2020' }).has('date'))
})

t.test('what is not there, or is nothing, has no values', async t => {
  t.equal(index({ resourceType: 'Nope', id: 'x' }).size, 0)
  t.equal(index({ resourceType: '__proto__' }).size, 0)
  t.same([...index({ resourceType: 'Patient' }).keys()], ['deceased'], 'who is not said to be dead, is not')
  const odd = {
    resourceType: 'Patient',
    name: 'x',
    gender: 3,
    birthDate: {},
    identifier: [null, [], 3],
    address: { line: 3 },
  }
  t.same([...index(odd).keys()], ['deceased'], 'malformed data is not for us to judge')
})

t.test(
  'every type can be indexed: values of the parameter’s type, nothing infinite, the resource left as it was',
  async t => {
    let count = 0
    const isSound = (value: Value, type: string): boolean =>
      value.type === type && Object.values(value).every(member => typeof member !== 'number' || Number.isFinite(member))
    for (const type of [...shapes.resourceTypes, 'Parameters']) {
      const codes = parameters.of(type)
      const sound = fc.property(randomResource(type, shapes), fc.nat(100), (random, n) => {
        const values = index(deepFreeze(lifelike(random, shapes, n)), base)
        for (const [code, of] of values) {
          count += of.length
          const { type: expected = '' } = codes.get(code) ?? {}
          if (of.length === 0 || !of.every(value => isSound(value, expected))) throw new Error(`${type}.${code}`)
        }
      })
      t.equal(fc.check(sound, { numRuns: 5, endOnFailure: true }).errorInstance, null, type)
    }
    t.ok(count > 2_000, `${count} values`)
  },
)

function withOwn(...own: readonly (Partial<SearchParameter> & Pick<SearchParameter, 'code' | 'type'>)[]) {
  const complete = own.map(parameter => ({
    url: `http://example.org/${parameter.code}`,
    name: parameter.code,
    base: ['Patient'],
    ...parameter,
  }))
  return compileIndex({ shapes, searchParameters: [...definitions.searchParameters, ...complete] })
}

const patient: Resource = {
  resourceType: 'Patient',
  birthDate: '1970-01-01',
  _birthDate: { extension: [{ url: 'http://example.org/time', valueDateTime: '1970-01-01T10:00:00Z' }] },
  extension: [{ url: 'http://example.org/score', valueDecimal: 3 }],
  name: [{ given: ['A', 'B'] }],
}

t.test(
  'definitions of the server’s own are indexed too, those included that only the FHIRPath engine understands',
  async t => {
    const own = withOwn(
      { code: 'score', type: 'number', expression: "Patient.extension('http://example.org/score').value" },
      { code: 'birth-time', type: 'date', expression: "Patient.birthDate.extension('http://example.org/time').value" },
      { code: 'names', type: 'number', expression: 'Patient.name.given.count()' },
      { code: 'nothing', type: 'string' },
    )
    const values = own(patient)
    t.match(found(values, 'score'), [{ type: 'number', low: 2.5, from: 3, to: 3, high: 3.5 }])
    t.match(found(values, 'birth-time'), [{ type: 'date', low: 36_000_000 }])
    t.match(found(values, 'names'), [{ type: 'number', low: 2, from: 2, to: 2, high: 2 }])
    t.notOk(values.has('nothing'), 'without expression, nothing can be taken from the resource')
  },
)

t.test('a definition that is wrong is refused when its type is compiled', async t => {
  const wrong = withOwn({ code: 'wrong', type: 'string', expression: 'Patient.name.' })
  t.throws(() => wrong(patient), FhirError)
  t.doesNotThrow(() => wrong(published(1)), 'other types are not concerned')
})
