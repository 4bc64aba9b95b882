/** Names, values and texts that other software took for more than that. Nothing here may be a bug of ours (5xx), or change anything. */
import { observation } from '../security/hospital.ts'
import type { Asked } from '../security/twins.ts'
import type { Loose } from '../world.ts'
import { app, attacking, bundle, byForm, entry, everything, get, patch, post, put } from './victim.ts'

const mine = (more: Loose = {}): Loose => ({ ...observation('x', 'mine'), ...more })
/** As it is sent: an object would lose what it is about. */
const raw = (member: string): string => JSON.stringify(mine()).replace('{', `{${member},`)
const nested = (depth: number): Loose =>
  depth === 0 ? { url: 'urn:x', valueString: 'x' } : { url: 'urn:x', extension: [nested(depth - 1)] }
const sent = (member: string): Asked => post('Observation', raw(member))
const given = (more: Loose): Asked => post('Observation', mine(more))
const fhirPath = (path: string): Asked => ({
  ...{ method: 'PATCH', path: 'Observation/lab' },
  body: {
    resourceType: 'Parameters',
    parameter: [
      {
        name: 'operation',
        part: [
          { name: 'type', valueCode: 'delete' },
          { name: 'path', valueString: path },
        ],
      },
    ],
  },
})
const long = 'x'.repeat(100_000)

