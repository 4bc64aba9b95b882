import { randomUUID } from 'node:crypto'
import t from 'tap'
import { timeOrderedId } from '../../src/fhir/uuid.ts'

t.test('an id is a UUID of version 7: its time, then what was random', async t => {
  const random = 'aaaaaaaa-aaaa-4123-b456-789abcdef012'
  t.equal(timeOrderedId(0x0123456789ab, random), '01234567-89ab-7123-b456-789abcdef012')
  t.equal(timeOrderedId(0, random), '00000000-0000-7123-b456-789abcdef012')
})

t.test('later ids sort behind earlier ones, and no two are equal', async t => {
  const ids = Array.from({ length: 1000 }, (_, ms) => timeOrderedId(1_800_000_000_000 + ms, randomUUID()))
  t.strictSame(ids.toSorted(), ids)
  const twins = Array.from({ length: 1000 }, () => timeOrderedId(1_800_000_000_000, randomUUID()))
  t.equal(new Set(twins).size, 1000)
})
