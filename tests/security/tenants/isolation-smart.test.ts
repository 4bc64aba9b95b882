/** Clients, tokens, codes, launches and sessions of two tenants that look alike: each is nothing in the other. */
import { randomBytes } from 'node:crypto'
import * as oauth from 'oauth4webapi'
import { addAccount } from '../../../src/security/accounts/account.ts'
import { openAccounts } from '../../../src/security/accounts/open.ts'
import { hashPassword } from '../../../src/security/accounts/password.ts'
import { passwordStep } from '../../../src/security/accounts/sign-in.ts'
import type { ClientMetadata } from '../../../src/security/smart/client.ts'
import { readLaunch, takeLaunch } from '../../../src/security/smart/launch.ts'
import { policy } from '../access/policies.ts'
import {
  type App,
  agreed,
  authorizing,
  bearer,
  browse,
  clientCredentials,
  errorOf,
  exchanged,
  plainly,
  redirect,
  registered,
  type Way,
} from '../smart/app.ts'
import { onBothStores } from './site.ts'

const wish = 'openid fhirUser offline_access user/Patient.rs'
const pairs = [
  ['amber', 'blue'],
  ['blue', 'amber'],
] as const

await onBothStores(async (t, open) => {
  const site = await open({ KILN_AUTH: 'smart' })
  for (const [tenant] of pairs) await site.add(tenant)
  const secretOf = (tenant: string) => `the long secret of ${tenant}`
  const backend: Partial<ClientMetadata> = {
    ...{ grant_types: ['client_credentials'], response_types: [], redirect_uris: [], allowed_scope: 'system/*.cruds' },
    client_id: 'backend',
  }
  const apps = new Map<string, { readonly app: App; readonly backend: App }>()
  for (const [tenant] of pairs) {
    apps.set(tenant, {
      app: await registered(site, { client_id: 'app' }, secretOf(tenant), tenant),
      backend: await registered(site, backend, secretOf(tenant), tenant),
    })
  }
  const appsOf = (tenant: string) => apps.get(tenant) as { readonly app: App; readonly backend: App }
  /** The endpoints of one, with what the client has of the other. */
  const crossed = (at: string, from: string, which: 'app' | 'backend'): App => ({
    ...appsOf(from)[which],
    server: appsOf(at)[which].server,
  })
  const signedIn = async (tenant: string): Promise<{ way: Way; back: URL }> => {
    const way = await authorizing(appsOf(tenant).app, site.baseOf(tenant), wish)
    return { way, back: (await agreed(site, way, {}, tenant)).back }
  }
  const status = async (tenant: string, token: string) =>
    (await site.of(tenant)('GET', 'Patient', undefined, bearer(token))).status
  const isActive = async ({ server, client, auth }: App, token: string): Promise<boolean> => {
    const answer = await oauth.introspectionRequest(server, client, auth, token, plainly)
    return ((await answer.json()) as { active: boolean }).active
  }

  await t.test('they sign with keys of their own', async t => {
    const kids = await Promise.all(
      pairs.map(async ([tenant]) => {
        const { body } = await site.of(tenant)('GET', appsOf(tenant).app.server.jwks_uri ?? '')
        return body.keys.map(({ kid }: { kid: string }) => kid)
      }),
    )
    t.equal(new Set(kids.flat()).size, 6)
  })

  await t.test('a client of the same id is another client', async t => {
    for (const [own, other] of pairs) {
      const answer = await clientCredentials(appsOf(own).backend, 'system/Patient.rs')
      t.equal(answer.status, 200)
      const { access_token: token } = (await answer.json()) as { access_token: string }
      t.equal(await status(own, token), 200)
      for (const elsewhere of [other, 'default']) t.equal(await status(elsewhere, token), 401)
      const refused = await clientCredentials(crossed(other, own, 'backend'), 'system/Patient.rs')
      t.match(await errorOf(refused), /^401 invalid_client/)
    }
  })

  await t.test('introspection and revocation do not reach across', async t => {
    for (const [own, other] of pairs) {
      const answer = await clientCredentials(appsOf(own).backend, 'system/Patient.rs')
      const { access_token: token } = (await answer.json()) as { access_token: string }
      t.equal(await isActive(appsOf(own).backend, token), true)
      t.equal(await isActive(appsOf(other).backend, token), false)
      const { server, client, auth } = appsOf(other).backend
      await oauth.revocationRequest(server, client, auth, token, plainly)
      t.equal(await status(own, token), 200)
    }
  })

  await t.test('codes and refresh tokens are good where they were given', async t => {
    for (const [own, other] of pairs) {
      const { way, back } = await signedIn(own)
      const elsewhere = crossed(other, other, 'app')
      const parameters = new URLSearchParams({ code: back.searchParams.get('code') ?? '' })
      const stolen = await fetch(elsewhere.server.token_endpoint ?? '', {
        method: 'POST',
        headers: basic('app', secretOf(other)),
        body: new URLSearchParams({
          ...Object.fromEntries(parameters),
          ...{ grant_type: 'authorization_code', redirect_uri: redirect, code_verifier: way.verifier },
        }),
      })
      t.match(await errorOf(stolen), /^400 invalid_grant/)
      const tokens = await exchanged(appsOf(own).app, way, back)
      t.equal(await status(own, tokens.access_token), 403, 'known, though without a role')
      t.equal(await status(other, tokens.access_token), 401)
      const refresh = async (tenant: string) => {
        const { server, client, auth } = appsOf(tenant).app
        return oauth.refreshTokenGrantRequest(server, client, auth, tokens.refresh_token ?? '', plainly)
      }
      t.match(await errorOf(await refresh(other)), /^400 invalid_grant/)
      t.equal((await refresh(own)).status, 200, 'and the attempt elsewhere has not used it up')
    }
  })

  await t.test('who is signed in to one is a stranger to the other, though the browser shows all cookies', async t => {
    for (const [own, other] of pairs) {
      const { way } = await signedIn(own)
      const again = await authorizing(appsOf(own).app, site.baseOf(own), wish, { prompt: 'none' })
      const known = await browse(new Map(way.jar), again.url.href)
      t.notMatch(known.headers.get('location') ?? '', /error=login_required/)
      const elsewhere = await authorizing(appsOf(other).app, site.baseOf(other), wish, { prompt: 'none' })
      const stranger = await browse(new Map(way.jar), elsewhere.url.href)
      t.match(stranger.headers.get('location') ?? '', /error=login_required/)
    }
  })

  await t.test('a policy holds where it is stored, for the client of that id alone', async t => {
    const wish = { client: 'robot', scope: 'system/*.cruds', seconds: 300 }
    const tokenOf = (tenant: string) => site.smart.token({ tenant, base: site.baseOf(tenant) }, wish)
    const tokens = { amber: await tokenOf('amber'), blue: await tokenOf('blue') }
    const both = async () => [await status('amber', tokens.amber), await status('blue', tokens.blue)]
    t.same(await both(), [200, 200])
    const rules = [{ types: ['Location'], letters: 'rs' }]
    const robots = policy('robots', { clients: ['robot'], rules })
    const made = await site.of('amber')('PUT', 'Basic/robots', robots, bearer(tokens.amber))
    t.equal(made.status, 201, made.text)
    t.same(await both(), [403, 200])
  })

  await t.test('a person of the same login is another person', async t => {
    const needs = { store: site.store, clock: Date.now, random: randomBytes }
    const people = await openAccounts({
      ...needs,
      observe: () => {},
      limits: { idle: 60_000, longest: 60_000 },
      mailer: undefined,
    })
    const passwords = { amber: 'seven quiet herons', blue: 'nine loud herons' }
    for (const [tenant] of pairs) {
      await addAccount(needs, tenant, { login: 'ann', password: await hashPassword(passwords[tenant], randomBytes) })
    }
    for (const [own, other] of pairs) {
      const from = { tenant: own, address: '127.0.0.1', device: 'test', where: '/' }
      const outcome = await passwordStep(people, from, 'ann', passwords[own])
      const token = 'token' in outcome ? outcome.token : ''
      t.equal((await people.sessions.find(own, token))?.account.login, 'ann')
      t.equal(await people.sessions.find(other, token), undefined, 'its session is none elsewhere')
      t.match(await passwordStep(people, from, 'ann', passwords[other]), { is: 'refused' })
    }
  })

  await t.test('a launch is one of its tenant', async t => {
    for (const [own, other] of pairs) {
      const answer = await clientCredentials(appsOf(own).backend, 'system/*.cruds')
      const { access_token: token } = (await answer.json()) as { access_token: string }
      const launched = await site.of(own)('POST', '$launch', { resourceType: 'Parameters' }, bearer(token))
      t.equal(launched.status, 200)
      const { valueString: launch } = launched.body.parameter.find((one: { name: string }) => one.name === 'launch')
      t.equal(await takeLaunch(site.store, other, launch), undefined)
      t.ok(await readLaunch(site.store, own, launch))
    }
  })
})

function basic(id: string, secret: string): { readonly authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${id}:${encodeURIComponent(secret)}`).toString('base64')}` }
}
