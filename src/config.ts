/** All settings: merged from the folders' fragments, taken from KILN_* only, checked at once, frozen. */
import { BlockList, isIP } from 'node:net'
import { isAbsolute } from 'node:path'
import { Ajv, type ErrorObject } from 'ajv'
import { conformanceSettings } from './conformance/config.ts'
import { nearest } from './fhir/nearest.ts'
import { httpSettings } from './http/config.ts'
import { interactionSettings } from './interactions/config.ts'
import { accountSettings, isMailUrl } from './security/accounts/config.ts'
import { auditSettings } from './security/audit/config.ts'
import { isIssuer, securitySettings } from './security/config.ts'
import { encryptionSettings } from './security/encryption/config.ts'
import { isVaultKey } from './security/encryption/vault.ts'
import { isNetwork } from './security/networks.ts'
import { tenantName } from './security/tenants/tenant.ts'
import { storeSettings } from './store/config.ts'
import { terminologySettings } from './terminology/config.ts'

const processSettings = {
  KILN_LOG_LEVEL: {
    type: 'string',
    enum: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    default: 'info',
    description: 'Least level that is logged. `debug` tells every request by its id, never by its URL.',
    expected: 'trace, debug, info, warn, error, fatal or silent',
  },
  KILN_TENANTS: {
    type: 'array',
    items: { type: 'string', pattern: tenantName },
    default: [],
    description:
      'Tenants that are there from the start, separated by commas; tenant `t` is served at `/t/t/fhir`. Others are made by `kiln tenant add`, without a restart.',
    expected: "names of a-z, 0-9 and - within, other than 'default', separated by commas",
  },
  KILN_INTEGRITY: {
    type: 'array',
    items: { type: 'string', pattern: '^[a-z0-9-]{1,63}$' },
    default: [],
    description:
      'Tenants with referential integrity, separated by commas; the one at `/fhir` is called `default`. To be decided before the first write: links of what was stored without it are not known.',
    expected: "'default' or names out of KILN_TENANTS, separated by commas",
  },
  KILN_DEMO: {
    type: 'string',
    enum: ['false', 'true', 'forced'],
    default: 'false',
    description:
      '`true`, or `--demo` behind the command: an empty store gets a small made-up hospital and a user of each role, whose passwords are printed; on a loopback address only, unless it is `forced`.',
    expected: 'true on a loopback address, forced, or false',
  },
  KILN_EGRESS_ALLOW: {
    type: 'array',
    items: { type: 'string', format: 'egress' },
    default: [],
    description:
      'Hosts, addresses and networks that Kiln may connect to though they lie on this machine or in a private network, separated by commas.',
    expected: 'names of hosts, IP addresses or networks like 10.0.0.0/8, separated by commas',
  },
} as const

/** In the order in which README lists them. */
export const settings = {
  ...httpSettings,
  ...securitySettings,
  ...accountSettings,
  ...interactionSettings,
  ...storeSettings,
  ...auditSettings,
  ...encryptionSettings,
  ...terminologySettings,
  ...conformanceSettings,
  ...processSettings,
}

type Settings = typeof settings
type Name = keyof Settings

export type Config = {
  readonly [N in Name]: Settings[N] extends { readonly enum: readonly (infer One)[] }
    ? One
    : Settings[N]['type'] extends 'integer'
      ? number
      : Settings[N]['type'] extends 'array'
        ? readonly string[]
        : string
}

export type Environment = Readonly<Record<string, string | undefined>>

/** The message names every mistake, one a line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** An empty variable counts as absent: compose files pass those along. Throws `ConfigError`. */
export function parseConfig(environment: Environment): Config {
  const given = Object.entries(environment).filter(([name, value]) => isOurs(name) && value?.trim())
  const values: unknown = Object.fromEntries(given.map(([name, value = '']) => [name, split(name, value.trim())]))
  const validate = compile(new Set(given.map(([name]) => name)))
  if (!validate(values)) throw refuse((validate.errors ?? []).map(error => say(error, environment)))
  const strange = values.KILN_INTEGRITY.filter(name => name !== 'default' && !values.KILN_TENANTS.includes(name))
  if (strange.length > 0) {
    throw refuse([`KILN_INTEGRITY names '${strange.join(', ')}': expected ${settings.KILN_INTEGRITY.expected}`])
  }
  if (values.KILN_AUTH === 'none' && !isLoopback(values.KILN_HOST)) {
    throw refuse([
      `KILN_AUTH is 'none' though KILN_HOST is '${values.KILN_HOST}': expected ${settings.KILN_AUTH.expected}`,
    ])
  }
  if (values.KILN_AUDIT === 'off' && values.KILN_AUTH !== 'none') {
    throw refuse([`KILN_AUDIT is 'off': expected ${settings.KILN_AUDIT.expected}`])
  }
  if (values.KILN_DEMO === 'true' && !isLoopback(values.KILN_HOST)) {
    throw refuse([
      `KILN_DEMO is 'true' though KILN_HOST is '${values.KILN_HOST}': expected ${settings.KILN_DEMO.expected}`,
    ])
  }
  if ((values.KILN_TLS_CERT === '') !== (values.KILN_TLS_KEY === '')) {
    throw refuse(['KILN_TLS_CERT and KILN_TLS_KEY belong together: expected both or none'])
  }
  if ((values.KILN_KEY_VAULT === '') !== (values.KILN_KEY_VAULT_TOKEN === '')) {
    throw refuse(['KILN_KEY_VAULT and KILN_KEY_VAULT_TOKEN belong together: expected both or none'])
  }
  if (values.KILN_KEY_VAULT !== '' && values.KILN_KEY_FILE !== '') {
    throw refuse(['KILN_KEY_VAULT and KILN_KEY_FILE are both set: expected one of them'])
  }
  if ((values.KILN_OIDC_ISSUER === '') !== (values.KILN_OIDC_CLIENT === '')) {
    throw refuse(['KILN_OIDC_ISSUER and KILN_OIDC_CLIENT belong together: expected both or none'])
  }
  for (const value of Object.values(values)) Object.freeze(value)
  return Object.freeze(values)
}

