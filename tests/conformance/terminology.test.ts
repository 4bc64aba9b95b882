import t from 'tap'
import { loadTerminology } from '../../src/conformance/terminology.ts'
import { isObject, type JsonObject } from '../../src/fhir/resource.ts'

const all = loadTerminology()

function read(type: string, url: string): JsonObject {
  const found = all.find(({ header }) => header.resourceType === type && header.url === url)
  if (found === undefined) throw new Error(`no ${type} ${url}`)
  return found.read()
}

function concepts(resource: JsonObject): readonly JsonObject[] {
  return Array.isArray(resource['concept']) ? resource['concept'].filter(isObject) : []
}

t.test("R4's code systems, value sets and maps are all there", async t => {
  const counts = Map.groupBy(all, ({ header }) => header.resourceType)
  t.equal(counts.get('CodeSystem')?.length, 1_062)
  t.equal(counts.get('ValueSet')?.length, 1_316)
  t.equal(counts.get('ConceptMap')?.length, 19)
})

t.test('a header says what the resource says', async t => {
  const names = ['resourceType', 'url', 'version', 'content', 'valueSet'] as const
  const wrong = all.filter(({ header, read }) => {
    const resource = read()
    const told = header.resourceType === 'CodeSystem' ? names : names.slice(0, 3)
    return told.some(name => resource[name] !== header[name])
  })
  t.same(
    wrong.map(({ header }) => header.url),
    [],
  )
})

t.test('no canonical comes twice, and none is of another release', async t => {
  const canonicals = all.map(({ header }) => `${header.resourceType} ${header.url}|${header.version}`)
  t.equal(new Set(canonicals).size, canonicals.length)
  t.notOk(all.some(({ header }) => header.version === '5.0.0'))
})

t.test('displays, definitions, designations and hierarchies are kept', async t => {
  const [male] = concepts(read('CodeSystem', 'http://hl7.org/fhir/administrative-gender'))
  t.match(male, { code: 'male', display: 'Male', definition: 'Male.' })
  const act = concepts(read('CodeSystem', 'http://terminology.hl7.org/CodeSystem/v3-ActCode'))
  t.ok(act.some(concept => concepts(concept).length > 0))
  const encoding = concepts(read('CodeSystem', 'http://terminology.hl7.org/CodeSystem/v2-0299'))
  t.match(encoding[0], { code: 'A', designation: [{ language: 'de', value: 'keine Kodierung' }] })
})

t.test('prose that says nothing of codes is left out', async t => {
  const system = read('CodeSystem', 'http://terminology.hl7.org/CodeSystem/v2-0299')
  for (const name of ['text', 'contact', 'description']) t.notOk(Object.hasOwn(system, name), name)
  t.notOk(JSON.stringify(system).includes('codesystem-concept-comments'))
  t.match(system['extension'], [{ valueCode: 'external' }], 'how settled it is, stays')
})
