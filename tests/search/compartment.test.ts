import t from 'tap'
import { compartment } from '../../src/search/compartment.ts'
import { none } from '../../src/search/node.ts'
import { definitions, known } from './parse/asking.ts'

t.test('a type is in a compartment by any of its links', async t => {
  const { where } = compartment(definitions, 'Patient', '1')
  t.same(where('Condition'), {
    is: 'or',
    of: [
      { is: 'term', slot: 'patient', texts: ['Patient/1'] },
      { is: 'term', slot: 'asserter', texts: ['Patient/1'] },
    ],
  })
  t.same(where('Encounter'), { is: 'term', slot: 'patient', texts: ['Patient/1'] })
})

t.test('the resource itself is in its compartment', async t => {
  for (const { code } of definitions.compartments) {
    const { types, where } = compartment(definitions, code, '1')
    t.ok(types.includes(code), code)
    const node = where(code)
    t.match(node.is === 'or' ? node.of[0] : node, { is: 'id', ids: ['1'] }, code)
  }
})

t.test('a type that is never in it is not found', async t => {
  const { types, where } = compartment(definitions, 'Patient', '1')
  t.same(where('Medication'), none)
  t.notOk(types.includes('Medication'))
  t.ok(types.includes('Observation'))
})

t.test('a type without compartments is refused', async t => {
  t.throws(() => compartment(definitions, 'Group', '1'), {
    status: 404,
    message:
      'there are no compartments of Group: expected one of Device, Encounter, Patient, Practitioner, RelatedPerson',
  })
})

t.test('every link is a reference parameter of its type that may lead to the compartment’s', async t => {
  for (const { code: type, resources } of definitions.compartments) {
    for (const [of, links] of Object.entries(resources)) {
      for (const link of links.filter(code => code !== '{def}')) {
        const parameter = known.parameters.of(of).get(link)
        t.equal(parameter?.type, 'reference', `${of} ${link}`)
        t.ok(parameter?.target?.includes(type), `${of} ${link} leads to ${type}`)
      }
    }
  }
})
