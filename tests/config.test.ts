import { execFileSync } from 'node:child_process'
import { Ajv } from 'ajv'
import t from 'tap'
import { ConfigError, type Environment, parseConfig, placeOf, settings, visible } from '../src/config.ts'

function mistakes(environment: Environment): readonly string[] {
  try {
    parseConfig(environment)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n')
    throw error
  }
}

t.test('without any setting everything has its default', async t => {
  const config = parseConfig({ PATH: '/bin', HOME: '/root' })
  for (const [name, { default: value }] of Object.entries(settings)) {
    t.same(config[name as keyof typeof config], value, name)
  }
  t.equal(Object.keys(config).length, Object.keys(settings).length)
})

t.test('every setting is a schema, and its default is valid', async t => {
  const ajv = new Ajv()
  for (const [name, schema] of Object.entries(settings)) {
    t.ok(ajv.validateSchema(schema), name)
    t.doesNotThrow(() => mistakes({ [name]: '?' }), `${name} has no keyword that is unknown`)
    t.same(parseConfig({ [name]: String(schema.default) })[name as keyof typeof settings], schema.default, name)
  }
})

t.test('values are read as what they are', async t => {
  const config = parseConfig({
    KILN_PORT: ' 9090 ',
    KILN_HOST: '::1',
    KILN_TENANTS: 'north, south,',
    KILN_INTEGRITY: 'default,south',
    KILN_TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8,fd00::/8',
    KILN_SYNCHRONOUS: 'NORMAL',
    KILN_RATE_ADDRESS: '0',
    KILN_RATE_TOKEN: '0.05:10',
    KILN_BASE_URL: 'https://example.org/fhir',
  })
  t.equal(config.KILN_PORT, 9090)
  t.same(config.KILN_TENANTS, ['north', 'south'])
  t.same(config.KILN_INTEGRITY, ['default', 'south'])
  t.same(config.KILN_TRUSTED_PROXIES, ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'])
  t.equal(config.KILN_SYNCHRONOUS, 'NORMAL')
  t.equal(config.KILN_RATE_ADDRESS, '0')
  t.equal(config.KILN_RATE_TOKEN, '0.05:10')
})

t.test('an empty variable counts as absent', async t => {
  t.equal(parseConfig({ KILN_PORT: '', KILN_STORE: '  ' }).KILN_PORT, 8080)
})

t.test('an unknown setting is refused and the nearest known one is named', async t => {
  t.same(mistakes({ KILN_BASEURL: 'https://example.org/fhir' }), [
    'KILN_BASEURL is not a setting; did you mean KILN_BASE_URL?',
  ])
  t.same(mistakes({ KILN_WHATEVER_THIS_IS: '1' }), ['KILN_WHATEVER_THIS_IS is not a setting'])
  t.same(mistakes({ KILN___proto__: '1', KILN_constructor: '1' }).length, 2)
})

t.test('all mistakes come in one message', async t => {
  const found = mistakes({
    KILN_PORT: 'eighty',
    KILN_PROT: '80',
    KILN_SYNCHRONOUS: 'SOMETIMES',
    KILN_TENANTS: 'North,a b',
    KILN_MAX_BODY: '-1',
  })
  t.equal(found.length, 5)
  t.ok(found.includes("KILN_PORT is 'eighty': expected a port from 0 to 65535"))
})

t.test('a value that is out of range or malformed is refused', async t => {
  const bad: Environment[] = [
    { KILN_PORT: '65536' },
    { KILN_PORT: '-1' },
    { KILN_PORT: '80.5' },
    { KILN_BASE_URL: 'example.org/fhir' },
    { KILN_BASE_URL: 'https://example.org/fhir/' },
    { KILN_BASE_URL: 'https://example.org/fhir?x=1' },
    { KILN_BASE_URL: 'https://user:pass@example.org/fhir' },
    { KILN_BASE_URL: 'ftp://example.org/fhir' },
    { KILN_TRUSTED_PROXIES: 'proxy.example.org' },
    { KILN_TRUSTED_PROXIES: '10.0.0.0/33' },
    { KILN_TRUSTED_PROXIES: '10.0.0.0/8/9' },
    { KILN_STORE: './data' },
    { KILN_STORE: 'postgres://localhost' },
    { KILN_TENANTS: 'default' },
    { KILN_INTEGRITY: 'nobody' },
    { KILN_LOG_LEVEL: 'loud' },
    { KILN_TLS_CERT: 'cert.pem' },
    { KILN_TLS_KEY: 'key.pem' },
    { KILN_HSTS_MAX_AGE: '-1' },
    { KILN_MAX_CONNECTIONS: 'many' },
    ...['100', '100/500', '0:5', '0.0:5', '-1:5', '100:0', '100:', ':5', '1e9:5', '100:5:5', 'off'].map(rate => ({
      KILN_RATE_ADDRESS: rate,
    })),
  ]
  for (const environment of bad) t.equal(mistakes(environment).length, 1, JSON.stringify(environment))
})

t.test('without authentication only loopback may be listened on, and the message says why', async t => {
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) {
    t.same(mistakes({ KILN_AUTH: 'none', KILN_HOST: host }), [], host)
  }
  for (const host of ['0.0.0.0', '::', '192.168.1.10', '10.0.0.1', 'example.org', '::ffff:10.0.0.1']) {
    t.match(mistakes({ KILN_AUTH: 'none', KILN_HOST: host }), [/KILN_AUTH is 'none' though.*loopback/], host)
    t.same(mistakes({ KILN_HOST: host }), [], host)
  }
  t.match(mistakes({ KILN_HOST: 'not a host' }), [/expected an IP address/])
  t.match(mistakes({ KILN_AUTH: 'off' }), [/expected smart, or none/])
})

