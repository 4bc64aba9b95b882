/** https://hl7.org/fhir/R4/operations.html, with an operation that tells what it was given. */
import type { Operation } from '../../../src/operations/kernel/operation.ts'
import { bundle, patient, put, statuses } from '../../interactions/bundles.ts'
import { entries, type Loose, type Reply } from '../../world.ts'
import { operating, parameters } from '../operating.ts'

const parameter = [
  { name: 'flag', use: 'in', min: 0, max: '1', type: 'boolean' },
  { name: 'count', use: 'in', min: 0, max: '1', type: 'integer' },
  { name: 'amount', use: 'in', min: 0, max: '1', type: 'decimal' },
  { name: 'when', use: 'in', min: 0, max: '1', type: 'date' },
  { name: 'code', use: 'in', min: 0, max: '*', type: 'code' },
  { name: 'url', use: 'in', min: 0, max: '2', type: 'uri' },
  { name: 'coding', use: 'in', min: 0, max: '1', type: 'Coding' },
  { name: 'anything', use: 'in', min: 0, max: '1', type: 'Element' },
  { name: 'subject', use: 'in', min: 0, max: '1', type: 'Patient' },
  {
    name: 'pair',
    use: 'in',
    min: 0,
    max: '*',
    part: [
      { name: 'left', use: 'in', min: 1, max: '1', type: 'string' },
      { name: 'right', use: 'in', min: 0, max: '1', type: 'Quantity' },
    ],
  },
  { name: 'return', use: 'out', min: 1, max: '1', type: 'string' },
] as const

const definition = { url: 'http://kiln.test/echo', name: 'Echo', resource: ['Patient', 'Group'], parameter } as const

/** Everything that it was given, as JSON in `Basic.code.text`. */
const echo: Operation = {
  definition: { ...definition, code: 'echo', system: true, type: true, instance: true },
  also: [{ name: 'later', use: 'in', min: 0, max: '1', type: 'string' }],
  unknown: 'refuse',
  affectsState: false,
  scope: 'r',
  cost: 1,
  async run(_ctx, { input }) {
    const given = [...parameter, { name: 'later', use: 'in' }].filter(({ use }) => use === 'in')
    const said = Object.fromEntries(
      given.map(({ name }) => [name, input.all(name)]).filter(([, all]) => all?.length !== 0),
    )
    return { resourceType: 'Basic', code: { text: JSON.stringify(said) } }
  },
}

const touch: Operation = {
  ...echo,
  definition: { ...definition, code: 'touch', system: false, type: false, instance: true, parameter: [] },
  unknown: 'ignore',
  affectsState: true,
  run: async () => ({ resourceType: 'Basic', code: { text: 'touched' } }),
}

const work: Operation = {
  ...echo,
  definition: { ...definition, code: 'work', system: false, type: false, instance: true },
  cancel: async (_ctx, { request, input }) => ({ status: input.flag('flag') && request.target.id === 'a' ? 202 : 500 }),
}

const needy: Operation = {
  ...echo,
  definition: {
    ...definition,
    code: 'needy',
    system: true,
    type: false,
    instance: false,
    parameter: [
      { name: 'one', use: 'in', min: 1, max: '1', type: 'string' },
      { name: 'two', use: 'in', min: 1, max: '*', type: 'Patient' },
      { name: 'three', use: 'in', min: 0, max: '*', type: 'Group' },
    ],
  },
  run: async (_ctx, { input }) => ({ resourceType: 'Basic', code: { text: input.text('one') ?? '' } }),
}

const said = ({ body }: Reply): Loose => JSON.parse(body.code.text)

