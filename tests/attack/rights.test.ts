/** Tokens that are good, used for more than they were issued for. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html */
import { observation } from '../security/hospital.ts'
import type { Asked } from '../security/twins.ts'
import type { Loose } from '../world.ts'
import {
  attacking,
  bundle,
  byForm,
  entry,
  everything,
  get,
  names,
  patch,
  post,
  put,
  remove,
  type Somebody,
} from './victim.ts'

const patient = 'mine'
const vitals: Somebody = { scope: 'patient/Observation.cruds?category=vital-signs patient/Condition.rs', patient }
const vital = ['Observation/through', 'Observation/vital', 'Observation/gone'].sort()
const fresh = (category: string): Loose => observation('x', 'mine', category)

/** What a token for vital signs finds, in whichever way the others are asked for. */
const granular: Readonly<Record<string, readonly [asked: Asked, found: readonly string[]]>> = {
  'asking for all': [get('Observation'), vital],
  'the other category': [get('Observation?category=laboratory'), []],
  'a list with the other category': [get('Observation?category=vital-signs,laboratory'), vital],
  'a list with anything': [get('Observation?category=laboratory,&code:missing=false'), []],
  'its negation': [get('Observation?category:not=vital-signs'), []],
  'another negation': [get('Observation?category:not=none'), vital],
  'its absence': [get('Observation?category:missing=true'), []],
  'its words': [get('Observation?category:text=lab'), []],
  'a filter': [get('Observation?_filter=category eq laboratory'), []],
  'a filter with or': [get('Observation?_filter=category eq laboratory or category ne laboratory'), vital],
  'a filter with not': [get('Observation?_filter=not (category eq vital-signs)'), []],
  'a filter of ids': [get('Observation?_filter=_id eq lab'), []],
  'its id': [get('Observation?_id=lab'), []],
  'an id of a list': [get('Observation?_id=lab,vital'), ['Observation/vital']],
  'its tag': [get('Observation?_tag=laboratory'), []],
  'its text': [get('Observation?_text=pulse'), vital],
  'a search of all types': [get('?_type=Observation&_id=lab'), []],
  'the compartment': [get('Patient/mine/Observation'), vital],
  'all of the compartment': [get('Patient/mine/*?_type=Observation'), vital],
  'a form': [byForm('Observation', 'category=laboratory'), []],
  'a form and the URL': [
    post('Observation/_search?category=vital-signs', 'category=laboratory', {
      'content-type': 'application/x-www-form-urlencoded',
    }),
    [],
  ],
  'another parameter of the name': [get('Observation?category=vital-signs&category=laboratory'), []],
  'a reference to it': [get('Condition?evidence-detail:Observation.category=laboratory'), []],
  'a reference to its id': [get('Condition?evidence-detail:Observation._id=lab'), []],
  'what it is included by': [get('Condition?_id=sugar&_include=Condition:evidence-detail'), ['Condition/sugar']],
  'what includes all': [get('Condition?_id=sugar&_include=*&_revinclude=*'), ['Condition/sugar']],
  'one that has it as a member': [get('Observation?_has:Observation:has-member:_id=points'), []],
  'the lenient way': [get('Observation?category=laboratory', { prefer: 'handling=lenient' }), []],
}

/** What the same token is refused. */
const shut: Readonly<Record<string, readonly [status: number, asked: Asked]>> = {
  'reading it': [404, get('Observation/lab')],
  'reading its first version': [404, get('Observation/lab/_history/1')],
  'its history': [404, get('Observation/lab/_history')],
  'its labels': [404, get('Observation/lab/$meta')],
  'making one': [403, post('Observation', fresh('laboratory'))],
  'a list that has it': [403, get('Observation?_list=problems')],
  'making one without category': [403, post('Observation', { ...fresh('laboratory'), category: undefined })],
  'making one with the category in its code': [
    403,
    post('Observation', { ...fresh('survey'), code: { coding: [{ code: 'vital-signs' }] } }),
  ],
  'relabelling it': [405, put('Observation/lab', observation('lab', 'mine', 'vital-signs'))],
  'relabelling it by a patch': [
    404,
    patch('Observation/lab', [{ op: 'replace', path: '/category/0/coding/0/code', value: 'vital-signs' }]),
  ],
  'relabelling one’s own': [403, put('Observation/vital', observation('vital', 'mine', 'laboratory'))],
  'relabelling by a condition': [
    403,
    put('Observation?identifier=urn:obs|o-vital', observation('vital', 'mine', 'laboratory')),
  ],
  'relabelling in a transaction': [
    403,
    post('', bundle('transaction', entry('PUT', 'Observation/vital', observation('vital', 'mine', 'survey')))),
  ],
}

