/** https://hl7.org/fhir/R4/searchparameter-definitions.html: multipleOr, multipleAnd, comparator, modifier */
import { onBothStores, type Reply } from '../world.ts'
import { coloured, definition, indexed } from './own-definitions.ts'
import { names, observation, patient, said } from './searching.ts'

const url = (id: string): string => `http://kiln.test/SearchParameter/${id}`
const dates = { type: 'date', expression: 'Patient.birthDate' }
const links = { type: 'reference', expression: 'Patient.link.other', target: ['Patient', 'RelatedPerson'] }

const definitions = [
  definition('eyes', 'eyes', { multipleOr: false, multipleAnd: false, modifier: ['not'] }),
  definition('free', 'free', { multipleOr: true, multipleAnd: true }),
  definition('born', 'born', { ...dates, comparator: ['gt', 'lt', 'eq'] }),
  definition('after', 'after', { ...dates, comparator: ['gt'] }),
  definition('any-born', 'any-born', dates),
  definition('mrn', 'mrn', { expression: 'Patient.identifier', modifier: ['ofType', 'text'] }),
  definition('linked', 'linked', { ...links, modifier: ['type'] }),
  definition('known', 'known', { ...links, modifier: ['identifier'] }),
  definition('pair', 'pair', {
    type: 'composite',
    expression: 'Patient',
    multipleAnd: false,
    component: [
      { definition: url('eyes'), expression: "extension('http://kiln.test/eye-colour').value.ofType(code)" },
      { definition: url('born'), expression: 'birthDate' },
    ],
  }),
]

const allowed = [
  'eyes=blue',
  'eyes:not=green',
  'eyes:missing=false&_id=a',
  'free=blue,green&free=blue',
  'born=gt2000,2001-02-03&born=lt2020',
  'born:missing=false',
  'after=gt2000',
  'any-born=ge2000',
  'mrn:of-type=http://acme.org/type|MR|1',
  'mrn:text=record',
  'linked:Patient=b',
  'linked:Patient=b,c',
  'known:identifier=1',
  'known.name=brown',
  'pair=blue$ge2000',
]

const refused: [string, string][] = [
  ['eyes=blue,green', `eyes: the definition ${url('eyes')} allows no alternatives, received 2 values`],
  ['eyes=blue&eyes=green', `eyes: the definition ${url('eyes')} allows it once in a search`],
  ['eyes=blue&eyes:not=green', `eyes:not: the definition ${url('eyes')} allows it once in a search`],
  ['eyes:in=x', `eyes:in: the definition ${url('eyes')} does not allow ':in': expected not or missing`],
  ['born=ge2000', `born: the definition ${url('born')} does not allow the prefix 'ge': expected gt, lt or eq`],
  ['born=2001,ap2001', `born: the definition ${url('born')} does not allow the prefix 'ap': expected gt, lt or eq`],
  ['after=2000', `after: the definition ${url('after')} does not allow the prefix 'eq': expected gt`],
  ['mrn:not=1', `mrn:not: the definition ${url('mrn')} does not allow ':not': expected ofType, text or missing`],
  ['linked:identifier=1', `does not allow ':identifier': expected type or missing`],
  ['known:Patient=b', `does not allow ':Patient': expected identifier or missing`],
  ['pair=blue$2001&pair=green$2001', `pair: the definition ${url('pair')} allows it once in a search`],
]

await onBothStores(async (t, open) => {
  const world = await open()
  await patient(world, 'b', 'Brown', coloured('green'))
  await patient(world, 'a', 'Shaw', {
    ...coloured('blue'),
    birthDate: '2001-02-03',
    identifier: [{ type: { coding: [{ system: 'http://acme.org/type', code: 'MR' }], text: 'Record' }, value: '1' }],
    link: [{ other: { reference: 'Patient/b', identifier: { value: '1' } }, type: 'seealso' }],
  })
  await observation(world, 'o', 'Patient/a')
  for (const each of definitions) {
    const reply = await world.ask('POST', 'SearchParameter', each)
    if (reply.status !== 201) throw new Error(reply.json)
  }
  await indexed(world)

  await t.test('what the definition allows is found', async t => {
    for (const query of allowed) t.same(names(await world.ask('GET', `Patient?${query}`)), ['Patient/a'], query)
  })

  await t.test('what it does not is refused, and told', async t => {
    for (const [query, expected] of refused)
      t.match(problem(await world.ask('GET', `Patient?${query}`)), expected, query)
  })

  await t.test('at the end of chains, in _has and as criteria of conditional interactions, too', async t => {
    const none = `the definition ${url('eyes')} allows no alternatives, received 2 values`
    for (const query of [
      'Observation?subject:Patient.eyes=blue,green',
      'Observation?patient.eyes=blue,green',
      'Patient?_has:Patient:link:eyes=blue,green',
    ])
      t.match(problem(await world.ask('GET', query)), none, query)
    const headers = { 'if-none-exist': 'eyes=blue,green' }
    t.match(problem(await world.ask('POST', 'Patient', { resourceType: 'Patient' }, headers)), none)
    t.same(names(await world.ask('GET', 'Observation?patient.eyes=blue')), ['Observation/o'])
  })

  await t.test('lenient handling leaves it out and says so, but for modifiers', async t => {
    const lenient = (query: string) => world.ask('GET', `Patient?${query}`, undefined, { prefer: 'handling=lenient' })
    const twice = await lenient('eyes=blue&eyes=green')
    t.same(names(twice), ['Patient/a'])
    t.match(
      said(twice).join(),
      `eyes: the definition ${url('eyes')} allows it once in a search (left out of the search)`,
    )
    t.match(said(await lenient('born=ge2000')).join(), "does not allow the prefix 'ge'")
    t.match(problem(await lenient('eyes:in=x')), "does not allow ':in'")
  })

  await t.test('to lift restrictions needs no new index', async t => {
    const { body } = await world.ask('GET', `SearchParameter?url=${url('eyes')}`)
    const { id } = body.entry[0].resource
    const lifted = { ...definition('eyes', 'eyes'), id }
    t.equal((await world.ask('PUT', `SearchParameter/${id}`, lifted)).status, 200)
    t.same(names(await world.ask('GET', 'Patient?eyes=blue,brown&eyes=blue')), ['Patient/a'])
  })
})

function problem({ status, body }: Reply): string {
  return status === 400 ? body.issue.map((it: { diagnostics: string }) => it.diagnostics).join() : `status ${status}`
}
