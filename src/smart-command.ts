/** `kiln client`, `kiln token`, `kiln launch`: beside a running server on the same store, or without one. */
import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { Command } from 'commander'
import { configuredBase } from './audit-reader.ts'
import { inTenant, say } from './command.ts'
import type { Environment } from './config.ts'
import { fail } from './fhir/issue.ts'
import type { Runtime } from './runtime.ts'
import { parseScope } from './security/access/scope.ts'
import { checkRoles } from './security/accounts/account.ts'
import type { Place } from './security/smart/access-token.ts'
import {
  addClient,
  type ClientMetadata,
  type ClientRights,
  digest,
  findClient,
  listClients,
  newSecret,
  removeClient,
  rotateSecret,
  setRights,
} from './security/smart/client.ts'
import { endOf, type KeySet } from './security/smart/keys.ts'
import { mintLaunch } from './security/smart/launch.ts'
import { isOfSystem, plainScopes, split } from './security/smart/scopes.ts'
import type { Smart } from './security/smart/smart.ts'
import { outside } from './server.ts'

type Site = { readonly runtime: Runtime; readonly smart: Smart; readonly place: Place }

type Options = { readonly tenant: string }

const newToken = (): string => newSecret(randomBytes)

/** Seconds. */
const brief = 300

export function clientCommand(environment: Environment): Command {
  const command = new Command('client').description('clients: the apps and backends that may ask for access tokens')
  const sub = (usage: string, description: string) =>
    command
      .command(usage)
      .description(description)
      .option('--tenant <name>', 'the tenant whose client it is', 'default')

  sub('add', 'register a client; prints its id, and its secret if it has one')
    .requiredOption('--name <text>', 'as people know it')
    .option('--id <id>', 'by default one is made')
    .option('--redirect <uri...>', 'where people come back to after they signed in')
    .option('--post-logout <uri...>', 'where they come back to after they signed out')
    .option('--public', 'it cannot keep a secret: a page or a phone', false)
    .option('--jwks <file|url>', 'it signs its requests with keys (RS384, ES384), of which these are the public ones')
    .option('--scope <scopes>', 'all that it may be granted')
    .option('--launch <url>', 'where an EHR starts it')
    .option('--logo <url>', 'its picture')
    .action((options: Adding) => within(environment, options, site => add(site, options)))
  sub('list', 'list the clients').action((options: Options) => within(environment, options, list))
  sub('rotate <id>', 'give a client another secret; the one before is good until the next time').action(
    (id: string, options: Options) => within(environment, options, site => rotate(site, id)),
  )
  sub('remove <id>', 'remove a client; its tokens are revoked').action((id: string, options: Options) =>
    within(environment, options, site => remove(site, id)),
  )
  sub('policies <id> [policy...]', 'say which access policies limit a client, or with none: take all away').action(
    (id: string, policies: readonly string[], options: Options) =>
      within(environment, options, site => give(site, id, { policies })),
  )
  sub('roles <id> [role...]', 'say what a client is where it acts for itself, or with none: take all away').action(
    (id: string, roles: readonly string[], options: Options) =>
      within(environment, options, site => give(site, id, { roles })),
  )
  sub('invite', 'print an initial access token, with which an app may be registered within a day').action(
    (options: Options) => within(environment, options, invite),
  )
  return command
}

export function oauthKeyCommand(environment: Environment): Command {
  const command = new Command('oauth-key').description('keys that tokens are signed with')
  const sub = (usage: string, description: string) =>
    command
      .command(usage)
      .description(description)
      .option('--tenant <name>', 'the tenant whose keys they are', 'default')
  sub('list', 'list the keys, those first that sign').action((options: Options) =>
    within(environment, options, async ({ smart, place }) => printKeys(await smart.keys.of(place.tenant))),
  )
  sub('rotate', 'sign with new keys; what the old ones signed stays good for a day')
    .option('--now', 'one has leaked: what the old ones signed is good for nothing within a second', false)
    .action((options: Rotating) =>
      within(environment, options, async site => printKeys(await rotateKeys(site, options))),
    )
  return command
}

type Rotating = Options & { readonly now: boolean }

async function rotateKeys({ runtime, smart, place: { tenant } }: Site, { now }: Rotating): Promise<KeySet> {
  const keys = await (now ? smart.replaceKeys(tenant) : smart.keys.rotate(tenant))
  const detail = now ? 'signing keys were replaced: one has leaked' : 'signing keys were rotated'
  runtime.observe({ event: 'oauth.keys-changed', tenant, client: 'kiln-cli', detail })
  return keys
}

function printKeys(keys: KeySet): string {
  const lines = keys.map(({ kid, alg, retired }) => {
    const until = retired === undefined ? 'signs' : `is good until ${new Date(endOf(retired)).toISOString()}`
    return `${kid}\t${alg}\t${until}`
  })
  return lines.join('\n')
}

