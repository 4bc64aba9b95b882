/** Searches that lead by way of what is hidden find what they would find without it. */
import { app, attacking, bundle, entry, get, linkOf, names, post } from './victim.ts'

/** What the patient's app finds of its own. */
const found: Readonly<Record<string, readonly string[]>> = {
  // A reference is a part of the resource that has it; what it leads to is not.
  'Observation?has-member=Observation/lab-other': ['Observation/points'],
  'Observation?has-member:Observation.identifier=urn:obs|o-lab-other': [],
  'Observation?has-member.identifier=urn:obs|o-lab': ['Observation/points'],
  'Observation?has-member._id=lab-other': [],
  'Observation?has-member.subject.family=Other': [],
  'Observation?has-member.subject:Patient.family=Mine': ['Observation/points'],
  'Observation?subject.family=Other': [],
  'Observation?subject:Patient.identifier=urn:mrn|mrn-other': [],
  'Encounter?part-of.status=finished': [],
  'Encounter?part-of=Encounter/visit-other': ['Encounter/part'],
  'DiagnosticReport?result.identifier=urn:obs|o-lab-other': [],
  'Composition?entry:Observation.identifier=urn:obs|o-lab-other': [],
  'List?item:Condition.code=38341003': ['List/problems'],
  'List?item:Observation.identifier=urn:obs|o-lab-other': [],
  'Group?member:Patient.family=Other': [],
  // From what refers to it.
  'Observation?_has:Observation:derived-from:_id=pointer': [],
  'Observation?_has:Composition:entry:_id=letter-other': [],
  'Observation?_has:DiagnosticReport:result:_id=report-other': [],
  'Observation?_has:Provenance:target:_id=of-lab': [],
  'Observation?_has:List:item:_id=problems-other': [],
  'Condition?_has:Encounter:diagnosis:_id=visit-other': [],
  'Condition?_has:Encounter:diagnosis:_id=visit': ['Condition/sugar'],
  'Patient?_has:List:item:_id=problems-other': [],
  'Patient?_has:Group:member:_id=study': [],
  'Practitioner?_has:Observation:performer:code=only-there': [],
  'Practitioner?_has:Observation:performer:_has:Observation:derived-from:_id=pointer': [],
  'Practitioner?_has:Observation:performer:subject.family=Other': [],
  'DocumentReference?_has:DocumentReference:relatesto:_id=paper-other': [],
  // By lists, words, filters, absence.
  'Observation?_list=problems-other': [],
  'Condition?_list=problems': ['Condition/sugar'],
  'Patient?_list=problems-other': [],
  'Observation?_text=other': [],
  'Observation?_content=secret': [],
  'Observation?code:not=http://loinc.org|8867-4': [],
  'Observation?_filter=subject re Patient/other': [],
  'Observation?_filter=has-member.identifier eq "urn:obs|o-lab-other"': [],
  'Patient?_filter=not (family eq Mine)': ['Patient/linked'],
  'Patient?gender=male': ['Patient/linked'],
  Flag: [],
  'Coverage?payor=Patient/other': [],
  'Medication?_contained=true&_containedType=contained&code=urn:drugs|drug-of-other': [],
  'MedicationRequest?_contained=true&medication.code=urn:drugs|drug-of-other': [],
  'Patient/other/Observation': [],
  'Patient/other/*': ['Group/family'],
}

/** With what comes along, be it asked for at length. */
const included: readonly string[] = [
  'Observation?_id=points&_include=Observation:has-member',
  'Observation?_id=points&_include=*',
  'Observation?_id=points&_include:iterate=*&_revinclude:iterate=*',
  'Observation?_id=lab&_revinclude=*',
  'Observation?_id=lab&_revinclude=Observation:derived-from',
  'Observation?_id=lab&_revinclude=Composition:entry&_revinclude=List:item&_revinclude=DiagnosticReport:result',
  'Observation?_id=lab&_revinclude:iterate=Provenance:target&_include:iterate=Provenance:patient',
  'Patient?_id=mine&_revinclude=*',
  'Patient?_id=mine&_revinclude=Group:member&_include:iterate=Group:member',
  'Practitioner?_id=doctor&_revinclude=*',
  'Practitioner?_id=doctor&_revinclude=Observation:performer&_include:iterate=Observation:subject',
  'Organization?_id=clinic&_revinclude=Patient:organization&_revinclude:iterate=Observation:subject',
  'Encounter?_id=part&_include=Encounter:part-of',
  'List?_id=problems&_include=List:item',
  'Composition?_id=letter&_include=Composition:entry',
  'DocumentReference?_id=paper&_revinclude=DocumentReference:relatesto',
  'Condition?_id=sugar&_revinclude=Encounter:diagnosis&_include:iterate=Encounter:subject',
  '?_type=Observation,Patient&_include=*&_revinclude=*',
]

const others =
  /(lab|vital|sugar|visit|drug|letter|report|paper|nuts|problems|note|todo|seen|gone)-other|pointer|"third|Patient\/other"|study|of-lab|only-there|moved-out|hidden/

