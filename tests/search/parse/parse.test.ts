import t from 'tap'
import { FhirError } from '../../../src/fhir/issue.ts'
import { fc } from '../../property.ts'
import { ask, asks, definitions, known, refusals } from './asking.ts'

t.test('a name is a parameter of the type, with or without modifier', async t => {
  t.same(asks('Patient?name=x'), ['name = x'])
  t.same(asks('Patient?name:exact=x&gender:not=male'), ['name:exact = x', 'gender:not = male'])
  t.same(
    asks('Observation?subject:Patient=1'),
    ['subject:Patient = 1'],
    'a type behind the last parameter is a modifier',
  )
  t.same(asks('Patient?_id=1&_lastUpdated=gt2024&_tag=x'), ['_id = 1', '_lastUpdated = gt2024', '_tag = x'])
})

t.test('a name given twice is two criteria, a comma parts alternatives', async t => {
  t.same(asks('Patient?given=a,b&given=c'), ['given = a or b', 'given = c'])
  t.same(asks('Patient?given=a\\,b,c\\\\,d'), ['given = a\\,b or c\\\\ or d'], 'what is escaped stays so')
  t.same(asks('Patient?given=a,,b,'), ['given = a or b'], 'empty alternatives ask for nothing')
})

t.test('what is empty is ignored, and the cache-buster', async t => {
  const { query } = ask('Patient?name=&=x&_=123&given=,&_format=json&_pretty=true')
  t.same(query.criteria, [])
  t.equal(query.understood.toString(), '')
})

t.test('a chain leads to the type that is named', async t => {
  t.same(asks('Observation?subject:Patient.name=x'), ['subject → Patient: name = x'])
  t.same(asks('Observation?subject:Patient.name:exact=x'), ['subject → Patient: name:exact = x'])
  t.same(asks('Observation?subject:Patient.organization:Organization.name=x'), [
    'subject → Patient: organization → Organization: name = x',
  ])
})

t.test('a chain without type leads to all types that have the next parameter', async t => {
  t.same(asks('Observation?subject.name=x'), ['subject → (Location: name = x, Patient: name = x)'])
  t.same(asks('Observation?patient.general-practitioner.name=x'), [
    'patient → Patient: general-practitioner → (Organization: name = x, Practitioner: name = x)',
  ])
  const [focus] = asks('Observation?focus.birthdate=2000')
  t.equal(focus, 'focus → (Patient: birthdate = 2000, Person: birthdate = 2000, RelatedPerson: birthdate = 2000)')
})

t.test('_has leads backwards, and mixes with chains in any order', async t => {
  t.same(asks('Patient?_has:Observation:patient:code=x'), ['← Observation.patient, code = x'])
  t.same(asks('Patient?_has:Observation:patient:code:not=x'), ['← Observation.patient, code:not = x'])
  t.same(asks('Patient?_has:Observation:patient:_has:AuditEvent:entity:agent=x'), [
    '← Observation.patient, ← AuditEvent.entity, agent = x',
  ])
  t.same(asks('Observation?subject:Patient._has:Group:member:_id=1'), ['subject → Patient: ← Group.member, _id = 1'])
  t.same(asks('Patient?_has:Observation:patient:performer:Practitioner.name=x'), [
    '← Observation.patient, performer → Practitioner: name = x',
  ])
  t.same(asks('Encounter?patient._has:Observation:patient:performer:Practitioner.name:exact=x'), [
    'patient → Patient: ← Observation.patient, performer → Practitioner: name:exact = x',
  ])
})

t.test('_list asks for what List resources refer to', async t => {
  t.same(asks('Patient?_list=42,43'), ['← List.item, _id = 42 or 43'])
  t.same(asks('Observation?patient._list=42'), ['patient → Patient: ← List.item, _id = 42'])
  t.same(refusals('Patient?_list=$current-allergies'), [
    "_list: functional lists such as '$current-allergies' are not supported: expected ids of List resources",
  ])
  t.same(refusals('Patient?_list=List/1'), ["_list: 'List/1' is not an id: expected ids of List resources"])
  t.same(refusals('Patient?_list:not=1'), ["_list:not: '_list' stands alone: it takes no modifier, received ':not'"])
})