/** KILN_TEST_* tell the tests where things are, which start servers in the same environment. */
function isOurs(name: string): boolean {
  return name.startsWith('KILN_') && !name.startsWith('KILN_TEST_')
}

function refuse(mistakes: readonly string[]): ConfigError {
  return new ConfigError([...new Set(mistakes)].join('\n'))
}

/** For logs: what may be secret is left out. */
export function visible(config: Config): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [name, isSecret(name) ? '(secret)' : value]))
}

/** Where the data lies, without user and password. */
export function placeOf(store: string): string {
  return store.replace(/^(mongodb(?:\+srv)?:\/\/)[^/]*@/, '$1')
}

/** At every start, so only what is given: that defaults and schemas are valid is proven by a test. All of it takes 40 ms, this 10. */
function compile(given: ReadonlySet<string>) {
  const ajv = new Ajv({ allErrors: true, useDefaults: true, coerceTypes: true, meta: false, validateSchema: false })
  ajv.addVocabulary(['secret', 'expected'])
  ajv.addFormat('host', text => isIP(text) !== 0 || isName(text))
  ajv.addFormat('network', isNetwork)
  ajv.addFormat('base-url', isBase)
  ajv.addFormat('registry-url', isRegistry)
  ajv.addFormat('mail-url', isMailUrl)
  ajv.addFormat('audit-anchor', text => text === '' || isAbsolute(text) || isSecureUrl(text))
  ajv.addFormat('issuer', isIssuer)
  ajv.addFormat('vault-key', text => text === '' || isVaultKey(text))
  ajv.addFormat('egress', text => isNetwork(text) || isName(text))
  const properties = Object.entries(settings).map(
    ([name, schema]) => [name, given.has(name) ? schema : { default: schema.default }] as const,
  )
  return ajv.compile<Config>({
    type: 'object',
    properties: Object.fromEntries(properties),
    additionalProperties: false,
  })
}

function split(name: string, value: string): string | string[] {
  if (!isSetting(name) || settings[name].type !== 'array') return value
  return value
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')
}

function say({ keyword, params, instancePath }: ErrorObject, environment: Environment): string {
  if (keyword === 'additionalProperties') {
    const unknown = String(params['additionalProperty'])
    const meant = nearest(unknown, Object.keys(settings))
    return `${unknown} is not a setting${meant ? `; did you mean ${meant}?` : ''}`
  }
  const name = instancePath.split('/')[1] ?? ''
  const received = isSecret(name) ? 'not valid' : `'${environment[name]}'`
  return `${name} is ${received}: expected ${isSetting(name) ? settings[name].expected : ''}`
}

function isSetting(name: string): name is Name {
  return Object.hasOwn(settings, name)
}

function isSecret(name: string): boolean {
  return isSetting(name) && 'secret' in settings[name]
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

export function isLoopback(host: string): boolean {
  const family = isIP(host)
  return host === 'localhost' || (family !== 0 && loopback.check(host, family === 6 ? 'ipv6' : 'ipv4'))
}

function isName(text: string): boolean {
  return /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i.test(text)
}

function isBase(text: string): boolean {
  if (text === '') return true // the default: address and port
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) return false
  return !/[?#\s]|\/$/.test(text)
}

function isSecureUrl(text: string): boolean {
  const url = URL.parse(text)
  return url?.protocol === 'https:' && url.username === '' && url.password === ''
}

function isRegistry(text: string): boolean {
  if (text === '') return true // the default: none
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && !/[?#\s]|\/$|%(?![0-9a-f]{2})/i.test(text)
}
