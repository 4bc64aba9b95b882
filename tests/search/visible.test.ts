/** Which search parameters would tell of hidden elements. */
import t from 'tap'
import { loadDefinitions } from '../../src/conformance/definitions.ts'
import { searchParameters } from '../../src/search/parameters.ts'
import { visibleCompartments, visibleParameters } from '../../src/search/visible.ts'

const definitions = loadDefinitions()
const { shapes, compartments, searchParameters: published } = definitions
const parameters = searchParameters(definitions)

function gone(type: string, ...hidden: string[]): string {
  const visible = visibleParameters(parameters, of => (of === type ? hidden : []), shapes)
  return [...parameters.of(type).keys()]
    .filter(code => !visible.of(type).has(code))
    .sort()
    .join(' ')
}

t.test('those that lead to the element, into it, or to what holds it', async t => {
  t.equal(gone('Patient', 'telecom'), 'email phone telecom')
  t.equal(gone('Patient', 'contact.telecom'), '')
  t.equal(gone('Patient', 'name.family'), 'family name phonetic')
  t.equal(gone('Patient', 'deceasedBoolean'), 'deceased')
  t.equal(gone('Patient', 'deceasedBoolean', 'deceasedDateTime'), 'death-date deceased')
  t.equal(gone('Patient', 'birthDate'), 'birthdate')
  t.equal(gone('Observation', 'subject'), 'patient subject')
  t.equal(gone('Encounter', 'participant'), 'participant participant-type practitioner')
  t.equal(gone('Condition', 'note'), '')
})

t.test('composites of which it is a part', async t => {
  t.match(gone('Observation', 'valueQuantity'), /\bcode-value-quantity\b.*\bvalue-quantity\b/)
  t.match(gone('Observation', 'component.valueQuantity'), /\bcomponent-code-value-quantity\b/)
  t.match(gone('Observation', 'code'), /\bcode\b.*\bcode-value-concept\b.*\bcombo-code\b/)
})

t.test('those of other types stay', async t => {
  const visible = visibleParameters(parameters, of => (of === 'Patient' ? ['telecom'] : []), shapes)
  t.ok(visible.of('Practitioner').has('phone'))
  t.equal(visible.of('Person'), parameters.of('Person'))
})

t.test('definitions of a tenant are taken at their worst', async t => {
  const own = (expression: string) => ({
    ...{ url: 'urn:own', name: 'own', code: 'own', base: ['Patient'], type: 'token', own: true, expression },
  })
  const isShown = (expression: string): boolean => {
    const all = searchParameters({ ...definitions, searchParameters: [...published, own(expression) as never] })
    return visibleParameters(all, () => ['telecom'], shapes)
      .of('Patient')
      .has('own')
  }
  for (const expression of [
    ...['Patient.telecom', 'Patient.telecom.value', 'Patient', 'Patient.children()', 'Patient.descendants().value'],
    ...['%resource.telecom', '%context.name', 'Patient.where(true).telecom', 'Patient.`tele\\u0063om`.value'],
    ...["Patient.where('| Practitioner.a' = '').telecom", '(Patient | Practitioner.name).telecom', 'Patient.`telecom`'],
    ...["iif(telecom.exists(), 'a', 'b')", 'Patient.name.where(%resource.telecom.exists())', 'Patient.select(telecom)'],
    ...['(Practitioner.name | Patient).telecom', 'Patient.repeat($this)', 'Patient.trace(name)'],
  ]) {
    t.notOk(isShown(expression), expression)
  }
  for (const expression of [
    'Patient.name',
    "Patient.name.where(use = 'official')",
    'Practitioner.telecom | Patient.gender',
  ]) {
    t.ok(isShown(expression), expression)
  }
})

t.test('compartments know nothing of links that are hidden', async t => {
  const hidden = (of: string) => (of === 'Observation' ? ['subject'] : [])
  const visible = visibleParameters(parameters, hidden, shapes)
  const left = visibleCompartments(compartments, visible, hidden).find(({ code }) => code === 'Patient')
  t.same(left?.resources['Observation'], ['performer'])
  t.same(left?.resources['Condition'], compartments.find(({ code }) => code === 'Patient')?.resources['Condition'])
})