type Case = readonly [somebody: Somebody, asked: Asked, status: number]
const who = (scope: string, more: Omit<Somebody, 'scope'> = {}): Somebody => ({ scope, patient, ...more })
const made = bundle('transaction', entry('POST', 'Observation', fresh('laboratory')))
const condition = { resourceType: 'Condition', subject: { reference: 'Patient/mine' } }

const escalations: Readonly<Record<string, Case>> = {
  'read is not write (v1)': [who('patient/*.read'), post('Observation', fresh('laboratory')), 403],
  'read is not change (v1)': [who('patient/*.read'), put('Observation/lab', observation('lab', 'mine')), 403],
  'read is not delete (v1)': [who('patient/*.read'), remove('Observation/lab'), 403],
  'write is not read (v1)': [who('patient/*.write'), get('Observation/lab'), 403],
  'write is not search (v1)': [who('patient/*.write'), get('Observation'), 403],
  'r is not s': [who('patient/*.r'), get('Observation'), 403],
  'r is not s by form': [who('patient/*.r'), byForm('Observation', 'code=x'), 403],
  'r is not s of a compartment': [who('patient/*.r'), get('Patient/mine/Observation'), 403],
  'r is not s of all types': [who('patient/*.r'), get('?_type=Observation'), 403],
  's is not r': [who('patient/*.s'), get('Observation/lab'), 403],
  's is not vread': [who('patient/*.s'), get('Observation/lab/_history/1'), 403],
  's is not history': [who('patient/*.s'), get('Observation/lab/_history'), 403],
  'c is not u': [who('patient/*.c'), put('Observation/lab', observation('lab', 'mine')), 403],
  'u is not c': [who('patient/*.u'), post('Observation', fresh('laboratory')), 403],
  'u is not d': [who('patient/*.u'), remove('Observation/lab'), 403],
  'd is not u': [who('patient/*.d'), patch('Observation/lab', []), 403],
  'c is not c of another type': [who('patient/Condition.c'), post('Observation', fresh('laboratory')), 403],
  'c of one type does not make another in a transaction': [who('patient/Condition.c'), post('', made), 403],
  'c of one type does not make another in a batch of one': [
    who('patient/Condition.c'),
    post('', { ...made, type: 'transaction' }),
    403,
  ],
  'rs of a patient is nothing without one': [{ scope: 'patient/*.rs' }, get('Observation/lab'), 403],
  'a patient of one token is not that of another': [
    who('patient/*.rs', { patient: 'third' }),
    get('Observation/lab'),
    404,
  ],
  'user scopes are nothing without a policy': [
    who('user/*.cruds', { user: 'Practitioner/doctor' }),
    get('Patient'),
    403,
  ],
  'identity is no right': [who('openid fhirUser profile offline_access launch/patient'), get('Patient/mine'), 403],
  'no scope is no right': [who(''), get('Patient/mine'), 403],
  'a scope in capitals is none': [who('PATIENT/*.RS'), get('Patient/mine'), 403],
  'a scope of a type that begins alike is none': [who('patient/Observations.rs'), get('Observation'), 403],
  'a scope in the wrong order is none': [who('patient/Observation.sr'), get('Observation'), 403],
  'a scope with blanks encoded is none': [who('patient/*.rs%20system/*.rs'), get('Patient/mine'), 403],
  'a scope with a line break is none': [who('patient/*.r\nsystem/*.rs'), get('Patient/other'), 403],
  'a criterion that is not understood opens nothing': [
    who('patient/Observation.rs?colour=red'),
    get('Observation'),
    403,
  ],
  'a criterion of a chain opens nothing where it is closed': [
    who('patient/Observation.rs?subject:Patient.gender=male'),
    get('Observation/lab'),
    404,
  ],
  'an operation is no way round r': [who('patient/*.s'), get('Observation/lab/$meta'), 403],
  'an operation is no way round u': [
    who('patient/*.rs'),
    post('Observation/lab/$meta-add', {
      resourceType: 'Parameters',
      parameter: [{ name: 'meta', valueMeta: { tag: [{ code: 'x' }] } }],
    }),
    403,
  ],
  'a package is for administrators': [who('patient/*.cruds user/*.cruds'), post('$install-package', {}), 403],
  'a launch is about no other patient': [
    who('patient/*.cruds'),
    post('$launch', { resourceType: 'Parameters', parameter: [{ name: 'patient', valueString: 'other' }] }),
    404,
  ],
  'a condition is no way round s': [
    who('patient/Observation.c'),
    post('Observation', fresh('laboratory'), { 'if-none-exist': 'identifier=urn:obs|o-lab' }),
    403,
  ],
  'a conditional delete is no way round s': [who('patient/Observation.d'), remove('Observation?_id=lab'), 403],
  'a chain is no way round s': [who('patient/Condition.rs'), get('Condition?evidence-detail:Observation.code=x'), 403],
  '_has is no way round s': [who('patient/Patient.rs'), get('Patient?_has:Observation:subject:code=x'), 403],
  'a reference to make is no way round s': [
    who('patient/Condition.c'),
    post(
      '',
      bundle('transaction', entry('POST', 'Condition', { ...condition, asserter: { reference: 'Patient?name=Mine' } })),
    ),
    403,
  ],
}

