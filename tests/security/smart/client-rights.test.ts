/** What an operator gives to a client beside scopes: it is told by its tokens, and cannot be changed by itself. */
import { spawnSync } from 'node:child_process'
import * as oauth from 'oauth4webapi'
import { claimsIn } from '../../../src/security/smart/access-token.ts'
import { findClient } from '../../../src/security/smart/client.ts'
import { openKiln } from '../../http/kiln.ts'
import { type App, authorized, bearer, clientCredentials, onEachStore, operator, registered } from './app.ts'

await onEachStore(async (t, settings) => {
  const kiln = await openKiln(t, { ...settings, KILN_REGISTRATION: 'open' })
  const command = (...args: string[]) => {
    const env = { ...process.env, KILN_STORE: kiln.place, KILN_SYNCHRONOUS: 'NORMAL' }
    const { stdout, stderr } = spawnSync(process.execPath, ['src/cli.ts', 'client', ...args], { env, encoding: 'utf8' })
    return `${stdout}${stderr}`.trim()
  }
  const alone = {
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    allowed_scope: 'system/*.rs',
  }
  const tokenOf = async (app: App) => {
    const answer = await clientCredentials(app, 'system/*.rs')
    return (await oauth.processClientCredentialsResponse(app.server, app.client, answer)).access_token
  }
  const read = async (token: string, type: string) =>
    (await fetch(`${kiln.base}/${type}`, { headers: bearer(token) })).status

  await t.test('policies and roles of a backend count, and tokens from before are over', async t => {
    const robot = await registered(kiln, { ...alone, client_id: 'robot' }, 'a secret of the robot')
    const before = await tokenOf(robot)
    t.equal(await read(before, 'Patient'), 200)
    t.equal(command('roles', 'robot', 'billing'), "The client 'robot' has the roles billing.")
    t.equal(command('policies', 'robot', 'a', 'b'), "The client 'robot' has the policies a, b.")
    for (let left = 20; left > 0 && (await read(before, 'Patient')) === 200; left--) {
      await new Promise(resolve => setTimeout(resolve, 100))
    }
    t.equal(await read(before, 'Patient'), 401)
    await new Promise(resolve => setTimeout(resolve, 1_000)) // tokens tell in whole seconds when they were issued
    const limited = await tokenOf(robot)
    t.match(claimsIn(limited), { roles: ['billing'], policies: ['a', 'b'] })
    t.equal(await read(limited, 'Claim'), 200, 'billing may')
    t.equal(await read(limited, 'Communication'), 403, 'which its scopes would open')
    t.equal(command('roles', 'robot'), "The client 'robot' has no roles.")
    t.match(command('roles', 'nobody', 'x'), /there is no client 'nobody'/)
    t.match(command('roles', 'robot', 'Chief'), /'Chief' is no role/)
    t.match(command('policies', 'robot', 'a b'), /'a b' is no id/)
  })

  await t.test('an app tells its policies, and the roles of who uses it', async t => {
    const app = await registered(kiln, { client_id: 'chart' })
    command('policies', 'chart', 'narrow')
    command('roles', 'chart', 'administrator')
    const { access_token: token } = await authorized(kiln, app, 'user/Patient.rs')
    t.match(claimsIn(token), { policies: ['narrow'], roles: undefined })
  })

  await t.test('a client cannot say what it may do, nor forget it', async t => {
    const register = (url: string, method: string, body: object, headers: object) =>
      fetch(url, { method, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
    const wish = { redirect_uris: ['https://app.example/callback'], token_endpoint_auth_method: 'none' }
    const rights = { policies: ['x'], roles: ['administrator'] }
    const made = await register(
      `${kiln.origin}/oauth/register`,
      'POST',
      { ...wish, ...rights, rights },
      await operator(kiln),
    )
    t.equal(made.status, 201)
    const told = (await made.json()) as { client_id: string; registration_access_token: string }
    t.equal((await findClient(kiln.store, 'default', told.client_id))?.rights, undefined)
    command('policies', told.client_id, 'narrow')
    const { client_id, registration_access_token: key } = told
    const url = `${kiln.origin}/oauth/register/${client_id}`
    const changed = await register(url, 'PUT', { ...wish, client_id, client_name: 'Other', rights: {} }, bearer(key))
    t.equal(changed.status, 200)
    const client = await findClient(kiln.store, 'default', client_id)
    t.match(client, { metadata: { client_name: 'Other' }, rights: { policies: ['narrow'], roles: [] } })
  })
})