type Wanting = Options & { readonly scope: string; readonly patient?: string; readonly user?: string }

export function tokenCommand(environment: Environment): Command {
  return new Command('token')
    .description(`print an access token that is good for ${brief} seconds`)
    .requiredOption('--scope <scopes>', 'such as "system/*.rs"')
    .option('--patient <id>', 'whose record it is about')
    .option('--user <name>', 'who uses it: an account, or Practitioner/[id]')
    .option('--tenant <name>', 'the tenant that it is for', 'default')
    .action((options: Wanting) => within(environment, options, site => token(site, options)))
}

type Launching = Options & {
  readonly patient?: string
  readonly encounter?: string
  readonly intent?: string
  readonly client?: string
}

export function launchCommand(environment: Environment): Command {
  return new Command('launch')
    .description('start an app as an EHR does: prints the launch parameter, or the whole URL of a client')
    .option('--patient <id>', 'whose record is open')
    .option('--encounter <id>', 'the encounter that is open')
    .option('--intent <text>', 'what the app is to do')
    .option('--client <id>', 'the app; it was registered with a launch URL')
    .option('--tenant <name>', 'the tenant', 'default')
    .action((options: Launching) => within(environment, options, site => launch(site, options)))
}

function within(environment: Environment, options: Options, act: (site: Site) => Promise<string>): Promise<void> {
  return inTenant(environment, options, async ({ config, runtime }) => {
    if (!runtime.smart) throw fail('value', 'KILN_AUTH is none: nobody needs a client or a token')
    const place = { tenant: options.tenant, base: configuredBase(config)(options.tenant) }
    say(await act({ runtime, smart: runtime.smart, place }))
  })
}

type Adding = Options & {
  readonly name: string
  readonly id?: string
  readonly redirect?: readonly string[]
  readonly postLogout?: readonly string[]
  readonly public: boolean
  readonly jwks?: string
  readonly scope?: string
  readonly launch?: string
  readonly logo?: string
}

async function add(site: Site, options: Adding): Promise<string> {
  const { runtime, place } = site
  const { tenant } = place
  const { id = randomUUID(), redirect = [], postLogout = [], scope } = options
  const way = wayOf(options)
  mustBeScopes(split(scope))
  for (const uri of [...redirect, ...postLogout]) mustBeRedirect(uri)
  const alone = split(scope).some(isOfSystem)
  if (alone && options.public) throw fail('value', 'a public client cannot act for itself: leave out system/ scopes')
  if (redirect.length === 0 && !alone) throw fail('value', 'expected --redirect, or --scope with system/ scopes')
  const secret = way.token_endpoint_auth_method === 'client_secret_basic' ? newToken() : undefined
  const withPeople = redirect.length > 0 ? ['authorization_code', 'refresh_token'] : []
  const metadata: ClientMetadata = {
    ...{ client_id: id, client_name: options.name, ...way, redirect_uris: redirect },
    grant_types: [...withPeople, ...(alone ? ['client_credentials'] : [])],
    response_types: redirect.length > 0 ? ['code'] : [],
    ...(redirect.every(uri => /^https?:/.test(uri)) ? {} : { application_type: 'native' }),
    ...(postLogout.length === 0 ? {} : { post_logout_redirect_uris: postLogout }),
    ...(scope === undefined ? {} : { allowed_scope: scope }),
    ...links(options),
  }
  const isNew = await addClient(runtime.store, tenant, { metadata, secrets: secret ? [digest(secret)] : [] })
  if (!isNew) throw fail('duplicate', `there is a client '${id}' already`)
  changed(site, `added ${id}`)
  return [`client_id: ${id}`, ...(secret ? [`client_secret: ${secret}`] : [])].join('\n')
}

function links({ launch, logo }: Adding) {
  if (launch !== undefined && !launch.startsWith('https://')) {
    throw fail('value', `'${launch}' cannot start an app: expected a URL that begins with https://`)
  }
  return {
    ...(launch === undefined ? {} : { initiate_login_uri: launch }),
    ...(logo === undefined ? {} : { logo_uri: logo }),
  }
}

function wayOf({ public: isPublic, jwks }: Adding) {
  if (isPublic && jwks !== undefined) throw fail('value', 'a public client has no keys: leave out --public or --jwks')
  if (isPublic) return { token_endpoint_auth_method: 'none' } as const
  if (jwks === undefined) return { token_endpoint_auth_method: 'client_secret_basic' } as const
  if (/^https?:/.test(jwks)) return { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: jwks } as const
  return { token_endpoint_auth_method: 'private_key_jwt', jwks: keysIn(jwks) } as const
}