/** Refused, with one of these. */
const refused: Readonly<Record<string, readonly [status: readonly number[], asked: Asked]>> = {
  // Prototypes
  '__proto__ in a body': [[400], sent('"__proto__":{"polluted":true}')],
  '__proto__ deep in a body': [[400], sent('"note":[{"text":"x","__proto__":{"polluted":true}}]')],
  '__proto__ with escapes in a body': [[400], sent('"\\u005f_proto__":{"polluted":true}')],
  'constructor in a body': [[400, 422], sent('"constructor":{"prototype":{"polluted":true}}')],
  'toString in a body': [[400, 422], sent('"toString":"x"')],
  'hasOwnProperty in a body': [[400, 422], sent('"hasOwnProperty":true')],
  '__proto__ as a type': [[404], get('__proto__/1')],
  'constructor as a type': [[404], get('constructor/1')],
  'constructor as an operation': [[403, 404], get('Patient/$constructor')],
  '__proto__ as a parameter': [[400], get('Patient?__proto__=x')],
  'constructor as a parameter': [[400], get('Patient?constructor=x')],
  'toString as a chain': [[400], get('Observation?subject.toString=x')],
  '__proto__ in _has': [[400], get('Patient?_has:Observation:__proto__:x=y')],
  '__proto__ as a type in _has': [[400], get('Patient?_has:__proto__:subject:x=y')],
  '__proto__ to sort by': [[400], get('Patient?_sort=__proto__')],
  '__proto__ to include': [[400], get('Patient?_include=Patient:__proto__')],
  '__proto__ as a modifier': [[400], get('Patient?name:__proto__=x')],
  '__proto__ as a parameter of an operation': [
    [400],
    post('Patient/$validate', { resourceType: 'Parameters', parameter: [{ name: '__proto__', valueString: 'x' }] }),
  ],
  '__proto__ in a patch': [
    [400, 403, 422],
    patch('Observation/lab', [{ op: 'add', path: '/__proto__/polluted', value: true }]),
  ],
  'constructor in a patch': [
    [400, 403, 422],
    patch('Observation/lab', [{ op: 'add', path: '/constructor/prototype/polluted', value: true }]),
  ],
  '__proto__ to be moved by a patch': [
    [400, 403, 422],
    patch('Observation/lab', [{ op: 'move', from: '/subject', path: '/__proto__' }]),
  ],
  '__proto__ as a resource type': [[400, 404, 422], post('Observation', '{"resourceType":"__proto__"}')],
  // Operators of databases
  '$where beside elements': [[400, 422], sent('"$where":"sleep(10000)"')],
  '$ne in place of a code': [[400, 422], given({ status: { $ne: null } })],
  '$gt in place of a reference': [[400, 422], given({ subject: { reference: { $gt: '' } } })],
  'a name with dots': [[400, 422], sent('"subject.reference":"Patient/other"')],
  'a name with a dollar deep within': [[400, 422], given({ code: { $set: { text: 'x' } } })],
  'operators as an id': [[400, 404], get('Observation/%7B%22$ne%22%3Anull%7D')],
  'operators in the name of a parameter': [[400], get('Patient?identifier[$ne]=x')],
  'brackets in the name of a parameter': [[400], get('Patient?name[$regex]=.*')],
  'operators as the id of what is written': [[400, 404], put('Observation/$where', mine({ id: '$where' }))],
  // SQL
  'a quote in an id': [[400, 404], get("Observation/x'%20OR%20'1'='1")],
  'a statement to sort by': [[400], get('Patient?_sort=name;DROP TABLE resource')],
  'a statement as the name of a parameter': [[400], get("Patient?name'%20OR%201=1--=x")],
  'a statement as a reference': [[400], get("Observation?subject=Patient/mine' OR '1'='1")],
  // Paths
  'a way up': [[400, 404], get('Observation/..%2f..%2fetc%2fpasswd')],
  'a way up by itself': [[400, 404], get('../Patient/other')],
  'a zero byte in an id': [[400, 404], get('Observation/lab%00')],
  'a broken escape': [[400, 404], get('Observation/%E0%A4%A')],
  'another tenant in a path': [[400, 404], get('t/elsewhere/fhir/Patient/other')],
  // Sizes
  'a depth of 100,000': [[400], post('Observation', `${'['.repeat(100_000)}${']'.repeat(100_000)}`)],
  'extensions 80 deep': [[400, 422], given({ extension: [nested(80)] })],
  'a filter of 10,000 brackets': [
    [400],
    byForm('Patient', `_filter=${'('.repeat(10_000)}name eq x${')'.repeat(10_000)}`),
  ],
  'a chain of 100 steps': [[400, 403], get(`Observation?${'has-member:Observation.'.repeat(100)}status=final`)],
  '_has of 100 steps': [[400, 403], get(`Observation?${'_has:Observation:has-member:'.repeat(100)}status=final`)],
  'a number of 1e999999999 things': [[400], get('Patient?_count=1e999999999')],
  'a page of -1 things': [[400], get('Patient?_count=-1')],
  'a page of 99999999999999999999 things': [[400], get('Patient?_count=99999999999999999999')],
  'a version beyond all numbers': [[404], get('Observation/lab/_history/99999999999999999999')],
  'a version as 1e0': [[404], get('Observation/lab/_history/1e0')],
  'an If-Match that is none': [[400], put('Observation/lab', mine({ id: 'lab' }), { 'if-match': 'W/"1" OR 1' })],
  'a date beyond all years': [[400], get('Observation?date=99999999999')],
  'an id of 65 characters': [[400, 404], put(`Observation/${'x'.repeat(65)}`, mine({ id: 'x'.repeat(65) }))],
  'an Idempotency-Key of 256 characters': [[400], post('Observation', mine(), { 'idempotency-key': 'x'.repeat(256) })],
  'an X-Provenance that is no JSON': [[400], post('Observation', mine(), { 'x-provenance': '{' })],
  'an X-Provenance with __proto__': [
    [400],
    post('Observation', mine(), { 'x-provenance': '{"resourceType":"Provenance","__proto__":{}}' }),
  ],
  'If-None-Exist without criteria': [[412], post('Observation', mine(), { 'if-none-exist': '' })],
  'If-None-Exist that chooses all': [[412], post('Observation', mine(), { 'if-none-exist': '_count=1' })],
  'a Bundle in a Bundle': [
    [400],
    post('', bundle('transaction', entry('POST', '', bundle('transaction', entry('DELETE', 'Patient/mine'))))),
  ],
  'a Bundle that asks another server': [
    [400, 404],
    post('', bundle('transaction', entry('GET', 'http://169.254.169.254/latest/meta-data'))),
  ],
  'a Bundle with a base of somebody else': [
    [400, 404],
    post('', bundle('transaction', entry('GET', 'http://127.0.0.1/fhir.evil/Patient/mine'))),
  ],
  'the same twice in a body': [[400], sent('"status":"final"')],
  'a narrative with a script': [
    [400, 422],
    given({
      text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></div>' },
    }),
  ],
  'a narrative with an event': [
    [400, 422],
    given({
      text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml" onclick="alert(1)">x</div>' },
    }),
  ],
  'a narrative with a frame': [
    [400, 422],
    given({
      text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml"><iframe src="x"></iframe></div>' },
    }),
  ],
  'a narrative with an entity': [
    [400, 422],
    given({
      text: {
        status: 'generated',
        div: '<!DOCTYPE div [<!ENTITY x SYSTEM "file:///etc/passwd">]><div xmlns="http://www.w3.org/1999/xhtml">&x;</div>',
      },
    }),
  ],
  'XML with an entity': [
    [400],
    post(
      'Observation',
      '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Observation xmlns="http://hl7.org/fhir"><id value="&e;"/></Observation>',
      { 'content-type': 'application/fhir+xml' },
    ),
  ],
}

