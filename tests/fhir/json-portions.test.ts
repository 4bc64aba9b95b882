import t from 'tap'
import { FhirError } from '../../src/fhir/issue.ts'
import { parseJson, printJson } from '../../src/fhir/json.ts'
import { jsonLimits } from '../../src/fhir/json-limits.ts'
import { parseJsonInPortions, printEntries, printMembers } from '../../src/fhir/json-portions.ts'
import type { Json } from '../../src/fhir/resource.ts'
import { fc } from '../property.ts'

const turn = async (): Promise<void> => {}
const limits = { ...jsonLimits, depth: 6, keys: 4, values: 60 }

/** What comes of a text, printed, or why it is refused. */
async function outcome(read: () => Json | Promise<Json>): Promise<string> {
  try {
    return printJson(await read())
  } catch (error) {
    if (!(error instanceof FhirError)) throw error
    return `${error.status} ${error.message}`
  }
}

async function sameAsWhole(text: string, within = jsonLimits): Promise<readonly [string, string]> {
  const bytes = Buffer.from(text)
  return [
    await outcome(() => parseJsonInPortions(bytes, turn, within)),
    await outcome(() => parseJson(bytes, within)),
  ] as const
}

t.test('a Bundle is read as it is in one go, and refused for the same reason', async t => {
  for (const text of [
    '{"resourceType":"Bundle","entry":[{"a":1},{"b":[1,2]},{"c":"],[{"}],"type":"x"}',
    '{ "entry" : [ {"a":1.00} , {"b":1e400} ] , "total" : 20000000000000000001 }',
    '{"entry":[]}',
    '{"entry":[ ]}',
    '{"entry":[1,null,"x",[2]]}',
    '{"entry":{"entry":[1]}}',
    '{"entry":[{"entry":[{"a":1},{"b":2}]},{"c":3}]}',
    '{"other":[{"entry":[1,2]}],"entry":[3]}',
    '{"name":"entry","other":[1,2]}',
    '{"\\u0065ntry":[1,2]}',
    '[{"entry":[1]}]',
    '"entry"',
    '{}',
    // refused
    '',
    '{"entry":[1,]}',
    '{"entry":[,1]}',
    '{"entry":[1 2]}',
    '{"entry":[1}',
    '{"entry":[1],"entry":[2]}',
    '{"entry":[1]}}',
    '{"entry":[{"a":1],2}]}',
    '{"entry":[{"a":1,"a":2}]}',
    '{"entry":[{"__proto__":1}]}',
    '{"entry":[{"a":"\\ud800"}]}',
    '{"entry":[1],}',
    '{"a":"entry"[1,2]}',
    '{"entry":[tru]}',
    '{"entry":[1',
  ]) {
    const [portions, whole] = await sameAsWhole(text)
    t.equal(portions, whole, text)
  }
  t.match(await sameAsWhole('{"entry":[{"a":1},{"b":}]}'), [/line 1, column 24/, /line 1, column 24/])
  await t.rejects(parseJsonInPortions(Buffer.from([0xff]), turn), { message: /not valid UTF-8/ })
})

t.test('limits hold for the whole, not for each entry', async t => {
  for (const text of [
    '{"entry":[[[[[1]]]]]}',
    '{"entry":[[[[1]]]]}',
    `{"entry":[${Array.from({ length: 56 }, () => 1)}]}`,
    `{"entry":[${Array.from({ length: 70 }, () => 1)}]}`,
    '{"entry":[{"a":1,"b":1,"c":1,"d":1,"e":1}]}',
    '{"entry":[{"a":1,"b":1,"c":1,"d":1}]}',
  ]) {
    const [portions, whole] = await sameAsWhole(text, limits)
    t.equal(portions, whole, text)
  }
})

t.test('whatever a text is, both say the same', async () => {
  const piece = fc.constantFrom(...'{}[],:"', '"entry"', ':[', '1', ' ', '"a"', '{"entry":[', ']}', '\\')
  const hostile = fc.array(piece, { maxLength: 24 }).map(pieces => pieces.join(''))
  const good = fc.json({ maxDepth: 3 }).map(json => `{"a":${json},"entry":[${json},${json}]}`)
  await fc.assert(
    fc.asyncProperty(fc.oneof(hostile, good), async text => {
      const [portions, whole] = await sameAsWhole(text)
      return portions === whole
    }),
    { numRuns: 5_000 },
  )
})

t.test('others have their turn before each entry, and while a long text is looked through', async t => {
  let turns = 0
  const entry = Array.from({ length: 50 }, (_, at) => ({ at, text: 'x'.repeat(100_000) }))
  const bytes = Buffer.from(JSON.stringify({ entry }))
  const counting = async (): Promise<void> => {
    turns++
  }
  t.strictSame(await parseJsonInPortions(bytes, counting), { entry })
  t.ok(turns >= 50 + 5, `${turns} turns`)
})

t.test('a Bundle is printed as it is in one go', async t => {
  const entry = Array.from({ length: 40 }, (_, n) => ({
    resource: { resourceType: 'Basic', id: `${n}`, code: { text: '"entry":[] $& \u2028' } },
  }))
  let turns = 0
  const counted = async (): Promise<void> => {
    turns++
  }
  for (const bundle of [
    { resourceType: 'Bundle', type: 'collection', entry },
    { resourceType: 'Bundle', identifier: { value: '"entry":[]' }, entry, signature: { data: 'AAAA' } },
    { resourceType: 'Bundle', entry: [{ resource: { resourceType: 'Bundle', entry } }] },
    { resourceType: 'Bundle', entry: entry.slice(3) },
    { resourceType: 'Bundle' },
  ]) {
    await printEntries(bundle, counted)
    t.equal(`{${printMembers(bundle)}`, printJson(bundle))
  }
  t.equal(turns, 40 + 40 + 37)
})

t.test('bytes are read as they are in one go, wherever they are cut', async t => {
  const rows = 'ñ€😀\uFEFF'.repeat(90_000)
  for (const shift of ['', 'a', 'ab', 'abc', '\uFEFF']) {
    const text = `{"resourceType":"Bundle","id":"${shift}","entry":[{"a":"${rows}"},{"a":"${rows}"}]}`
    const [inPortions, whole] = await sameAsWhole(text)
    t.ok(inPortions === whole && whole === text, shift)
    t.ok(await sameAsWhole(`\uFEFF${text}`).then(([a, b]) => a === b), `${shift} behind a mark`)
    const broken = Buffer.from(text)
    broken[broken.length - 100] = 0xff
    await t.rejects(parseJsonInPortions(broken, turn), { message: /not valid UTF-8/ })
  }
})
