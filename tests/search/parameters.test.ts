import t from 'tap'
import { loadDefinitions } from '../../src/conformance/definitions.ts'
import { type SearchParameter, searchParameters } from '../../src/search/parameters.ts'

const definitions = loadDefinitions()
const { shapes } = definitions
const parameters = searchParameters(definitions)
const common = ['_content', '_id', '_lastUpdated', '_profile', '_query', '_security', '_source', '_tag']

t.test('a type has its own parameters and those of every resource', async t => {
  const codes = parameters.of('Observation')
  for (const code of [...common, '_text', 'code', 'patient', 'combo-code-value-quantity']) t.ok(codes.has(code), code)
  t.equal(codes.get('code')?.type, 'token')
  t.notOk(codes.has('birthdate'), 'and no other type’s')
  t.equal(parameters.of('Observation'), codes, 'gathered once')
})

t.test('Bundle, Binary and Parameters are resources, but not DomainResources', async t => {
  for (const type of ['Bundle', 'Binary', 'Parameters']) {
    t.notOk(parameters.of(type).has('_text'), type)
    for (const code of common) t.ok(parameters.of(type).has(code), `${type} ${code}`)
  }
})

t.test('what is no resource type has none', async t => {
  for (const name of ['HumanName', 'code', 'Resource', 'DomainResource', 'Nope', '', '__proto__', 'constructor']) {
    t.equal(parameters.of(name).size, 0, name)
  }
})

t.test('every definition applies to some type, under one code each', async t => {
  const types = [...shapes.resourceTypes, 'Parameters']
  const reached = new Set(types.flatMap(type => [...parameters.of(type).values()].map(({ url }) => url)))
  t.equal(reached.size, definitions.searchParameters.length)
  const pairs = definitions.searchParameters.flatMap(({ base, code }) => base.map(type => `${type} ${code}`))
  t.equal(new Set(pairs).size, pairs.length, 'none hides another')
})

t.test('every component of a composite names a parameter', async t => {
  for (const { url, component = [] } of definitions.searchParameters) {
    for (const { definition } of component) t.ok(parameters.at(definition), `${url}: ${definition}`)
  }
  t.equal(parameters.at('http://example.org/nope'), undefined)
})

t.test('a definition of the server’s own may take the place of one of R4', async t => {
  const own: SearchParameter = {
    url: 'http://example.org/SearchParameter/family',
    name: 'family',
    code: 'family',
    base: ['Patient'],
    type: 'string',
    expression: "Patient.name.where(use = 'official').family",
  }
  const extended = searchParameters({ shapes, searchParameters: [...definitions.searchParameters, own] })
  t.equal(extended.of('Patient').get('family')?.url, own.url)
  t.match(parameters.of('Patient').get('family')?.url, 'hl7.org', 'the other registry is as it was')
})
