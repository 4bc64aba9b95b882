import { Decimal128 } from 'mongodb'
import t from 'tap'
import { exceedsLimit, rawLimit, toProjection } from '../../../src/store/mongo/projection.ts'
import { openCollections } from '../../../src/store/mongo/schema.ts'
import { mongoUrl } from '../../mongo-engine/engine.ts'
import { committed, openDesk } from '../place.ts'
import { openPlace } from './place.ts'

const decimal = (text: string) => Decimal128.fromString(text)

t.test('decimals keep their digits, whole numbers stay numbers', async t => {
  t.same(toProjection('{"a":1.00,"b":1.5,"c":7,"d":[0.1,-2],"e":1e400,"f":12345678901234567890}'), {
    a: decimal('1.00'),
    b: decimal('1.5'),
    c: 7,
    d: [decimal('0.1'), -2],
    e: decimal('1E+400'),
    f: decimal('12345678901234567890'),
  })
})

t.test('a decimal that Decimal128 cannot hold is kept as it was written', async t => {
  const digits = '0.1234567890123456789012345678901234567'
  t.same(toProjection(`{"a":${digits},"b":1e7000}`), { a: digits, b: '1e7000' })
})

t.test('names that BSON has other uses for are left out', async t => {
  t.same(toProjection('{"$where":1,"a":{"$gt":2,"b":"\\u0000"},"c\\u0000d":3,"e.f":4}'), { a: { b: '\0' }, 'e.f': 4 })
})

t.test('a text that is no object has no projection', async t => {
  for (const text of ['[1]', '"x"', '{"a":', '{"a":1,"a":2}']) t.equal(toProjection(text), undefined)
})

t.test('the projection is left out where it does not fit beside the text', async t => {
  const many = (count: number) => `{"n":[${'1,'.repeat(count)}1]}`
  t.equal(toProjection(many(600_000))?.['n'].length, 600_001)
  t.equal(toProjection(many(1_500_000)), undefined)
})

t.test('the limit is in bytes, not in characters', async t => {
  t.equal(exceedsLimit('a'.repeat(rawLimit)), false)
  t.equal(exceedsLimit('a'.repeat(rawLimit + 1)), true)
  t.equal(exceedsLimit('漢'.repeat(rawLimit / 3 + 1)), true)
  t.equal(exceedsLimit('漢'.repeat(rawLimit / 3 - 1)), false)
})

const url = await mongoUrl()
if (url) {
  t.test('the current document holds text and projection, the history the text alone', async t => {
    const place = await openPlace(t, url)
    const { tenant, one, put, remove } = openDesk(place)
    const { pointers, versions } = openCollections(place.client.db(place.database))
    const filter = { tenant, id: 'a' }
    const { json } = await one(put('a', { body: { multipleBirthInteger: 2 } }))
    const doc = await pointers('Patient').findOne(filter)
    t.match(doc, { raw: json, deleted: false, resource: { id: 'a', multipleBirthInteger: 2 } })
    t.ok(doc?.updated instanceof Date)
    t.match(await versions('Patient').findOne(filter), { raw: json, version: 1, resource: undefined })
    await one(remove('a'))
    t.match(await pointers('Patient').findOne(filter), { raw: undefined, resource: undefined, deleted: true })
  })

  t.test('a resource of 15 MB is stored without projection, one of 17 MB is refused', async t => {
    const place = await openPlace(t, url)
    const { tenant, commit, put, store, key } = openDesk(place)
    const { pointers } = openCollections(place.client.db(place.database))
    const big = put('big', { body: { text: 'x'.repeat(15_000_000) } })
    const version = committed(await commit([put('small'), big])).versions[1]
    t.equal((await store.read(key('big')))?.json, version?.json)
    t.equal((await store.vread(key('big'), 1))?.json, version?.json)
    t.notOk((await pointers('Patient').findOne({ tenant, id: 'big' }))?.resource)
    const huge = put('huge', { body: { text: 'x'.repeat(17_000_000) } })
    t.same(await commit([put('beside'), huge]), { ok: false, because: { why: 'too-large', at: 1, limit: rawLimit } })
    t.equal(await store.read(key('beside')), undefined)
  })
}