/** Nothing is wrong with these: they are looked for as they stand, and nothing is found. */
const harmless: Readonly<Record<string, Asked>> = {
  'operators as a value': get('Patient?identifier={"$ne":null}'),
  'operators as an id that is looked for': get('Patient?_id={"$gt":""}'),
  'a pattern as a value': get('Patient?name=.*'),
  'a pattern that never ends, as a value': get(`Patient?name:contains=${'(a%2B)%2B'.repeat(50)}$`),
  'a wildcard as a value': get('Patient?name=%25'),
  'a statement as a value': get("Patient?name=x' OR 1=1; DROP TABLE resource; --"),
  'a line break as a value': get('Patient?identifier=a%0d%0aSet-Cookie:%20x=y'),
  'a zero byte as a value': get('Patient?name=a%00b'),
  '100,000 characters as a value': byForm('Patient', `name=${long}`),
  'words that are a pattern': get('Observation?_content=(qq%2B)%2B$'),
  'operators in a filter': get('Patient?_filter=family eq "$where"'),
}

await attacking(async (t, victim) => {
  const { ask, as } = victim
  const before = await everything(victim)
  const administrator = as({ scope: 'system/*.cruds' })
  for (const [what, [statuses, asked]] of Object.entries(refused)) {
    await t.test(`${what} is refused`, async t => {
      for (const one of [ask, administrator]) {
        const { status, json } = await one(asked)
        t.ok(statuses.includes(status), `${status} ${json.slice(0, 200)}`)
        t.notMatch(json, /\.ts\b|node:|SQLITE|Mongo|root:/, 'nothing of the inside is told')
      }
    })
  }
  await t.test('nothing was changed by all that, nor any prototype', async t => {
    t.equal(await everything(victim), before)
    t.notOk('polluted' in {})
  })

  for (const [what, asked] of Object.entries(harmless)) {
    await t.test(`${what} finds nothing`, async t => {
      const { status, body } = await ask(asked)
      t.same([status, (body.entry ?? []).filter(({ search }: Loose) => search.mode === 'match')], [200, []])
    })
  }

  await t.test('texts are kept as they are', async t => {
    for (const text of [
      '$where',
      '{"$ne":1}',
      '__proto__',
      "'; DROP TABLE x; --",
      '%00',
      '\\u0000',
      '#{7*7}',
      '{{7*7}}',
      '<script>',
    ]) {
      const made = await ask(
        post(
          'Observation',
          mine({ code: { text }, identifier: [{ system: text.replaceAll(/[^\w]/g, 'x'), value: text }] }),
        ),
      )
      t.equal(made.status, 201, text)
      const { body } = await ask(get(`Observation/${made.body.id}`))
      t.same([body.code.text, body.identifier[0].value], [text, text], text)
      const found = await ask(
        get(`Observation?identifier=${encodeURIComponent(text.replaceAll(/([\\$,|])/g, '\\$1'))}`),
      )
      t.equal(found.body.entry?.length, 1, `${text} is found`)
    }
  })

  await t.test('patterns and paths cannot run away', async t => {
    const evil = '(a+)+$'
    const fuel = 'a'.repeat(50_000)
    await ask(put('Observation/lab', mine({ id: 'lab', code: { text: `${fuel}!` } })))
    for (const path of [
      `Observation.code.where(text.matches('${evil}'))`,
      `Observation.code.text.replaceMatches('${evil}', '')`,
      'Observation.repeat(descendants()).repeat(descendants()).repeat(descendants())',
      `Observation.where(${'('.repeat(500)}true${')'.repeat(500)})`,
    ]) {
      const { status } = await ask(fhirPath(path))
      t.ok(status >= 400 && status < 500, `${path.slice(0, 60)}: ${status}`)
    }
    const valueSet = {
      ...{ resourceType: 'ValueSet', url: 'urn:evil', status: 'active' },
      compose: {
        include: [
          {
            system: 'http://hl7.org/fhir/administrative-gender',
            filter: [{ property: 'code', op: 'regex', value: evil }],
          },
        ],
      },
    }
    const expanded = await ask(
      post('ValueSet/$expand', { resourceType: 'Parameters', parameter: [{ name: 'valueSet', resource: valueSet }] }),
    )
    t.ok(expanded.status < 500, `a pattern in a value set: ${expanded.status}`)
  })

  await t.test('large numbers are kept and compared as they are', async t => {
    for (const number of ['1e400', '0.1000000000000000000000000001', '123456789012345678901234567890']) {
      const text = JSON.stringify(mine()).replace('"value":7', `"value":${number}`)
      const { status, json } = await ask(post('Observation', text))
      t.ok(
        status === 201 ? json.includes(`"value":${number}`) : status === 400 || status === 422,
        `${number}: ${status}`,
      )
    }
  })

  await t.test('who asks is what the token says, whatever headers say', async t => {
    const narrow = as({ ...app, scope: 'patient/Patient.r' })
    for (const name of ['x-user', 'x-patient', 'x-forwarded-user', 'x-scope', 'x-http-method-override']) {
      t.equal((await narrow(get('Patient/other', { [name]: 'system/*.cruds' }))).status, 404, name)
    }
  })
})
