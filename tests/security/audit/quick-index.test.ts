import t from 'tap'
import { loadDefinitions } from '../../../src/conformance/definitions.ts'
import { parseJson } from '../../../src/fhir/json.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import { stamp } from '../../../src/fhir/stamp.ts'
import { searchNeeds } from '../../../src/interactions/search/needs.ts'
import type { Entries } from '../../../src/search/entry.ts'
import { draftsOf } from '../../../src/security/audit/audit-event.ts'
import type { Occurrence } from '../../../src/security/audit/occurrence.ts'
import { quickIndex, type TextIndex } from '../../../src/security/audit/quick-index.ts'

const base = 'http://kiln.test/fhir'
const { index } = searchNeeds(loadDefinitions(), { handling: 'strict', budget: 0 })
const slow: TextIndex = (json, id) => index(parseJson(json) as Resource, id, base).entries

function text({
  about = 'Observation/1',
  patients = ['Patient/1'],
  at = 1_700_000_000_000,
  ...more
}: Partial<Some> = {}): string {
  const { action = 'R', interaction = 'read', query, user, request } = more
  const occurrence: Occurrence = {
    exchange: {
      ...{ tenant: 'default', base, at, address: '127.0.0.1' },
      ...(user === undefined ? {} : { principal: { client: 'app', fhirUser: user } }),
      ...(request === undefined ? {} : { request }),
    },
    did: { outcome: '0', action, interaction, about, ...(query === undefined ? {} : { query }) },
    patients,
  }
  const [draft] = draftsOf(occurrence, () => 'event')
  if (!draft) throw new Error('an occurrence is an event at least')
  return stamp(draft, 1, at + 20)
}

type Some = {
  readonly about: string
  readonly patients: readonly string[]
  readonly at: number
  readonly action: 'R' | 'E'
  readonly interaction: string
  readonly query: string
  readonly user: string
  readonly request: string
}

function sorted({ terms, ranges }: Entries): readonly string[] {
  return [...terms, ...ranges].map(entry => JSON.stringify(Object.entries(entry).sort())).sort()
}

t.test('it finds what the index finds, of events of all kinds', async t => {
  const quick = quickIndex(slow)
  for (const some of [
    {},
    { about: 'Observation/2', patients: ['Patient/2'] },
    { about: 'Observation/same', patients: ['Patient/same'] },
    { about: 'Patient/3', patients: ['Patient/3'] },
    { about: 'Patient/4', patients: ['Patient/4'] },
    { patients: [], about: 'Practitioner/5' },
    { at: 1_800_000_000_123, request: 'abc-1', user: 'Practitioner/1' },
    { at: 1_800_000_000_999, request: 'def-2', user: 'Practitioner/2', about: 'Observation/2' },
    { action: 'E', interaction: 'search-type', query: 'GET Patient?name=x' },
    { action: 'E', interaction: 'search-type', query: 'GET Patient?name=other' },
    { about: 'Patient/1/_history/2' },
    { about: 'Patient/1/_history/3' },
    { user: 'https://other.test/fhir/Practitioner/1' },
    { request: 'with "quotes" and \\' },
  ] satisfies Partial<Some>[]) {
    const json = text(some)
    t.same(sorted(quick(json, 'event')), sorted(slow(json, 'event')), JSON.stringify(some))
  }
})

t.test('events that differ only in whom, what and when are indexed in earnest once', async t => {
  let earnest = 0
  const quick = quickIndex((json, id) => {
    earnest++
    return slow(json, id)
  })
  for (let n = 0; n < 100; n++)
    quick(text({ about: `Observation/${n}x`, patients: [`Patient/${n}y`], at: n * 1e9 }), 'event')
  t.equal(earnest, 2, 'the first one, and with other names in it')
})

t.test('where that does not come to the same, it is not done', async t => {
  const odd: TextIndex = json => ({ terms: [{ slot: 'length', text: `${json.length}`, element: 0 }], ranges: [] })
  const quick = quickIndex(odd)
  for (const about of ['Observation/1', 'Observation/22', 'Observation/333']) {
    const json = text({ about })
    t.same(quick(json, 'event'), odd(json, 'event'))
  }
})