t.test('an unknown name is refused with what there is', async t => {
  const [text = ''] = refusals('Patient?famly=x')
  t.match(text, /^famly: Patient has no search parameter 'famly' \(did you mean 'family'\?\): expected one of /)
  for (const name of ['birthdate', 'organization', '_count', '_has', '_filter']) t.match(text, name)
  t.match(refusals('Patient?_conut=1')[0], "did you mean '_count'?")
  t.match(refusals('Patient?code=x')[0], "Patient has no search parameter 'code'")
  t.match(refusals('Patient?_page:x=1')[0], "Patient has no search parameter '_page'")
})

t.test('a chain that leads nowhere is refused at the place where it ends', async t => {
  t.same(refusals('Observation?subject.nmae=x'), [
    "subject.nmae: 'subject' refers to Group, Device, Patient or Location, none of which has a search parameter 'nmae'",
  ])
  t.match(refusals('Observation?patient.famly=x')[0], /^patient\.famly: Patient has no .* \(did you mean 'family'\?\)/)
  t.match(refusals('Observation?subject.organization.nix=x')[0], "Organization has no search parameter 'nix'")
  t.match(refusals('Observation?subject.famly=x')[0], "(did you mean 'family'?)")
  t.same(refusals('Observation?subject:Encounter.status=x'), [
    "subject:Encounter.status: 'subject' of Observation never refers to Encounter: expected Group, Device, Patient or Location",
  ])
  t.same(refusals('Observation?subject:Patinet.name=x'), [
    "subject:Patinet.name: there is no resource type 'Patinet' (did you mean 'Patient'?)",
  ])
  t.match(
    refusals('Patient?name.family=x')[0],
    "'name' of Patient is a string, and only references lead to other resources",
  )
  t.match(refusals('Patient?name.family=x')[0], 'expected general-practitioner, link or organization')
  t.match(refusals('Observation?subject.=x')[0], 'subject.: expected the name of a search parameter at the end')
  t.match(refusals('Observation?.name=x')[0], "Observation has no search parameter ''")
})

t.test('a _has that leads nowhere is refused', async t => {
  for (const name of [
    '_has:Observation',
    '_has:Observation:patient',
    '_has:Observation:patient:',
    '_has:',
    '_has::a:b',
  ]) {
    t.same(refusals(`Patient?${name}=x`), [
      `${name}: expected _has:[type]:[reference parameter]:[parameter], as in _has:Observation:patient:code`,
    ])
  }
  t.match(
    refusals('Patient?_has:Observaton:patient:code=x')[0],
    "no resource type 'Observaton' (did you mean 'Observation'?)",
  )
  t.match(
    refusals('Patient?_has:Observation:encounter:code=x')[0],
    "'encounter' of Observation never refers to Patient",
  )
  t.match(refusals('Patient?_has:Observation:code:code=x')[0], "'code' of Observation is a token")
  t.match(refusals('Patient?_has:Observation:patient:cdoe=x')[0], "Observation has no search parameter 'cdoe'")
})

t.test('what no index knows stands alone', async t => {
  for (const name of ['_text', '_content', '_query']) {
    t.match(refusals(`Observation?patient.${name}=x`)[0], `'${name}' stands alone`)
  }
  t.match(refusals('Patient?_text:exact=x')[0], "'_text' stands alone: it takes no modifier")
  t.match(refusals('Observation?patient._filter=x')[0], "Patient has no search parameter '_filter'")
  t.same(refusals('Patient?_query=mine'), ["_query 'mine': this server has no named queries"])
})

t.test('a search without type is of all types, or of those that _type lists', async t => {
  t.equal(ask('?_id=1').query.types, known.types)
  t.same(ask('?_type=Patient,Observation,Patient&_id=1').query.types, ['Patient', 'Observation'])
  t.same(ask('?', { among: ['Patient', 'Condition'] }).query.types, ['Patient', 'Condition'])
  t.same(ask('?_type=Patient,Device', { among: ['Patient', 'Condition'] }).query.types, ['Patient', 'Device'])
  t.equal(ask('?_type=,').query.types, known.types)
  t.same(refusals('?_type=Patinet,Observation&_count=x'), [
    "_type: there is no resource type 'Patinet' (did you mean 'Patient'?)",
  ])
  t.match(refusals('Patient?_type=Patient')[0], '_type is for a search without type')
})

