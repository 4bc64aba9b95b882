import t from 'tap'
import type { Resource } from '../../../src/fhir/resource.ts'
import { ConceptSet } from '../../../src/terminology/concept-set.ts'
import { deferred, overlay, terminologyOf } from '../../../src/terminology/value-set/terminology.ts'

const system = (version: string, more = {}): Resource => ({
  resourceType: 'CodeSystem',
  url: 'http://t/s',
  version,
  status: 'active',
  content: 'complete',
  valueSet: 'http://t/vs/all',
  concept: [{ code: `in-${version}` }],
  ...more,
})

t.test('the latest version is the default, whatever the order', async t => {
  const terminology = terminologyOf([system('1.9'), system('1.10'), system('1.2')])
  t.equal(terminology.codeSystem('http://t/s')?.facts.version, '1.10')
  t.equal(terminology.codeSystem('http://t/s', '1.2')?.facts.version, '1.2')
  t.equal(terminology.codeSystem('http://t/s', '1'), undefined)
  t.same(terminology.versions('http://t/s'), ['1.10', '1.9', '1.2'])
  t.same(terminology.versions('http://t/none'), [])
})

t.test('a code system is read once', async t => {
  const terminology = terminologyOf([system('1')])
  t.equal(terminology.codeSystem('http://t/s'), terminology.codeSystem('http://t/s', '1'))
})

t.test('a supplement is no code system', async t => {
  const terminology = terminologyOf([
    system('1', { url: 'http://t/more', content: 'supplement', supplements: 'http://t/s' }),
  ])
  t.equal(terminology.codeSystem('http://t/more'), undefined)
  t.same(terminology.versions('http://t/more'), [])
  t.match(terminology.supplement('http://t/more'), { url: 'http://t/more' })
  t.match(terminology.supplement('http://t/more', '1'), { url: 'http://t/more' })
  t.equal(terminology.supplement('http://t/more', '2'), undefined)
})

t.test('the value set of all codes names its code system', async t => {
  t.equal(terminologyOf([system('1')]).systemOfAll('http://t/vs/all'), 'http://t/s')
  t.equal(terminologyOf([system('1')]).systemOfAll('http://t/vs/none'), undefined)
})

t.test('what is deferred is opened by the first question, and once', async t => {
  let opened = 0
  const later = overlay(
    terminologyOf([system('2')]),
    deferred(() => {
      opened++
      return terminologyOf([system('1')])
    }),
  )
  t.equal(later.codeSystem('http://t/s', '2')?.facts.version, '2')
  t.equal(opened, 0, 'what stands before it knew the answer')
  t.equal(later.codeSystem('http://t/s', '1')?.facts.version, '1')
  t.same(later.versions('http://t/s'), ['2', '1'])
  t.same(later.codeSystems?.(), ['http://t/s'])
  t.equal(later.systemOfAll('http://t/vs/all'), 'http://t/s')
  t.equal(later.valueSet('http://t/vs/none'), undefined)
  t.equal(later.supplement('http://t/supplement'), undefined)
  t.equal(opened, 1)
})

t.test('versions of two places stand side by side', async t => {
  const ecl = () => ({ concepts: ConceptSet.of(1, [0]), warnings: [] })
  const both = overlay(terminologyOf([system('2')]), { ...terminologyOf([system('1'), system('2'), system('3')]), ecl })
  t.same(both.versions('http://t/s'), ['2', '3', '1'])
  t.equal(both.codeSystem('http://t/s')?.facts.version, '2', 'what is put before is the default')
  t.equal(both.codeSystem('http://t/s', '3')?.facts.version, '3')
  t.ok(both.ecl, 'expressions are evaluated by who can')
  t.notOk(overlay(terminologyOf([]), terminologyOf([])).ecl)
})
