import t from 'tap'
import type { Resource } from '../../../src/fhir/resource.ts'
import { fc } from '../../property.ts'
import { finds, refusal } from './asking.ts'

function at(latitude: number, longitude: number): Resource {
  return { resourceType: 'Location', position: { latitude, longitude } }
}

t.test('within the distance, in kilometres unless another unit is named', async t => {
  const boston = at(42.36, -71.06)
  for (const [asked, expected] of [
    ['42.25|-71.06|11.2|km', false],
    ['42.25|-71.06|12.3|km', true],
    ['42.25|-71.06|12300|m', true],
    ['42.25|-71.06|8|[mi_us]', true],
    ['42.25|-71.06|7|[mi_us]', false],
    ['42.30|-71.06', true],
    ['42.25|-71.06', false],
    ['42.25|-71.06|12.3', true],
    ['42.36|-71.06|0|km', true],
    ['42.36|-71.07|0|km', false],
    ['-42.36|108.94|19000|km', false],
    ['-42.36|108.94|20016|km', true],
    ['0|0|40000|km', true],
  ] as const)
    t.equal(await finds(boston, 'near', asked), expected, asked)
  t.notOk(await finds({ resourceType: 'Location' }, 'near', '0|0|40000|km'), 'it is nowhere')
})

t.test('across the antimeridian and over the poles', async t => {
  t.ok(await finds(at(-17, 179.99), 'near', '-17|-179.99|5|km'))
  t.ok(await finds(at(-17, -179.99), 'near', '-17|179.99|5|km'))
  t.ok(await finds(at(0, 180), 'near', '0|-180|1|km'))
  t.ok(await finds(at(0, -180), 'near', '0|180|1|km'))
  t.notOk(await finds(at(-17, 179.9), 'near', '-17|-179.9|5|km'))
  t.ok(await finds(at(89.99, 0), 'near', '89.99|180|5|km'))
  t.ok(await finds(at(90, 33), 'near', '89.99|-120|2|km'))
  t.ok(await finds(at(-90, 0), 'near', '-90|77|1|km'))
  t.notOk(await finds(at(89.9, 0), 'near', '89.9|180|5|km'))
})

const earth = 6371.0088 // km

function distance(
  [north, east]: readonly [number, number],
  [otherNorth, otherEast]: readonly [number, number],
): number {
  const rad = (degrees: number) => (degrees * Math.PI) / 180
  const half = (degrees: number) => Math.sin(rad(degrees) / 2) ** 2
  const a = half(otherNorth - north) + Math.cos(rad(north)) * Math.cos(rad(otherNorth)) * half(otherEast - east)
  return 2 * earth * Math.asin(Math.min(1, Math.sqrt(a)))
}

t.test('all that is within is found, and nothing that is well beyond', async t => {
  const latitude = fc.oneof(fc.double({ min: -90, max: 90, noNaN: true }), fc.constantFrom(90, -90, 0, 89.9999))
  const longitude = fc.oneof(fc.double({ min: -180, max: 180, noNaN: true }), fc.constantFrom(180, -180, 0))
  const point = fc.tuple(latitude, longitude)
  const offset = fc.double({ min: -3, max: 3, noNaN: true })
  const radius = fc.constantFrom(0.1, 10, 250, 5_000, 12_000)
  let [inside, outside] = [0, 0]
  await fc.assert(
    fc.asyncProperty(point, offset, offset, radius, async ([north, east], up, right, km) => {
      const scale = (km / earth) * (180 / Math.PI)
      const other = [Math.max(-90, Math.min(90, north + up * scale)), east + right * scale] as const
      const wrapped = [other[0], ((((other[1] + 180) % 360) + 360) % 360) - 180] as const
      const [plain, there] = [
        [north.toFixed(9), east.toFixed(9)],
        [Number(wrapped[0].toFixed(9)), Number(wrapped[1].toFixed(9))],
      ] as const
      const far = distance([Number(plain[0]), Number(plain[1])], [there[0] ?? 0, there[1] ?? 0])
      if (far > km * 0.999 && far < km * 1.026) return true
      if (far < km) inside++
      else outside++
      return (await finds(at(there[0] ?? 0, there[1] ?? 0), 'near', `${plain.join('|')}|${km}|km`)) === far < km
    }),
    { numRuns: 1_500 },
  )
  t.ok(inside > 100 && outside > 100, `${inside} within, ${outside} beyond`)
})

t.test('malformed positions are refused', async t => {
  const wrong = [
    '42',
    '|',
    '42|x',
    '91|0',
    '0|181',
    '0|0|-1|km',
    '0|0|1|kg',
    '0|0|1|furlongs',
    '0|0|x|km',
    '0|0|1|km|x',
    '1e1|0',
    '0|0|NaN|m',
  ]
  for (const text of wrong)
    t.match(await refusal('Location', 'near', text), /^near '.*': expected latitude\|longitude/, text)
  t.match(await refusal('Location', 'near:exact', '0|0'), /expected :missing$/)
  t.ok(await finds({ resourceType: 'Location' }, 'near:missing', 'true'))
  t.ok(await finds(at(0, 0), 'near:missing', 'false'))
})
