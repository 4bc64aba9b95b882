import t from 'tap'
import {
  chooseVersion,
  isPackageName,
  isVersion,
  parseName,
  satisfies,
} from '../../../src/conformance/package/version.ts'

const there = ['1.0.0', '1.0.10', '1.0.9', '1.1.0-beta', '1.1.0', '2.0.0-ballot', '0.9.0']

t.test('a version is chosen among those that there are', async t => {
  const cases: [string, string | undefined][] = [
    ['1.0.0', '1.0.0'],
    ['1.0.x', '1.0.10'],
    ['1.0.X', '1.0.10'],
    ['1.0.*', '1.0.10'],
    ['1.x', '1.1.0'],
    ['1.x.x', '1.1.0'],
    ['latest', '1.1.0'],
    ['2.0.0-ballot', '2.0.0-ballot'],
    ['2.0.x', undefined],
    ['1.0.1', undefined],
    ['1.0', undefined],
    ['3.x', undefined],
  ]
  for (const [wanted, chosen] of cases) t.equal(chooseVersion(wanted, there), chosen, wanted)
  t.equal(chooseVersion('latest', []), undefined)
})

t.test('1.0 does not fit 1.0.x by its letters alone', async t => {
  t.equal(chooseVersion('1.0.x', ['1.00.1', '1.01.1', '10.0.1']), undefined)
})

t.test('what is no published version is refused by name', async t => {
  for (const wanted of ['current', 'current$branch', 'dev']) {
    t.throws(() => chooseVersion(wanted, there), { message: /is no published version: expected a number/ })
  }
  for (const wanted of ['^1.0.0', '~1.0', '>=1', '', 'file:../x', 'x']) {
    t.throws(() => chooseVersion(wanted, there), { message: /is no version/ }, wanted)
  }
})

t.test('what is installed is enough for an exact version, a pattern or latest', async t => {
  t.ok(satisfies('1.0.9', '1.0.x'))
  t.ok(satisfies('1.0.9', '1.0.9'))
  t.ok(satisfies('1.0.9', 'latest'))
  t.notOk(satisfies('1.1.9', '1.0.x'))
  t.notOk(satisfies('1.0.9-rc', '1.0.x'))
  t.notOk(satisfies('1.0.9', '^1.0.0'))
})

t.test('names are read with their versions', async t => {
  t.strictSame(parseName('hl7.fhir.us.core'), { name: 'hl7.fhir.us.core', version: 'latest' })
  t.strictSame(parseName('hl7.fhir.us.core@3.1.1'), { name: 'hl7.fhir.us.core', version: '3.1.1' })
  t.strictSame(parseName('hl7.fhir.us.core#3.1.x'), { name: 'hl7.fhir.us.core', version: '3.1.x' })
  for (const bad of ['', '@1', 'a@', 'a@1@2', '../x', 'a/b', 'a b', '.a', 'a..b'])
    t.equal(parseName(bad), undefined, bad)
})

t.test('names and versions can stand in a URL as they are', async t => {
  t.notOk(isPackageName('a%2fb'))
  t.notOk(isPackageName('a?b'))
  t.notOk(isPackageName('x'.repeat(129)))
  t.notOk(isVersion('1/../2'))
  t.notOk(isVersion(''))
})
