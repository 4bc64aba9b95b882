/** Elements that are taken out of resources, compared, and put back. */
import t from 'tap'
import { loadDefinitions } from '../../../src/conformance/definitions.ts'
import { difference, elementsNamed, only, restored, treeOf, without } from '../../../src/security/access/elements.ts'

const { shapes } = loadDefinitions()
const paths = (text: string, type = 'Patient') => {
  const found = elementsNamed(text, type, shapes)
  return 'paths' in found ? found.paths.join(' ') : found.unknown
}

t.test('elements are named as FHIRPath does, or as the definitions do', async t => {
  t.equal(paths('Patient.telecom'), 'telecom')
  t.equal(paths('contact.telecom'), 'contact.telecom')
  t.equal(paths('deceased[x]'), 'deceasedBoolean deceasedDateTime')
  t.equal(paths('deceased'), 'deceasedBoolean deceasedDateTime')
  t.equal(paths('deceasedBoolean'), 'deceasedBoolean')
  t.equal(paths('name.period.start'), 'name.period.start')
  t.match(paths('value', 'Observation'), /valueQuantity .*valuePeriod/)
})

t.test('what there is not is not named', async t => {
  for (const name of ['phone', 'contact.phone', '', 'Observation.status', 'telecom.', 'constructor', '__proto__']) {
    t.match(paths(name), /has no element/, name)
  }
  for (const name of ['id', 'meta', 'Patient.meta.security', 'resourceType'])
    t.match(paths(name), /every resource/, name)
})

t.test('elements are taken out with all that belongs to them, and what nothing is left of', async t => {
  const tree = treeOf(['birthDate', 'name.given', 'contact.telecom', 'contact.telecom.value'])
  const patient = {
    ...{ birthDate: '1980', _birthDate: { id: 'x' }, gender: 'male' },
    name: [{ family: 'A', given: ['B', null], _given: [null, { id: 'c' }] }, { given: ['only'] }],
    contact: [{ telecom: [{ value: '1' }] }],
  }
  t.same(without(patient, tree), { gender: 'male', name: [{ family: 'A' }] })
  t.same(only(patient, treeOf(['name.given'])), {
    name: [{ given: ['B', null], _given: [null, { id: 'c' }] }, { given: ['only'] }],
  })
})

t.test('the first element that differs is told', async t => {
  const one = { gender: 'male', name: [{ family: 'A', given: ['B'] }] }
  t.equal(difference(one, { ...one, birthDate: '1980' }, ['gender', 'name.family']), undefined)
  t.equal(difference(one, { ...one, name: [{ family: 'C', given: ['B'] }] }, ['gender', 'name.family']), 'name.family')
  t.equal(difference(one, {}, ['gender']), 'gender')
  t.equal(difference({}, {}, ['gender']), undefined)
})

t.test('what was taken out is put back, wherever the list went', async t => {
  const tree = treeOf(['telecom', 'contact.telecom', 'text'])
  const [mother, father] = [
    { name: 'M', telecom: ['m'] },
    { name: 'F', telecom: ['f'] },
  ]
  const unseen = { telecom: ['nobody'] }
  const before = { telecom: ['t'], contact: [mother, father, unseen], gender: 'female' }
  const back = (contact: object[] | undefined) =>
    restored({ ...(contact && { contact }) } as never, before, tree)['contact']
  t.same(restored(without(before, tree), before, tree), before)
  t.same(back([{ name: 'F' }, { name: 'M' }]), [father, mother, unseen], 'put in another order')
  t.same(back([{ name: 'F' }]), [father, unseen], 'one was removed')
  t.same(back([{ name: 'X' }, { name: 'F' }]), [{ ...mother, name: 'X' }, father, unseen], 'one was changed')
  t.same(back([{ name: 'X' }, { name: 'M' }, { name: 'F' }]), [{ name: 'X' }, mother, father, unseen], 'one was added')
  t.same(back(undefined), [unseen], 'what is not shown cannot be removed')
  t.same(back([{ name: 'M' }, { name: 'M' }]), [mother, { ...father, name: 'M' }, unseen], 'each gives once')
})