t.test('a search of several types takes what all of them have', async t => {
  const { query } = ask('?_type=Patient,Practitioner&family=x')
  t.equal(query.criteria[0]?.asks.size, 2)
  t.match(
    refusals('?_type=Patient,Observation&birthdate=2000')[0],
    /^birthdate: 'birthdate' is no search parameter of Observation; a search of several types takes what all of them have: .*identifier/,
  )
  t.match(refusals('?family=x')[0], /is no search parameter of Account, .* and \d+ more; a search/)
  t.equal(ask('?_text=x').query.words.length, 1, 'types without narrative have no words')
  t.match(refusals('?_type=Patient,Observation&_sort=birthdate')[0], "Observation has no search parameter 'birthdate'")
  t.same(refusals('?_type=Patient,DeviceMetric&_sort=identifier'), [])
  t.same(refusals('?_type=SearchParameter,Encounter&_sort=type'), [])
  t.match(
    refusals('?_type=StructureDefinition,Encounter&_sort=type')[0],
    "'type' is not of one kind for all types searched",
  )
})

t.test('sort keys', async t => {
  const { query } = ask('Patient?_sort=-family,birthdate,_id,-_lastUpdated,organization')
  t.same(
    query.sort.map(({ parameter, descending }) => `${descending ? '-' : ''}${parameter.code}`),
    ['-family', 'birthdate', '_id', '-_lastUpdated', 'organization'],
  )
  t.match(
    refusals('Patient?_sort=famly')[0],
    "_sort=famly: Patient has no search parameter 'famly' (did you mean 'family'?)",
  )
  t.same(refusals('Patient?_sort=_score'), ['_sort=_score: results have no score here'])
  t.same(refusals('Observation?_sort=code-value-quantity'), [
    "_sort=code-value-quantity: 'code-value-quantity' is a composite parameter, which has no order",
  ])
  t.match(refusals('Location?_sort=near')[0], 'a special parameter, which has no order')
  t.match(refusals('Patient?_sort=_text')[0], "'_text' stands alone")
  t.match(refusals('Patient?_sort=,')[0], "_sort=: Patient has no search parameter ''")
  t.same(refusals(`Patient?_sort=${Array(11).fill('name')}`), ['_sort has 11 keys: expected at most 10'])
  t.match(refusals('Patient?_sort:asc=name')[0], "'_sort' stands alone: it takes no modifier")
})

t.test('includes', async t => {
  const { query } = ask(
    'Observation?_include=Observation:subject&_include:iterate=Patient:organization:Organization&_revinclude=Provenance:*&_include=*',
  )
  t.match(query.includes, [
    {
      text: 'Observation:subject',
      reverse: false,
      iterate: false,
      source: 'Observation',
      parameter: { code: 'subject' },
    },
    { reverse: false, iterate: true, source: 'Patient', parameter: { code: 'organization' }, target: 'Organization' },
    { reverse: true, iterate: false, source: 'Provenance', parameter: undefined },
    { text: '*', reverse: false, source: undefined, parameter: undefined },
  ])
  const form = 'expected [type]:[reference parameter], [type]:[reference parameter]:[target type], [type]:* or *'
  for (const value of ['subject', 'a:b:c:d']) {
    t.same(refusals(`Observation?_include=${value}`), [`_include=${value}: ${form}`])
  }
  t.match(refusals('Observation?_include=Observaton:subject')[0], "no resource type 'Observaton'")
  t.match(refusals('Observation?_include=Observation:subjct')[0], "(did you mean 'subject'?)")
  t.match(
    refusals('Observation?_include=Observation:code')[0],
    "'code' of Observation is a token: expected a reference: based-on",
  )
  t.match(refusals('Observation?_include=Observation:subject:Encounter')[0], 'never refers to Encounter')
  t.match(refusals('Observation?_include=Observation:subject:Nix')[0], "no resource type 'Nix'")
  t.same(refusals('Observation?_include:recurse=Observation:subject'), [
    '_include:recurse: expected _include or _include:iterate',
  ])
})

