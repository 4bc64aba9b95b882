/** What is said of definitions that cannot be searched by. https://hl7.org/fhir/R4/searchparameter.html */
import t from 'tap'
import { loadDefinitions } from '../../../src/conformance/definitions.ts'
import { ownParameter } from '../../../src/conformance/search-parameter.ts'
import { isResource, type Resource } from '../../../src/fhir/resource.ts'
import { accepted, type OwnDefinition, resourceIssues } from '../../../src/search/own/beside.ts'
import { searchParameters } from '../../../src/search/parameters.ts'
import { definition } from '../../interactions/own-definitions.ts'

const definitions = loadDefinitions()
const r4 = { shapes: definitions.shapes, parameters: searchParameters(definitions) }

function resource(more: object, id = 'mine'): Resource {
  const made = JSON.parse(JSON.stringify(definition(id, 'mine', more)))
  if (!isResource(made)) throw new Error('not a resource')
  return made
}

function brought(more: object, id: string): OwnDefinition {
  const parameter = ownParameter(resource(more, id))
  if (!parameter) throw new Error('not active')
  return { parameter, from: `SearchParameter/${id}` }
}

/** `expression: text` of each. */
function issues(more: object, others: readonly OwnDefinition[] = []): string[] {
  return resourceIssues(r4, others, resource(more), 'SearchParameter').map(
    ({ expression, diagnostics, severity }) => `${severity} ${expression}: ${diagnostics}`,
  )
}

const url = (name: string) => `http://hl7.org/fhir/SearchParameter/${name}`
const pair = [
  { definition: url('clinical-code'), expression: 'code' },
  { definition: url('Observation-value-quantity'), expression: 'value' },
]
const composite = { type: 'composite', base: ['Observation'], expression: 'Observation.component', component: pair }

t.test('good ones of all types', async t => {
  const good: object[] = [
    {},
    { type: 'string', expression: 'Patient.name.text' },
    { type: 'date', expression: 'Patient.contact.period' },
    { type: 'number', expression: "Patient.extension('http://x').value.ofType(decimal)" },
    { type: 'uri', expression: 'Patient.identifier.system' },
    { type: 'quantity', base: ['Observation'], expression: 'Observation.referenceRange.low' },
    { type: 'reference', expression: 'Patient.contact.organization', target: ['Organization'] },
    { base: ['DomainResource'], expression: 'DomainResource.text.status' },
    { base: ['Resource'], type: 'uri', expression: 'Resource.implicitRules' },
    { base: ['Patient', 'Practitioner'], expression: 'Patient.communication.language | Practitioner.communication' },
    { type: 'string', expression: 'Patient.name.given.substring(0, 2)' },
    composite,
  ]
  for (const more of good) t.same(issues(more), [], JSON.stringify(more))
})