t.test('the first client has an id and a secret of some length, which no message tells', async t => {
  t.same(mistakes({ KILN_BOOTSTRAP_CLIENT: 'robot:0123456789abcdef' }), [])
  t.same(mistakes({ KILN_BOOTSTRAP_CLIENT: 'robot:with:colons:0123' }), [])
  for (const wrong of ['robot', 'robot:short', ':0123456789abcdef', 'robot:0123456789 abcdef']) {
    t.match(mistakes({ KILN_BOOTSTRAP_CLIENT: wrong }), [/KILN_BOOTSTRAP_CLIENT is not valid: expected id:secret/])
  }
})

t.test('master keys are in a file or with a key service, which needs a token', async t => {
  const [url, token] = ['https://vault.example:8200/v1/transit/keys/kiln', '/run/token']
  t.same(mistakes({ KILN_KEY_VAULT: url, KILN_KEY_VAULT_TOKEN: token }), [])
  t.match(mistakes({ KILN_KEY_VAULT: url }), [/KILN_KEY_VAULT and KILN_KEY_VAULT_TOKEN belong together/])
  const both = { KILN_KEY_VAULT: url, KILN_KEY_VAULT_TOKEN: token, KILN_KEY_FILE: 'keys' }
  t.match(mistakes(both), [/both set: expected one of them/])
  t.match(mistakes({ KILN_KEY_VAULT: 'https://vault.example' }), [/expected a URL .* ends in \/v1\/…\/keys\/NAME/])
  t.same(mistakes({ KILN_ENCRYPTION: 'Patient.contact.name,Observation.value[x],Flag' }), [])
  for (const wrong of ['patient', 'Patient.', 'Patient.Name', 'Patient name']) {
    t.match(mistakes({ KILN_ENCRYPTION: wrong }), [/expected resource types or elements of them/], wrong)
  }
})

t.test('a secret is neither in messages nor in what may be logged', async t => {
  const wrong = mistakes({ KILN_STORE: 'mongo://root:hunter2@db/kiln' })
  t.equal(wrong.length, 1)
  t.notMatch(wrong.join(), /hunter2/)
  const shown = JSON.stringify(visible(parseConfig({ KILN_STORE: 'mongodb://root:hunter2@db/kiln' })))
  t.notMatch(shown, /hunter2/)
  t.match(shown, /KILN_PORT/)
  t.equal(placeOf('mongodb://root:hunter2@db:27017/kiln'), 'mongodb://db:27017/kiln')
  t.equal(placeOf('mongodb+srv://root:p%40ss@db/kiln'), 'mongodb+srv://db/kiln')
  t.equal(placeOf('sqlite:./data'), 'sqlite:./data')
})

t.test('the configuration is frozen, and one does not reach into the next', async t => {
  const config = parseConfig({})
  t.ok(Object.isFrozen(config))
  t.ok(Object.isFrozen(config.KILN_TENANTS))
  parseConfig({ KILN_TENANTS: 'north' })
  t.same(parseConfig({}).KILN_TENANTS, [])
})

t.test('the table in README is up to date', async t => {
  t.match(execFileSync(process.execPath, ['.ci/settings-table.ts', '--check'], { encoding: 'utf8' }), /up to date/)
})

t.test('what only concerns the tests is no setting', async t => {
  t.strictSame(parseConfig({ KILN_TEST_MONGODB: 'mongodb://x' }), parseConfig({}))
})

t.test('the audit is anchored in a file or by https', async t => {
  for (const good of ['/var/lib/anchors.ndjson', 'https://anchors.example.org/kiln?x=1']) {
    t.equal(parseConfig({ KILN_AUDIT_ANCHOR: good }).KILN_AUDIT_ANCHOR, good)
  }
  for (const bad of ['anchors', 'http://anchors.example.org/', 'https://user:secret@anchors.example.org/']) {
    t.same(mistakes({ KILN_AUDIT_ANCHOR: bad }).length, 1, bad)
  }
  t.match(mistakes({ KILN_AUDIT: 'on' }), [
    "KILN_AUDIT is 'on': expected auto, all or writes, or off where KILN_AUTH is none",
  ])
  t.match(mistakes({ KILN_AUDIT: 'off' }), [
    "KILN_AUDIT is 'off': expected auto, all or writes, or off where KILN_AUTH is none",
  ])
  t.equal(parseConfig({ KILN_AUDIT: 'off', KILN_AUTH: 'none' }).KILN_AUDIT, 'off')
})
