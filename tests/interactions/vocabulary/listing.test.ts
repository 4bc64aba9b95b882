import t from 'tap'
import type { JsonObject } from '../../../src/fhir/resource.ts'
import { openListing } from '../../../src/interactions/vocabulary/listing.ts'
import { membershipsOf } from '../../../src/terminology/value-set/membership.ts'
import { terminologyOf } from '../../../src/terminology/value-set/terminology.ts'

const system = { resourceType: 'CodeSystem', url: 'http://t/s', content: 'complete', concept: [{ code: 'a' }] }

function ofOne(at: number): JsonObject {
  return { resourceType: 'ValueSet', url: `http://t/${at}`, compose: { include: [{ system: system.url }] } }
}

t.test('the codes of a value set are listed once, as long as not too much else is asked for', async t => {
  const memberships = membershipsOf(terminologyOf([system]))
  const list = openListing()
  const [first, ...others] = Array.from({ length: 300 }, (_, at) => ofOne(at))
  const codes = list(memberships, first ?? {})
  t.same(codes, [{ system: system.url, code: 'a' }])
  for (const other of others.slice(0, 100)) list(memberships, other)
  t.equal(list(memberships, first ?? {}), codes)
  for (const other of others) list(memberships, other)
  t.not(list(memberships, first ?? {}), codes, 'value sets of few codes take room, too')
})