t.test('how the answer is to look', async t => {
  const plain = ask('Patient').query
  t.match(plain, {
    count: 50,
    countOnly: false,
    total: 'none',
    explain: false,
    contained: { of: 'false', type: 'container' },
  })
  t.equal(plain.subset, undefined)
  const { query } = ask(
    'Patient?_count=20&_total=accurate&_maxresults=7&_explain=true&_contained=both&_containedType=contained',
  )
  t.match(query, { count: 20, total: 'accurate', most: 7, explain: true, contained: { of: 'both', type: 'contained' } })
  t.equal(ask('Patient?_page=abc').query.page, 'abc')
  t.same(ask('Patient?_elements=name&_summary=true').query.subset, { by: 'elements', names: new Set(['name']) })
})

t.test('no entries are wanted: the exact number is', async t => {
  for (const text of ['Patient?_count=0', 'Patient?_summary=count&_count=20', 'Patient?_count=0&_total=none']) {
    t.match(ask(text).query, { count: 0, countOnly: true, total: 'accurate' }, text)
  }
})

t.test('result parameters that make no sense are refused, forgiving or not', async t => {
  for (const handling of ['strict', 'lenient'] as const) {
    for (const value of ['-1', '1.5', 'x', '2147483648', '1e3', '99999999999', ' 1']) {
      const text = `_count '${value}': expected a whole number from 0 to 2147483647`
      t.same(refusals(`Patient?_count=${value}`, { handling }), [text])
    }
    t.same(refusals('Patient?_maxresults=0', { handling }), [
      "_maxresults '0': expected a whole number from 1 to 2147483647",
    ])
    t.same(refusals('Patient?_total=all', { handling }), ["_total 'all': expected one of none, estimate, accurate"])
    t.same(refusals('Patient?_count=1&_count=2', { handling }), ['_count is given 2 times: expected once'])
    t.match(refusals('Patient?_summary=some', { handling })[0], "_summary is 'some'")
    t.match(refusals('Patient?_elements=a.b', { handling })[0], '_elements')
    t.match(refusals('Patient?_explain=1', { handling })[0], "_explain '1': expected one of false, true")
    t.match(refusals('Patient?_summary=text&_include=Patient:organization', { handling })[0], 'cannot be mixed')
  }
})

t.test('all mistakes are told at once', async t => {
  const found = refusals('Patient?nix=1&_count=-1&subject.name=2&_sort=a,b&_include=x&_has:a=1')
  t.equal(found.length, 7)
  for (const part of ["'nix'", '_count', "'subject'", "'a'", "'b'", '_include=x', '_has:a']) {
    t.ok(
      found.some(text => text.includes(part)),
      part,
    )
  }
})

t.test('lenient handling leaves out what it cannot understand, and says so', async t => {
  const { query, issues } = ask(
    'Patient?nix=1&name=x&_sort=foo,-birthdate&_include=x&subject.name=2&_text=-&_query=q',
    {
      handling: 'lenient',
    },
  )
  t.same(
    query.criteria.map(({ name }) => name),
    ['name'],
  )
  t.equal(query.sort.length, 1)
  t.same(query.includes, [])
  t.equal(query.understood.toString(), 'name=x&_sort=-birthdate')
  t.ok(
    issues.every(
      ({ severity, diagnostics }) => severity === 'warning' && diagnostics.endsWith('(left out of the search)'),
    ),
  )
  t.equal(issues.length, 6)
  t.same(ask('Patient?name=x', { handling: 'lenient' }).issues, [])
})

t.test('what was understood is told in the order it came', async t => {
  const { query } = ask('Patient?_sort=name&gender=male&_page=abc&_count=5000&_format=json&_=1&name=&gender=female')
  t.equal(query.understood.toString(), '_sort=name&gender=male&_count=1000&gender=female')
})

t.test('a parameter that is being indexed can be refused wherever it stands', async t => {
  const refuse = (type: string, code: string) =>
    type === 'Patient' && code === 'general-practitioner' ? `'${code}' is being indexed, 12 %` : undefined
  const busy = { known: { ...known, refuse } }
  for (const text of [
    'Patient?general-practitioner=1',
    'Observation?patient.general-practitioner=1',
    'Patient?general-practitioner.name=1',
    'Practitioner?_has:Patient:general-practitioner:name=1',
    'Patient?_sort=general-practitioner',
    'Patient?_include=Patient:general-practitioner',
    'Patient?_filter=general-practitioner pr true',
  ]) {
    t.match(refusals(text, busy)[0], 'is being indexed, 12 %', text)
    t.same(refusals(text), [], `${text}: not when it is done`)
  }
})

