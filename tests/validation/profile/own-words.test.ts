/** What is asked in words of our own has the answer of R4's expression, of whatever is well-formed. */
import t from 'tap'
import { loadDefinitions } from '../../../src/conformance/definitions.ts'
import { loadStructures } from '../../../src/conformance/structures.ts'
import type { JsonObject } from '../../../src/fhir/resource.ts'
import { openInvariants } from '../../../src/validation/invariants.ts'
import { ownWords } from '../../../src/validation/profile/own-words.ts'

const bundleType = loadStructures().find('http://hl7.org/fhir/StructureDefinition/Bundle')
const constraints = bundleType?.snapshot?.element[0]?.constraint ?? []
const compile = openInvariants(loadDefinitions().shapes)

const patient = (versionId?: string): JsonObject => ({
  resourceType: 'Patient',
  ...(versionId === undefined ? {} : { meta: { versionId } }),
})
const absent = {
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'masked' }],
}

const entries: readonly JsonObject[] = [
  { resource: patient() },
  { fullUrl: 'urn:a', resource: patient() },
  { fullUrl: 'urn:a', resource: patient('1') },
  { fullUrl: 'urn:a', resource: patient('2') },
  { fullUrl: 'urn:a1', resource: patient() },
  { fullUrl: 'urn:b' },
  { _fullUrl: absent, resource: patient('1') },
  { fullUrl: 'urn:c', resource: { resourceType: 'Patient', meta: { _versionId: absent } } },
  { request: { method: 'GET', url: 'Patient/1' } },
  { response: { status: '200' } },
  { fullUrl: 'urn:d', request: absent, response: absent },
  { resource: patient(), search: { mode: 'match' } },
]
const types = [
  ...['document', 'message', 'transaction', 'transaction-response', 'batch', 'batch-response', 'history'],
  ...['searchset', 'collection'],
].map(type => ({ type }))

for (const key of ['bdl-2', 'bdl-3', 'bdl-4', 'bdl-7']) {
  t.test(`${key} is what R4 says, of all kinds of entries by twos`, async t => {
    const { expression = '' } = constraints.find(constraint => constraint.key === key) ?? {}
    const [known, own] = [compile(expression, 'Bundle', 'core'), ownWords.get(key)]
    const answers = new Set<boolean>()
    for (const kind of [...types, { _type: absent }]) {
      for (const first of entries) {
        for (const entry of [[], [first], ...entries.map(second => [first, second])]) {
          const bundle = { resourceType: 'Bundle', ...kind, ...(entry.length > 0 ? { entry } : {}) }
          const answer = known(bundle, undefined, { resource: bundle })
          answers.add(answer)
          if (own?.(bundle, undefined, { resource: bundle }) !== answer) t.fail(JSON.stringify(bundle))
        }
      }
    }
    t.equal(answers.size, 2, 'both answers come')
  })
}