await operating(
  async (t, open) => {
    const world = await open()
    await world.ask('PUT', 'Patient/a', { ...patient, id: 'a' })

    await t.test('parameters of the URL get the types of the definition', async t => {
      const query =
        'flag=true&count=-3&amount=1.50&when=2026-02&code=a&code=b%20c&url=urn:x&later=x&_format=json&_pretty=true'
      const expected = {
        flag: [{ name: 'flag', value: true }],
        count: [{ name: 'count', value: -3 }],
        amount: [{ name: 'amount', value: { text: '1.50' } }],
        when: [{ name: 'when', value: '2026-02' }],
        code: [
          { name: 'code', value: 'a' },
          { name: 'code', value: 'b c' },
        ],
        url: [{ name: 'url', value: 'urn:x' }],
        later: [{ name: 'later', value: 'x' }],
      }
      for (const [method, path] of [
        ['GET', '$echo'],
        ['GET', 'Patient/$echo'],
        ['GET', 'Group/%24echo'],
        ['POST', 'Patient/a/$echo'],
      ] as const) {
        const reply = await world.ask(method, `${path}?${query}`)
        t.equal(reply.status, 200, reply.json)
        t.match(said(reply), { ...expected, amount: [{ name: 'amount' }] }, path)
        t.match(reply.body.code.text, '1.50', 'the digits of a decimal count')
      }
    })

    await t.test('a flag without a value is set', async t => {
      for (const query of ['flag', 'flag=']) {
        const flag = [{ name: 'flag', value: true, at: 'http.flag' }]
        t.strictSame(said(await world.ask('GET', `$echo?${query}`)), { flag })
      }
    })

    await t.test('what a URL says wrongly is refused with what was received and expected', async t => {
      const bad: [query: string, says: RegExp][] = [
        ['flag=yes', /'flag'.*expected true or false, found the string 'yes'/],
        ['count=1.5', /'count'.*is not an integer/],
        ['count=99999999999', /'count'.*out of range/],
        ['amount=1,5', /'amount'.*expected a number/],
        ['when=2026-02-30', /'when'.*2026-02-30/],
        ['code=a%20%20b', /'code'.*not a code/],
        ['url=a%20b', /'url'.*not a URI/],
        ['url=a&url=b&url=c', /'url' was given 3 times, expected at most 2/],
        ['coding=a|b', /'coding'.*Coding.*POST/],
        ['pair=x', /'pair'.*parts.*POST/],
        ['subject=Patient/a', /'subject'.*Patient.*POST/],
        ['cont=1', /no parameter 'cont'.*did you mean 'count'/],
        ['_validate=true', /_validate/],
      ]
      for (const [query, says] of bad) {
        for (const method of ['GET', 'POST'] as const) {
          const reply = await world.ask(method, `Patient/$echo?${query}`)
          t.equal(reply.status, 400, `${query} ${reply.json}`)
          t.match(reply.body.issue[0].diagnostics, says)
          t.same(reply.body.issue[0].expression, [`http.${query.replace(/=.*/s, '')}`], 'where it stands')
        }
      }
      const many = await world.ask('GET', 'Patient/$echo?flag=yes&count=no')
      t.equal(many.body.issue.length, 2, 'all mistakes are told at once')
    })

    await t.test('Parameters in the body and in the URL are put together', async t => {
      const body = parameters(
        ['flag', 'Boolean', false],
        ['code', 'String', 'a'],
        ['url', 'Canonical', 'http://a|1'],
        ['coding', 'Coding', { system: 'http://s', code: 'c' }],
        ['anything', 'Period', { start: '2026' }],
        ['subject', 'resource', { resourceType: 'Patient', birthDate: 'nonsense' }],
        [
          'pair',
          'part',
          [
            { name: 'left', valueString: 'l' },
            { name: 'right', valueQuantity: { value: 1 } },
          ],
        ],
      )
      const reply = await world.ask('POST', 'Patient/$echo?code=b', body)
      t.equal(reply.status, 200, reply.json)
      t.strictSame(said(reply), {
        flag: [{ name: 'flag', value: false, at: 'Parameters.parameter[0]' }],
        code: [
          { name: 'code', value: 'b', at: 'http.code' },
          { name: 'code', value: 'a', at: 'Parameters.parameter[1]' },
        ],
        url: [{ name: 'url', value: 'http://a|1', at: 'Parameters.parameter[2]' }],
        coding: [{ name: 'coding', value: { system: 'http://s', code: 'c' }, at: 'Parameters.parameter[3]' }],
        anything: [{ name: 'anything', value: { start: '2026' }, at: 'Parameters.parameter[4]' }],
        subject: [
          { name: 'subject', value: { resourceType: 'Patient', birthDate: 'nonsense' }, at: 'Parameters.parameter[5]' },
        ],
        pair: [
          {
            name: 'pair',
            parts: [
              { name: 'left', value: 'l', at: 'Parameters.parameter[6].part[0]' },
              { name: 'right', value: { value: 1 }, at: 'Parameters.parameter[6].part[1]' },
            ],
            at: 'Parameters.parameter[6]',
          },
        ],
      })
    })

    await t.test('what Parameters say wrongly is refused at its place', async t => {
      const at = 'Parameters.parameter[0]'
      const bad: [parameter: object, expression: string, says: RegExp][] = [
        [{ name: 'flg', valueBoolean: true }, `${at}.name`, /did you mean 'flag'/],
        [{ name: 'flag', valueString: 'true' }, `${at}.value`, /found valueString, expected valueBoolean/],
        [{ name: 'flag' }, at, /found nothing, expected valueBoolean/],
        [{ name: 'flag', resource: patient }, `${at}.resource`, /found a Patient, expected valueBoolean/],
        [{ name: 'code', valueString: 'a  b' }, `${at}.value`, /not a code/],
        [{ name: 'count', valueDecimal: 1.5 }, `${at}.value`, /not an integer/],
        [{ name: 'when', valueDateTime: '2026-01-01T00:00:00Z' }, `${at}.value`, /not a date/],
        [{ name: 'coding', valueCodeableConcept: { text: 'x' } }, `${at}.value`, /expected valueCoding/],
        [{ name: 'coding', valueCoding: { system: 7 } }, `${at}.value.system`, /expected a string/],
        [
          { name: 'subject', resource: { resourceType: 'Group' } },
          `${at}.resource`,
          /found a Group, expected a Patient/,
        ],
        [{ name: 'subject', valueString: 'x' }, `${at}.value`, /expected a Patient as resource/],
        [{ name: 'pair', valueString: 'x' }, `${at}.value`, /expected parts/],
        [{ name: 'pair', part: [{ name: 'right', valueQuantity: { value: 1 } }] }, at, /'left' is missing/],
        [{ name: 'pair', part: [{ name: 'left', valueInteger: 1 }] }, `${at}.part[0].value`, /expected valueString/],
        [{ name: 'pair', part: [{ name: 'middle', valueInteger: 1 }] }, `${at}.part[0].name`, /no parameter 'middle'/],
        [{ name: 'flag', valueBoolean: true, resource: patient }, at, /more than one/],
        [{ valueBoolean: true }, `${at}.name`, /expected 'name'/],
        [{ name: 'subject', resource: 'x' }, `${at}.resource`, /expected an object/],
        [{ name: 'flag', valueBoolan: true }, `${at}.valueBoolan`, /did you mean/],
      ]
      for (const [sent, expression, says] of bad) {
        const reply = await world.ask('POST', 'Patient/$echo', { resourceType: 'Parameters', parameter: [sent] })
        t.equal(reply.status, 400, `${JSON.stringify(sent)} ${reply.json}`)
        t.strictSame(reply.body.issue[0].expression, [expression])
        t.match(reply.body.issue[0].diagnostics, says)
      }
      const twice = parameters(['flag', 'Boolean', true], ['flag', 'Boolean', true])
      const reply = await world.ask('POST', 'Patient/$echo', twice)
      t.strictSame(reply.body.issue[0].expression, ['Parameters.parameter[1]'])
      t.match(reply.body.issue[0].diagnostics, /'flag' was given 2 times, expected at most 1/)
    })

    await t.test('the one resource may be the body itself, and nothing may be nothing', async t => {
      const bare = await world.ask('POST', 'Patient/$echo?flag=true', patient)
      t.strictSame(Object.keys(said(bare)), ['flag', 'subject'])
      t.strictSame(said(await world.ask('POST', 'Patient/$echo')), {})
      t.strictSame(said(await world.ask('POST', 'Patient/$echo', '')), {})
      t.strictSame(said(await world.ask('POST', 'Patient/$echo', parameters())), {})
      const other = await world.ask('POST', 'Patient/$echo', { resourceType: 'Group' })
      t.equal(other.status, 400)
      t.match(other.body.issue[0].diagnostics, /body is a Group: expected a Patient, or Parameters/)
      const xml = await world.ask(
        'POST',
        'Patient/$echo',
        '<Patient xmlns="http://hl7.org/fhir"><active value="true"/></Patient>',
        {
          'content-type': 'application/fhir+xml',
        },
      )
      t.equal(said(xml).subject[0].value.active, true)
      const form = await world.ask('POST', 'Patient/$echo', 'flag=true', {
        'content-type': 'application/x-www-form-urlencoded',
      })
      t.equal(form.status, 415)
    })

    await t.test('what must be there is asked for', async t => {
      const reply = await world.ask('GET', '$needy')
      t.equal(reply.status, 400)
      t.match(reply.body.issue, [{ diagnostics: /'one' is missing/ }, { diagnostics: /'two' is missing/ }])
      const two = await world.ask('POST', '$needy?one=x', patient)
      t.match(two.body.issue[0].diagnostics, /body is a Patient: expected Parameters/, 'there are two resources')
    })

    await t.test('a known operation in another place is not found, and the answer says where it is', async t => {
      const elsewhere: [method: 'GET' | 'POST', path: string, says: RegExp][] = [
        ['GET', 'Observation/$echo', /on \/Observation\/\$echo: expected \/\$echo, \/Patient\/\$echo, \/Group\/\$echo/],
        ['POST', 'Observation/1/$echo', /expected .*\/Patient\/\[id\]\/\$echo/],
        ['GET', 'Patient/$needy', /expected \/\$needy/],
        ['GET', 'Patient/1/_history/1/$echo', /does not exist on \/Patient\/1\/_history\/1\/\$echo/],
        ['POST', 'Patient/$nothing', /does not know the operation \$nothing/],
      ]
      for (const [method, path, says] of elsewhere) {
        const reply = await world.ask(method, path)
        t.equal(reply.status, 404, path)
        t.equal(reply.body.issue[0].code, 'not-supported')
        t.match(reply.body.issue[0].diagnostics, says)
      }
    })

    await t.test('what changes something is not done by GET', async t => {
      t.equal((await world.ask('POST', 'Patient/a/$touch?whatever=1')).status, 200)
      const reply = await world.ask('GET', 'Patient/a/$touch')
      t.equal(reply.status, 405)
      t.equal(reply.headers['allow'], 'POST')
      t.equal((await world.ask('PUT', 'Patient/a/$echo', patient)).headers['allow'], 'GET, HEAD, POST')
      t.equal((await world.ask('HEAD', 'Patient/a/$echo')).status, 200)
    })

    await t.test('work that goes on is asked for by GET, and cancelled by DELETE', async t => {
      t.equal((await world.ask('GET', 'Patient/a/$work')).status, 200)
      t.equal((await world.ask('DELETE', 'Patient/a/$work?flag=true')).status, 202)
      t.equal((await world.ask('DELETE', 'Patient/a/$echo')).headers['allow'], 'GET, HEAD, POST')
      const entry = { request: { method: 'DELETE', url: 'Patient/a/$work?flag=true' } }
      t.equal((await world.ask('POST', '', bundle('transaction', [entry]))).status, 400)
      t.match(statuses(await world.ask('POST', '', bundle('batch', [entry]))), [/^202/])
    })

    await t.test('in a batch any operation works', async t => {
      const reply = await world.ask(
        'POST',
        '',
        bundle('batch', [
          { request: { method: 'GET', url: 'Patient/$echo?flag=true' } },
          { request: { method: 'POST', url: 'Patient/a/$touch' } },
          { resource: parameters(['flag', 'Boolean', 1]), request: { method: 'POST', url: 'Patient/$echo' } },
          { resource: patient, request: { method: 'POST', url: '$echo' } },
        ]),
      )
      t.strictSame(statuses(reply), ['200 OK', '200 OK', '400 Bad Request', '200 OK'])
      t.match(entries(reply)[0].resource.code.text, 'flag')
      t.strictSame(entries(reply)[2].response.outcome.issue[0].expression, [
        'Bundle.entry[2].resource.parameter[0].value',
      ])
      t.match(entries(reply)[3].resource.code.text, 'subject')
    })

    await t.test(
      'in a transaction those that change nothing are run, and others are refused before anything is done',
      async t => {
        const good = await world.ask(
          'POST',
          '',
          bundle('transaction', [
            put('Patient', 'b', patient),
            { resource: parameters(['code', 'Code', 'x']), request: { method: 'POST', url: 'Patient/$echo' } },
            { request: { method: 'GET', url: 'Patient/$echo?flag=true' } },
          ]),
        )
        t.strictSame(statuses(good), ['201 Created', '200 OK', '200 OK'])
        t.match(entries(good)[1].resource.code.text, 'Parameters.parameter[0]')
        for (const [second, expression] of [
          [{ request: { method: 'POST', url: 'Patient/a/$touch' } }, 'Bundle.entry[1].request.url'],
          [{ request: { method: 'GET', url: 'Patient/$echo?flag=7' } }, 'Bundle.entry[1]'],
        ] as const) {
          const bad = await world.ask('POST', '', bundle('transaction', [put('Patient', 'c', patient), second]))
          t.equal(bad.status, 400)
          t.strictSame(bad.body.issue[0].expression, [expression])
          t.equal((await world.ask('GET', 'Patient/c')).status, 404)
        }
      },
    )
  },
  [echo, touch, work, needy],
)