function keysIn(file: string): object {
  if (!existsSync(file)) throw fail('value', `there is no file ${file}`)
  const keys = json(readFileSync(file, 'utf8'))
  if (typeof keys === 'object' && keys !== null && 'keys' in keys && Array.isArray(keys.keys)) return keys
  throw fail('value', `${file} is no JSON Web Key Set: expected {"keys":[…]}`)
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const plain: ReadonlySet<string> = new Set(plainScopes)

function mustBeScopes(scopes: readonly string[]): void {
  const strange = scopes.find(text => !plain.has(text) && !parseScope(text))
  if (strange !== undefined) throw fail('value', `'${strange}' is no scope: expected such as patient/*.rs or openid`)
}

function mustBeRedirect(uri: string): void {
  const url = URL.parse(uri)
  if (url && !url.hash && !/^(?:javascript|data|vbscript|blob|file|about):$/.test(url.protocol)) return
  throw fail('value', `'${uri}' is no redirect URI: expected a whole URL without a fragment`)
}

async function list({ runtime, place: { tenant } }: Site): Promise<string> {
  const clients = await listClients(runtime.store, tenant)
  const lines = clients.map(({ metadata }) => {
    const { client_id: id, client_name: name = '', token_endpoint_auth_method: way, allowed_scope: scope } = metadata
    return [id, name, way, scope ?? '(usual scopes of an app)'].join('\t')
  })
  return lines.length === 0 ? 'There are no clients.' : lines.join('\n')
}

async function rotate(site: Site, id: string): Promise<string> {
  const { runtime, place } = site
  const secret = newToken()
  await rotateSecret(runtime.store, place.tenant, id, secret)
  changed(site, `gave ${id} another secret`)
  return `client_secret: ${secret}`
}

/** Tokens tell what was true when they were issued. */
async function give(site: Site, id: string, rights: Partial<ClientRights>) {
  const { runtime, smart, place } = site
  checkRoles(rights.roles ?? [])
  const strange = rights.policies?.find(policy => !/^[A-Za-z0-9.-]{1,64}$/.test(policy))
  if (strange !== undefined) throw fail('value', `'${strange}' is no id of an access policy`)
  await setRights(runtime.store, place.tenant, id, rights)
  await smart.revoked.revoke(place.tenant, `client:${id}`)
  const [[what, given]] = Object.entries(rights) as [[string, readonly string[]]]
  const told = `${given.length === 0 ? `no ${what}` : `the ${what} ${given.join(', ')}`}`
  changed(site, `gave ${id} ${told}`)
  return `The client '${id}' has ${told}.`
}

async function remove(site: Site, id: string): Promise<string> {
  const { runtime, smart, place } = site
  await removeClient(runtime.store, place.tenant, id)
  await smart.revoked.revoke(place.tenant, `client:${id}`)
  changed(site, `removed ${id}`)
  return `The client '${id}' is removed.`
}

async function invite(site: Site): Promise<string> {
  const { smart, place } = site
  const made = await smart.invite(place.tenant)
  changed(site, 'invited an app to register')
  return made
}

async function token({ runtime, smart, place }: Site, { scope, user, patient }: Wanting): Promise<string> {
  mustBeScopes(split(scope))
  const wish = {
    ...{ client: 'kiln-cli', scope: split(scope).join(' '), seconds: brief },
    ...(user === undefined ? {} : { user }),
    ...(patient === undefined ? {} : { patient }),
  }
  const made = await smart.token(place, wish)
  const whose = user === undefined ? {} : { account: user }
  runtime.observe({
    ...{ event: 'oauth.token-issued', tenant: place.tenant, client: wish.client, ...whose },
    detail: `kiln token scope ${wish.scope}`,
  })
  return made
}

/** For the audit: by whoever may run commands here. */
function changed({ runtime, place: { tenant } }: Site, detail: string): void {
  runtime.observe({ event: 'oauth.client-changed', tenant, client: 'kiln-cli', detail })
}

async function launch({ runtime, place }: Site, options: Launching): Promise<string> {
  const { patient, encounter, intent, client: id } = options
  const client = id === undefined ? undefined : await findClient(runtime.store, place.tenant, id)
  if (id !== undefined && !client) throw fail('not-found', `there is no client '${id}'`)
  const context = {
    ...(patient === undefined ? {} : { patient }),
    ...(encounter === undefined ? {} : { encounter }),
    ...(intent === undefined ? {} : { intent }),
  }
  const { clock } = outside
  const launch = await mintLaunch(runtime.store, place.tenant, context, { clock, newToken })
  runtime.observe({ event: 'account.launched', tenant: place.tenant, detail: 'kiln launch' })
  if (!client) return launch
  const start = URL.parse(client.metadata.initiate_login_uri ?? '')
  if (!start) throw fail('value', `the client '${id}' has no launch URL`)
  start.searchParams.set('iss', place.base)
  start.searchParams.set('launch', launch)
  return start.href
}
