import t from 'tap'
import { printJson } from '../../../src/fhir/json.ts'
import { draft, stamp } from '../../../src/fhir/stamp.ts'
import { patientsIn } from '../../../src/security/audit/patients.ts'

const base = 'http://kiln.test/fhir'

/** As it is stored. */
function text(resource: { resourceType: string; id: string; [more: string]: never | string | object }): string {
  return stamp(draft(resource as never, resource.id), 1, 0)
}

const reference = (to: string) => ({ reference: to })

t.test('whom a text names by reference, each once', async t => {
  for (const [what, json, expected] of [
    ['a patient', text({ resourceType: 'Patient', id: 'a' }), ['Patient/a']],
    ['a reference', text({ resourceType: 'Observation', id: 'o', subject: reference('Patient/a') }), ['Patient/a']],
    [
      'of our base',
      text({ resourceType: 'Observation', id: 'o', subject: reference(`${base}/Patient/a`) }),
      ['Patient/a'],
    ],
    [
      'of a version',
      text({ resourceType: 'Provenance', id: 'p', target: [reference('Patient/a/_history/3')] }),
      ['Patient/a'],
    ],
    [
      'the same twice',
      text({ resourceType: 'Patient', id: 'a', link: [{ other: reference('Patient/a') }] }),
      ['Patient/a'],
    ],
    [
      'several',
      text({ resourceType: 'Group', id: 'g', member: ['a', 'b'].map(id => ({ entity: reference(`Patient/${id}`) })) }),
      ['Patient/a', 'Patient/b'],
    ],
    [
      'a deletion in a history',
      `{"resourceType":"Bundle","entry":[{"fullUrl":"${base}/Patient/a","request":{}}]}`,
      ['Patient/a'],
    ],
    [
      'a logical reference',
      text({ resourceType: 'Observation', id: 'o', subject: { type: 'Patient', identifier: { value: '1' } } }),
      [],
    ],
    [
      'another server',
      text({ resourceType: 'Observation', id: 'o', subject: reference('http://other.test/fhir/Patient/a') }),
      [],
    ],
    ['another type', text({ resourceType: 'Observation', id: 'o', subject: reference('PatientX/a') }), []],
    [
      'prose',
      text({ resourceType: 'Observation', id: 'o', note: [{ text: 'see Patient/a, "reference":"Patient/b"' }] }),
      [],
    ],
    [
      'a contained patient',
      text({
        resourceType: 'Observation',
        id: 'o',
        contained: [{ resourceType: 'Patient', id: 'c' }],
        subject: reference('#c'),
      }),
      ['Patient/c'],
    ],
    ['nothing', '', []],
    ['the bare word', 'Patient', []],
  ] as const) {
    t.same(patientsIn(json, base), expected, what)
  }
})

t.test('a page of a thousand is read at once, and no text makes it slow', async t => {
  const page = Array.from({ length: 1_000 }, (_, n) => text({ resourceType: 'Patient', id: `p${n}` })).join(',')
  t.equal(patientsIn(page, base).length, 1_000)
  t.equal(patientsIn('Patient'.repeat(1_000_000), base).length, 0)
  t.equal(patientsIn(printJson({ text: '"reference":"Patient/'.repeat(10_000) }), base).length, 0)
})