t.test('limits', async t => {
  const values = (n: number) => `Patient?name=${Array.from({ length: n }, (_, at) => `v${at}`)}`
  t.same(refusals(values(10_000)), [])
  t.same(refusals(values(10_001)), ['name: has 10001 values, expected at most 10000'])
  const deep = (n: number) => `Patient?${'link:Patient.'.repeat(n)}name=x`
  t.same(refusals(deep(10)), [])
  t.match(refusals(deep(11))[0], 'follows more than 10 references: expected at most 10')
  t.match(refusals(deep(100_000))[0], 'follows more than 10 references')
  t.same(refusals(`Patient?${Array(200).fill('name=x').join('&')}`), [])
  t.same(refusals(`Patient?${Array(201).fill('name=x').join('&')}`), [
    'the search has 201 parameters: expected at most 200',
  ])
  t.same(refusals('Provenance?target.target.target.target.target._id=1'), [
    'target.target.target.target.target._id: branches into 2336 parts, and the whole search may have 500: name the types of references, as in subject:Patient.name, or ask for fewer values at once',
  ])
  t.match(refusals(`Basic?${'subject.'.repeat(10)}_id=1`)[0], /branches into \d{9} parts/)
  t.match(refusals(`Basic?_filter=${'subject[identifier eq a].'.repeat(10)}_id eq 1`)[0], /branches into \d{9,} parts/)
  t.same(refusals(Array(4).fill('focus._id=1').join('&').replace('', 'Observation?')).length, 1, 'all criteria count')
  t.match(refusals(`${values(4000)}`.replace('Patient?name', 'Observation?focus._id'))[0], 'branches into 580 parts')
})

t.test('a name of a million characters is refused in a short sentence', async t => {
  const [text = ''] = refusals(`Patient?${'x'.repeat(1_000_000)}=1`)
  t.ok(text.length < 2000, `${text.length}`)
})

t.test('control characters and operators of databases are text like any other', async t => {
  t.same(asks('Patient?name=a\0b'), ['name = a\0b'])
  t.same(asks('Patient?name={"$gt":""}'), ['name = {"$gt":""}'])
  t.match(refusals('Patient?na\0me=x')[0], "Patient has no search parameter 'na\0me'")
  for (const name of ['__proto__', 'constructor', 'toString', '__proto__.name', '_has:__proto__:a:b']) {
    t.equal(refusals(`Patient?${name}=x`).length, 1, name)
  }
})

const codes = [...known.parameters.of('Patient').keys(), ...known.parameters.of('Observation').keys()]
const names = fc.oneof(
  fc.string(),
  fc.constantFrom(...codes),
  fc
    .array(
      fc.constantFrom(
        ...codes,
        ...definitions.shapes.resourceTypes.slice(0, 20),
        '_has:',
        ':',
        '.',
        'Patient',
        'exact',
        'missing',
      ),
      { maxLength: 8 },
    )
    .map(parts => parts.join('')),
  fc.constantFrom(
    '_sort',
    '_count',
    '_include',
    '_revinclude:iterate',
    '_summary',
    '_elements',
    '_type',
    '_list',
    '_text',
    '_filter',
  ),
)
const values = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(...codes, '*', 'Patient:*', 'a,b\\', '-name', '0', 'x eq "y'),
)

t.test('whatever is asked is understood or refused', async t => {
  fc.assert(
    fc.property(
      fc.constantFrom('Patient', 'Observation', undefined),
      fc.array(fc.tuple(names, values), { maxLength: 6 }),
      fc.constantFrom('strict' as const, 'lenient' as const),
      (type, parameters, handling) => {
        try {
          ask(`${type ?? ''}?${parameters.map(pair => pair.join('=')).join('&')}`, { handling })
        } catch (error) {
          if (!(error instanceof FhirError) || error.status !== 400) throw error
        }
      },
    ),
    { numRuns: 1000 },
  )
  t.pass()
})