await attacking(async (t, attack) => {
  const { as, some } = attack
  const ask = as(vitals)
  const before = await everything(attack)

  for (const [way, [asked, found]] of some(granular)) {
    await t.test(`a token for vital signs is not widened by ${way}`, async t => {
      const reply = await ask(asked)
      t.same([reply.status, names(reply)], [200, found], reply.json.slice(0, 300))
    })
  }
  for (const [way, [status, asked]] of some(shut)) {
    await t.test(`a token for vital signs is refused ${way}`, async t => {
      const reply = await ask(asked)
      t.equal(reply.status, status, reply.json.slice(0, 300))
    })
  }
  for (const [rule, [somebody, asked, status]] of some(escalations)) {
    await t.test(rule, async t => {
      const reply = await as(somebody)(asked)
      t.equal(reply.status, status, reply.json.slice(0, 300))
      t.notMatch(reply.json, /"(given|valueQuantity|birthDate)"/)
    })
  }
  await t.test('nothing was changed by all that', async t => t.equal(await everything(attack), before))

  await t.test('glass that an app says it breaks opens nothing', async t => {
    const app = as(who('patient/*.cruds'))
    const parameter = [
      { name: 'patient', valueString: 'Patient/other' },
      { name: 'reason', valueString: 'curious' },
    ]
    await app(post('$break-glass', { resourceType: 'Parameters', parameter }))
    t.equal((await app(get('Patient/other'))).status, 404)
    t.same(names(await app(get('Observation?subject=Patient/other'))), [])
  })

  await t.test('scopes of both versions add up, and no further', async t => {
    const both = as({ scope: 'patient/Condition.read patient/Observation.r?category=vital-signs', patient })
    t.equal((await both(get('Condition'))).status, 200)
    t.equal((await both(get('Observation/vital'))).status, 200)
    t.equal((await both(get('Observation/lab'))).status, 404)
    t.equal((await both(get('Observation'))).status, 403)
    const wide = as({
      scope: 'patient/Observation.rs?category=survey patient/Observation.rs?category=vital-signs',
      patient,
    })
    t.same(names(await wide(get('Observation'))), vital)
  })

  await t.test('criteria of a scope with several values mean all that they say and nothing else', async t => {
    const or = as({ scope: 'patient/Observation.rs?category=vital-signs,survey', patient })
    t.same(names(await or(get('Observation'))), vital)
    const and = as({ scope: 'patient/Observation.rs?category=vital-signs&category=laboratory', patient })
    t.same(names(await and(get('Observation'))), [])
    const not = as({ scope: 'patient/Observation.rs?category:not=laboratory', patient })
    t.same(names(await not(get('Observation'))), vital)
  })
})
