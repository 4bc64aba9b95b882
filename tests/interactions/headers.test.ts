import t from 'tap'
import { seal, unseal } from '../../src/interactions/cursor.ts'
import { holds, notModified, writeCondition } from '../../src/interactions/preconditions.ts'
import { parsePrefer } from '../../src/interactions/prefer.ts'
import type { Version } from '../../src/store/port.ts'

const version: Version = {
  tenant: 'default',
  type: 'Patient',
  id: '1',
  version: 3,
  seq: 9,
  updated: 1_700_000_000_500,
  method: 'PUT',
  created: false,
  json: '{}',
}
/** The shape of a 400; tap compares it with the error. */
const refused = Object.assign(new Error(), { status: 400, message: /./, name: 'FhirError' }) as unknown as Error
const gone: Version = { ...version, method: 'DELETE', json: undefined }

t.test('If-Match and If-None-Match of a write', async t => {
  t.equal(writeCondition(undefined, undefined), undefined)
  t.strictSame(writeCondition('W/"3"', undefined), { version: 3 })
  t.strictSame(writeCondition(' "3" ', undefined), { version: 3 })
  t.equal(writeCondition('*', undefined), 'present')
  t.equal(writeCondition(undefined, '*'), 'absent')
  t.equal(holds(writeCondition('W/"03"', undefined), version), false, 'a version that cannot exist matches nothing')
  for (const bad of ['3', 'W/3', 'W/"1","2"', '']) t.throws(() => writeCondition(bad, undefined), refused, bad)
  t.throws(() => writeCondition(undefined, 'W/"3"'), refused)
})

t.test('a condition against what stands', async t => {
  t.equal(holds({ version: 3 }, version), true)
  t.equal(holds({ version: 3 }, gone), false, 'a deletion is nothing to match')
  t.equal(holds('present', version), true)
  t.equal(holds('present', gone), false)
  t.equal(holds('absent', undefined), true)
  t.equal(holds('absent', gone), true)
  t.equal(holds(undefined, gone), true)
})

t.test('304 only where nothing changed since', async t => {
  t.equal(notModified(version, 'W/"3"', undefined), true)
  t.equal(notModified(version, '"3"', undefined), true)
  t.equal(notModified(version, '*', undefined), true)
  t.equal(
    notModified(version, 'W/"2"', new Date(version.updated + 5000).toUTCString()),
    false,
    'If-None-Match decides alone',
  )
  t.equal(
    notModified(version, undefined, new Date(version.updated).toUTCString()),
    true,
    'the fraction of a second does not count',
  )
  t.equal(notModified(version, undefined, new Date(version.updated - 1000).toUTCString()), false)
  t.equal(notModified(version, undefined, 'nonsense'), false, 'an invalid date is ignored (RFC 9110, 13.1.3)')
})

t.test('Prefer', async t => {
  t.strictSame(parsePrefer(undefined), { return: undefined, handling: undefined })
  t.strictSame(parsePrefer('return=minimal'), { return: 'minimal', handling: undefined })
  t.strictSame(parsePrefer('handling=lenient; return="representation"'), {
    return: 'representation',
    handling: 'lenient',
  })
  t.strictSame(
    parsePrefer('RETURN=operationoutcome, return=minimal'),
    { return: 'OperationOutcome', handling: undefined },
    'the first counts',
  )
  t.strictSame(parsePrefer('return=everything, respond-async'), { return: undefined, handling: undefined })
})

t.test('a cursor opens only for its own walk and only unaltered', async t => {
  const secret = Buffer.alloc(32, 7)
  const cursor = seal(secret, 'default Patient/_history?', [12, 5])
  t.strictSame(unseal(secret, 'default Patient/_history?', cursor), [12, 5])
  for (const [walk, text] of [
    ['other Patient/_history?', cursor],
    ['default Patient/_history?', `1${cursor}`],
    ['default Patient/_history?', cursor.slice(0, -1)],
    ['default Patient/_history?', ''],
    ['default Patient/_history?', '12.5'],
  ] as const) {
    t.throws(() => unseal(secret, walk, text), refused, text)
  }
  t.throws(() => unseal(Buffer.alloc(32, 8), 'default Patient/_history?', cursor), refused)
})