const bad: [string, object, string][] = [
  [
    'a code that means something else in a URL',
    { code: 'a:b' },
    "code: the code 'a:b' cannot stand in a URL as the name of a parameter: expected a letter, and after it at most 63 letters, digits, - and _",
  ],
  ['a code like those of the specification', { code: '_mine' }, "code: the code '_mine' cannot stand in a URL"],
  ['a special parameter', { type: 'special' }, 'type: a special parameter is answered by rules of its own'],
  [
    'a type that there is not',
    { type: 'text' },
    "type: there is no parameter type 'text': expected one of composite, date, number, quantity, reference, string, token, uri",
  ],
  [
    'a base that there is not',
    { base: ['Patient', 'Pateint'] },
    "base[1]: there is no resource type 'Pateint' (did you mean 'Patient'?)",
  ],
  ['a data type as base', { base: ['HumanName'] }, "base[0]: there is no resource type 'HumanName'"],
  [
    'a target that there is not',
    { type: 'reference', expression: 'Patient.link.other', target: ['Patient', 'Human'] },
    "target[1]: there is no resource type 'Human'",
  ],
  [
    'a code of R4',
    { code: 'gender' },
    "code: 'gender' of Patient is defined by FHIR R4 (http://hl7.org/fhir/SearchParameter/individual-gender): expected another code",
  ],
  [
    'a code that one of its bases has already',
    { code: 'status', base: ['Patient', 'Observation'], expression: 'Patient.gender | Observation.method' },
    "code: 'status' of Observation is defined by FHIR R4",
  ],
  [
    'no expression',
    { expression: undefined },
    'expression: there is no expression: expected one that tells what is searched',
  ],
  ['a broken expression', { expression: 'Patient.name.where(' }, 'expression: '],
  ['an unknown function', { expression: 'Patient.name.shout()' }, 'expression: '],
  ['an element that there is not', { expression: 'Patient.colour' }, "expression: 'Patient.colour' names "],
  [
    'an expression about another type',
    { expression: 'Observation.code' },
    "expression: 'Observation.code' finds no element in Patient",
  ],
  [
    'an expression that one of its bases does not answer',
    { base: ['Patient', 'Practitioner'], expression: 'Patient.maritalStatus' },
    "expression: 'Patient.maritalStatus' finds no element in Practitioner",
  ],
  [
    'a type that does not fit',
    { type: 'date', expression: 'Patient.name' },
    "expression: 'Patient.name' finds HumanName, which a date parameter does not search (expected ",
  ],
  [
    'a number that is a string',
    { type: 'number', expression: 'Patient.name.family' },
    "expression: 'Patient.name.family' finds string, which a number parameter does not search",
  ],
  [
    'a composite of one',
    { ...composite, component: pair.slice(0, 1) },
    'component: a composite has 1 components: expected two or more',
  ],
  [
    'a component that is not known',
    { ...composite, component: [pair[0], { definition: 'http://x', expression: 'value' }] },
    'component[1].definition: no search parameter http://x is known here: expected one that is stored already',
  ],
  [
    'a component that is a composite',
    { ...composite, component: [pair[0], { definition: url('Observation-code-value-quantity'), expression: 'value' }] },
    'component[1].definition: http://hl7.org/fhir/SearchParameter/Observation-code-value-quantity is a composite parameter',
  ],
  [
    'a component that finds nothing',
    { ...composite, component: [pair[0], { ...pair[1], expression: 'colour' }] },
    'component[1].expression: ',
  ],
  [
    'a component that does not fit',
    { ...composite, component: [pair[0], { ...pair[1], expression: 'code' }] },
    "component[1].expression: 'code' finds CodeableConcept, which a quantity parameter does not search",
  ],
  [
    'a composite whose places only the engine finds',
    { ...composite, expression: 'Observation.component.first().select($this)' },
    'expression: ',
  ],
]

t.test('bad ones are told what is wrong, and where', async t => {
  for (const [name, more, start] of bad) {
    const [first = 'nothing', ...rest] = issues(more)
    t.ok(first.startsWith(`error SearchParameter.${start}`), `${name}: ${first}`)
    t.same(rest, [], name)
  }
})

t.test('several mistakes are told at once', async t => {
  t.equal(issues({ code: '', type: 'x', base: ['X', 'Y'], target: ['Z'] }).length, 5)
})

t.test('what others have is taken', async t => {
  const other = brought({ code: 'mine', expression: 'Patient.gender' }, 'other')
  t.same(issues({}, [other]), [
    "error SearchParameter.code: 'mine' of Patient is defined by http://kiln.test/SearchParameter/other: expected another code",
  ])
  t.same(
    issues({ base: ['Practitioner'], expression: 'Practitioner.gender' }, [other]),
    [],
    'of another type it is free',
  )
  t.same(issues({ url: other.parameter.url, code: 'new' }, [other]), [
    'error SearchParameter.url: http://kiln.test/SearchParameter/other is defined by SearchParameter/other already: expected a URL of its own',
  ])
  t.same(issues({}, [brought({}, 'mine')]), [], 'its own former version is no other')
})

t.test('what is not in force is not judged, nor is a copy of what R4 defines', async t => {
  for (const status of ['draft', 'retired', 'unknown']) t.same(issues({ status, expression: 'nonsense(' }), [], status)
  t.same(issues({ url: url('individual-gender'), code: 'gender', expression: 'Patient.name' }), [])
})

t.test('of those that exclude each other the earlier is in force; composites find what they are made of', async t => {
  const part = brought({ base: ['Observation'], code: 'part', expression: 'Observation.component.code' }, 'part')
  const whole = { ...composite, component: [{ definition: part.parameter.url, expression: 'code' }, pair[1]] }
  const all = [
    brought(whole, 'whole'),
    part,
    brought({ base: ['Observation'], code: 'part', expression: 'Observation.method' }, 'late'),
    brought({ code: 'bad', expression: 'nonsense(' }, 'bad'),
  ]
  const from = (list: readonly OwnDefinition[]) => accepted(r4, list).map(each => each.from)
  t.same(from(all), ['SearchParameter/part', 'SearchParameter/whole'])
  t.same(from(all.filter(each => each !== part)), ['SearchParameter/late'])
})
