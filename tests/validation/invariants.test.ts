import t from 'tap'
import { loadDefinitions } from '../../src/conformance/definitions.ts'
import type { Json, JsonObject, Resource } from '../../src/fhir/resource.ts'
import { openInvariants } from '../../src/validation/invariants.ts'

const compile = openInvariants(loadDefinitions().shapes)
const patient: Resource = { resourceType: 'Patient', active: true }

function keeps(expression: string, focus: Json | undefined, type: string, twin?: JsonObject): boolean {
  return compile(expression, type, 'own')(focus, twin, { resource: patient })
}

t.test('only what is certainly false is broken', async t => {
  t.ok(keeps('active', patient, 'Patient'))
  t.notOk(keeps('active.not()', patient, 'Patient'))
  t.notOk(keeps('name.exists()', patient, 'Patient'))
  t.notOk(keeps('gender', patient, 'Patient'), 'nothing is as good as false')
  t.ok(keeps('birthDate < @2000-01-01', { ...patient, birthDate: '2000' }, 'Patient'), 'nobody knows')
})

t.test('a primitive without a value has its extensions', async t => {
  const twin = { extension: [{ url: 'http://a', valueBoolean: true }] }
  t.ok(keeps("extension('http://a').exists()", undefined, 'code', twin))
  t.notOk(keeps("extension('http://b').exists()", undefined, 'code', twin))
})

t.test('what does not compile says why', async t => {
  t.throws(() => compile('name.where(', 'Patient', 'own'), { message: /not valid FHIRPath/ })
  t.throws(() => compile("defineVariable('a')", 'Patient', 'own'), { message: /not known here/ })
})

t.test('an expression of others than R4 is given up, and all of them together', async t => {
  const name = Array.from({ length: 100 }, (_, n) => ({ given: Array.from({ length: 10 }, (_, m) => `${n}-${m}`) }))
  const resource: Resource = { resourceType: 'Patient', name }
  const dear =
    'name.all(%resource.name.where(given contains %context.id).count() + given.first().length() > 0 or %resource.descendants().exists())'
  const endless = 'name.select($this.given.select(%resource.name.given.select($this & name))).count() >= 0'
  const around = { resource, allowance: { left: 500_000 } }
  t.throws(() => compile(endless, 'Patient', 'own')(resource, undefined, around), { message: /too many steps/ })
  t.ok(around.allowance.left < 500_000, 'it is charged for')
  const spent = { resource, allowance: { left: 10 } }
  t.throws(() => compile(dear, 'Patient', 'own')(resource, undefined, spent), { message: /too many steps/ })
  t.ok(compile('name.exists()', 'Patient', 'core')(resource, undefined, spent), "R4's own are not")
})
