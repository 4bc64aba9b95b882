import t from 'tap'
import { isPattern, latestOf, meets } from '../../../src/terminology/value-set/version-pattern.ts'
import { laterVersion } from '../../../src/terminology/version-order.ts'

const edition = 'http://snomed.info/sct/900000000000207008'
const cases: [string, string, boolean][] = [
  ['1.0', '1.0', true],
  ['1.0', '1', false],
  ['1.4', '1.x', true],
  ['1.4.2', '1.x', true],
  ['1', '1.x', false],
  ['2.4', '1.x', false],
  ['1.4.2', '1.x.2', true],
  ['1.4.3', '1.x.2', false],
  ['1.4', '1.X', true],
  ['1.4', '1.*', true],
  ['1.4', '*', true],
  ['10.4', '1.x', false],
  ['1.0.0', '1.x.x', true],
  ['1.0', '1.x.x', false],
  ['2020-x', '2020-01', false],
  [`${edition}/version/20250101`, edition, true],
  [`${edition}/version/20250101`, 'http://snomed.info/sct/90', false],
  [`${edition}/version/20250101`, `${edition}/version/20240101`, false],
]
for (const [version, pattern, expected] of cases) {
  t.test(`${version} ${expected ? 'meets' : 'does not meet'} ${pattern}`, async t => {
    t.equal(meets(version, pattern), expected)
  })
}

t.test('numbers in versions are compared as numbers', async t => {
  t.same(['2.9', '2.78', '2.8', '10', '2.8-beta', '2'].sort(laterVersion), [
    '2',
    '2.8',
    '2.8-beta',
    '2.9',
    '2.78',
    '10',
  ])
  t.equal(laterVersion('1.0', '1.0'), 0)
})

t.test('the latest of those that fit', async t => {
  t.equal(latestOf(['1.2', '1.10', '2.0'], '1.x'), '1.10')
  t.equal(
    latestOf([`${edition}/version/20240101`, `${edition}/version/20250101`], edition),
    `${edition}/version/20250101`,
  )
  t.equal(latestOf(['1.2'], '3.x'), undefined)
  t.notOk(isPattern('1.0-xyz'))
  t.ok(isPattern('1.x'))
})