/** How many there are, in whichever way it is counted. */
const counted: Readonly<Record<string, number>> = {
  'Observation?_summary=count': 6,
  'Observation?_count=0': 6,
  'Observation?_count=1&_total=accurate': 6,
  'Observation?_count=1&_total=estimate': 6,
  'Observation?code=only-there&_summary=count': 0,
  'Observation?subject=Patient/other&_summary=count': 0,
  'Observation?_text=other&_summary=count': 0,
  'Observation?value-quantity=gt50&_summary=count': 0,
  'Patient?_summary=count': 2,
  'Patient?gender=male&_summary=count': 1,
  'Observation/_history?_summary=count': 12,
  'Flag?_summary=count': 0,
}

await attacking(async (t, attack) => {
  const { ask, as, some } = attack
  for (const [path, expected] of some(found)) {
    await t.test(`${path} finds ${expected.join(' and ') || 'nothing'}`, async t => {
      const reply = await ask(get(path))
      t.same([reply.status, names(reply)], [200, expected])
    })
  }

  for (const [, path] of some(included)) {
    await t.test(`nothing hidden comes along with ${path}`, async t => {
      const { status, body } = await ask(get(path))
      t.equal(status, 200)
      t.notMatch(body.entry.map(({ fullUrl }: { fullUrl: string }) => `"${fullUrl}"`).join(' '), others)
    })
  }

  for (const [path, total] of some(counted)) {
    await t.test(`${path} counts what is seen`, async t => t.equal((await ask(get(path))).body.total, total))
  }

  await t.test('the order tells nothing: pages hold what is seen and no gaps', async t => {
    for (const sort of ['-value-quantity', 'value-quantity', '_lastUpdated', '-date', 'identifier', 'subject']) {
      const first = await ask(get(`Observation?_sort=${sort}&_count=5`))
      t.equal(names(first).length, 5, sort)
      const second = await ask(get(linkOf(attack, first, 'next')))
      t.equal(names(second).length, 1, sort)
    }
  })

  await t.test('hierarchies are climbed by what is seen', async t => {
    const active = as({ scope: 'system/Organization.rs?active=true' })
    t.same(names(await active(get('Organization?partof.name=Hidden'))), [])
    t.same(names(await active(get('Organization?partof=Organization/hospital'))), ['Organization/clinic'])
    t.same(names(await active(get('Organization?partof:below=Organization/annex'))), ['Organization/room'])
    const below = names(await active(get('Organization?partof:below=Organization/clinic')))
    t.notOk(below.includes('Organization/annex') || below.includes('Organization/room'))
    t.notMatch((await active(get('Organization?_include:iterate=Organization:partof'))).json, /Hidden/)
  })

  await t.test('advice on a slow search does not tell of which types there is anything', async t => {
    for (const path of ['?_tag:not=x', 'Patient/mine/*?_tag:not=x', 'Medication?_contained=true&_tag:not=x']) {
      const { status, json } = await ask(get(path))
      t.equal(status, 200, path)
      t.notMatch(json, /looked at/, path)
    }
    t.match((await ask(get('Observation?_tag:not=x'))).json, /every Observation is looked at/)
  })

  await t.test('a closed type is refused wherever it is named, and left out where it is not', async t => {
    const narrow = as({ scope: 'patient/Patient.rs patient/Observation.s', patient: 'mine' })
    for (const path of [
      ...['Condition', 'Patient?_has:Condition:subject:code=x', 'Observation?has-member.encounter.status=finished'],
      ...['?_type=Patient,Condition', 'Patient/mine/Condition', 'Condition/_history', 'Condition/$meta'],
      ...['Observation/lab', 'Observation/lab/_history/1', 'Observation?encounter.status=finished'],
    ]) {
      t.equal((await narrow(get(path))).status, 403, path)
    }
    for (const path of [
      'Patient?_revinclude=*',
      'Patient?_id=mine&_revinclude=Condition:subject',
      'Patient/mine/*',
      '?_count=50',
    ]) {
      t.notMatch((await narrow(get(path))).json, /"resourceType":"(Condition|Encounter)/, path)
    }
    t.notMatch((await narrow(get('Patient?_revinclude=Observation:subject'))).json, /"Observation"/, 's is not r')
    t.equal(
      (await narrow(post('', bundle('batch', entry('GET', 'Condition'))))).body.entry[0].response.status,
      '403 Forbidden',
    )
    t.equal((await narrow(post('', bundle('transaction', entry('GET', 'Condition'))))).status, 403)
  })

  await t.test('how the store goes about it is for administrators', async t => {
    for (const path of [
      'Patient?_explain=true',
      'Patient?_explain=true&_summary=count',
      '?_type=Patient&_explain=true',
    ]) {
      t.equal((await ask(get(path))).status, 403, path)
    }
  })

  await t.test('scopes that cannot be understood, or that lack a patient, open nothing', async t => {
    const odd = [
      'patient/Observation.rs',
      'patient/*.sr',
      'patient/Observation.xyz',
      'Patient/*.rs',
      'patient/../*.rs',
      '*/*.*',
      '',
    ]
    const criteria = [
      'system/Observation.rs?colour=red',
      'system/*.rs?_id=lab',
      'system/Observation.rs?_filter=((',
      'user/observation.rs',
    ]
    for (const scope of [...odd, ...criteria]) {
      t.equal((await as({ scope })(get('Observation/lab'))).status, 403, scope)
    }
    for (const patient of ['', '*', 'mine,other', '../other', 'mine|other', '%']) {
      const reply = await as({ ...app, patient })(get('Observation'))
      t.same([reply.status, names(reply)], [200, []], `patient '${patient}'`)
    }
  })
})
