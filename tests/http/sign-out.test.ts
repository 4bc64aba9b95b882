/** Signing out by an app: https://openid.net/specs/openid-connect-rpinitiated-1_0.html */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import * as oauth from 'oauth4webapi'
import { addAccount } from '../../src/security/accounts/account.ts'
import { hashPassword } from '../../src/security/accounts/password.ts'
import {
  type App,
  authorizing,
  bearer,
  exchanged,
  onEachStore,
  operator,
  patientOf,
  redirect,
  registered,
  type Tokens,
} from '../security/smart/app.ts'
import { type Kiln, openKiln } from './kiln.ts'
import { openBrowser, type WithoutScreen } from './pages/site.ts'

const password = 'seven quiet herons'
const home = 'https://app.example/bye'
const online = 'openid online_access user/Patient.rs'
const offline = 'openid offline_access user/Patient.rs'

const text = async (answer: Promise<Response>): Promise<string> => (await answer).text()
const nextIn = (html: string): string | undefined =>
  /content="0; url=([^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&')
const titleIn = (html: string): string | undefined => /<h1>([^<]*)<\/h1>/.exec(html)?.[1]

async function hire({ store }: Kiln, tenant = 'default', login = 'grey'): Promise<void> {
  const hash = await hashPassword(password, randomBytes)
  const account = { login, name: `Dr ${login}`, roles: ['physician'], links: ['Practitioner/1'], password: hash }
  await addAccount({ store, clock: Date.now, random: randomBytes }, tenant, account)
}

/** As people do it: from the app to the pages and back. */
async function signedIn(app: App, base: string, browser: WithoutScreen, scope: string): Promise<Tokens> {
  const way = await authorizing(app, base, scope)
  const at = (await browser.go(way.url.href)).headers.get('location') ?? ''
  const back = await browser.go(await allowed(browser, at, base, scope))
  return exchanged(app, way, new URL(back.headers.get('location') ?? ''))
}

/** Where the browser goes on from the pages. */
async function allowed(
  browser: WithoutScreen,
  at: string,
  base: string,
  scope: string,
  name = 'grey',
): Promise<string> {
  if (titleIn(await text(browser.go(at))) === 'Sign in') {
    await browser.post(`${at}/sign-in`, { name, password })
    await browser.go(at)
  }
  const fields: [string, string][] = scope.split(' ').map(one => ['scope', one])
  const body = new URLSearchParams([['csrf', browser.csrf()], ['choice', 'allow'], ...fields]).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(base).origin }
  return nextIn(await text(browser.go(`${at}/consent`, { method: 'POST', body, headers }))) ?? ''
}

function logoutAt(app: App, parameters: Record<string, string>): string {
  return `${app.server.end_session_endpoint}?${new URLSearchParams(parameters)}`
}

const statusOf = async ({ base }: { readonly base: string }, tokens: Tokens): Promise<number> =>
  (await fetch(`${base}/Patient/amy`, { headers: bearer(tokens.access_token) })).status

async function isRefused(kiln: { readonly base: string }, tokens: Tokens): Promise<boolean> {
  for (let left = 10; left > 0; left--) {
    if ((await statusOf(kiln, tokens)) === 401) return true
    await sleep(100)
  }
  return false
}

async function refreshed({ server, client, auth }: App, tokens: Tokens): Promise<number> {
  return (
    await oauth.refreshTokenGrantRequest(server, client, auth, String(tokens.refresh_token), {
      [oauth.allowInsecureRequests]: true,
    })
  ).status
}

await onEachStore(async (t, settings) => {
  const kiln = await openKiln(t, { ...settings, KILN_TENANTS: 'north' })
  const other = {
    base: `${(await openKiln(t, { KILN_AUTH: 'smart', KILN_STORE: kiln.place, KILN_BASE_URL: kiln.base })).origin}/fhir`,
  }
  await hire(kiln)
  await patientOf(kiln, 'amy')
  const metadata = { client_name: 'Growth chart', post_logout_redirect_uris: [home] }
  const app = await registered(kiln, metadata)
  const window = () => openBrowser(kiln.origin)

  await t.test('discovery tells where', async t => {
    t.equal(app.server.end_session_endpoint, `${kiln.origin}/oauth/logout`)
    const told = await (await fetch(`${kiln.origin}/.well-known/openid-configuration`)).json()
    t.match(told, { end_session_endpoint: `${kiln.origin}/oauth/logout` })
  })

  await t.test(
    'whoever agrees is signed out here and at the app, in all processes, and goes on to the app',
    async t => {
      const browser = window()
      const before = await signedIn(app, kiln.base, browser, online)
      const tokens = await signedIn(app, kiln.base, browser, online)
      for (const place of [kiln, other]) t.equal(await statusOf(place, tokens), 200)
      const wish = { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: home, state: 'a b&c' }
      const asked = await text(browser.go(logoutAt(app, wish)))
      t.equal(titleIn(asked), 'Do you want to sign out?')
      t.match(asked, /Growth chart.*signed in as Dr grey/s)
      t.equal(nextIn(asked), undefined, 'not by itself')
      t.equal(await statusOf(kiln, tokens), 200, 'nothing happened yet')
      const left = await text(browser.post('/oauth/logout/end', { ...wish, choice: 'leave' }))
      t.equal(nextIn(left), `${home}?state=a+b%26c`)
      t.ok(await isRefused(kiln, tokens))
      t.ok(await isRefused(other, tokens), 'in the other process, too')
      t.ok(await isRefused(kiln, before), 'what the app got earlier in this browser')
      t.equal(await refreshed(app, tokens), 400)
      t.equal(titleIn(await text(browser.go('/account'))), 'Sign in')
      t.match(
        kiln.events.findLast(({ event }) => event === 'account.signed-out'),
        { detail: /sent by/ },
      )
      const way = await authorizing(app, kiln.base, online)
      const at = (await browser.go(way.url.href)).headers.get('location') ?? ''
      t.equal(titleIn(await text(browser.go(at))), 'Sign in', 'the authorization server has forgotten it, too')
    },
  )

  await t.test('other browsers, and what apps may keep, stay', async t => {
    const [browser, elsewhere] = [window(), window()]
    const kept = await signedIn(app, kiln.base, browser, offline)
    const there = await signedIn(app, kiln.base, elsewhere, online)
    await browser.go(logoutAt(app, {}))
    await browser.post('/oauth/logout/end', { choice: 'leave' })
    await sleep(600)
    t.equal(await statusOf(kiln, kept), 200)
    t.equal(await refreshed(app, kept), 200)
    t.equal(await statusOf(kiln, there), 200)
    t.equal(await refreshed(app, there), 200)
    t.equal(titleIn(await text(elsewhere.go('/account'))), 'Your account')
  })

  await t.test('whoever stays leaves that app alone', async t => {
    const browser = window()
    const another = await registered(kiln, { client_name: 'Another' })
    const tokens = await signedIn(app, kiln.base, browser, online)
    const theirs = await signedIn(another, kiln.base, browser, online)
    await browser.go(logoutAt(app, {}))
    const wish = { client_id: app.client.client_id, post_logout_redirect_uri: home, choice: 'stay' }
    t.equal(nextIn(await text(browser.post('/oauth/logout/end', wish))), home)
    t.ok(await isRefused(kiln, tokens))
    t.equal(await statusOf(kiln, theirs), 200)
    t.equal(titleIn(await text(browser.go('/account'))), 'Your account')
  })

  await t.test('signing out on the account page ends what apps have in this browser', async t => {
    const browser = window()
    const tokens = await signedIn(app, kiln.base, browser, online)
    await browser.go('/account')
    await browser.post('/account/sign-out', {})
    t.ok(await isRefused(kiln, tokens))
    t.equal(await refreshed(app, tokens), 400)
  })

  await t.test('apps may send the browser by a form', async t => {
    const browser = window()
    const tokens = await signedIn(app, kiln.base, browser, online)
    const body = new URLSearchParams({ id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: home })
    const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://app.example' }
    const sent = await browser.go('/oauth/logout', { method: 'POST', body: body.toString(), headers })
    t.equal(sent.status, 303)
    t.equal(titleIn(await text(browser.go(sent.headers.get('location') ?? ''))), 'Do you want to sign out?')
    t.equal(await statusOf(kiln, tokens), 200)
  })

  await t.test('whoever is not signed in goes on, by himself only where the app proves that it knows him', async t => {
    const tokens = await signedIn(app, kiln.base, window(), online)
    const to = { post_logout_redirect_uri: home }
    const proven = await text(window().go(logoutAt(app, { ...to, id_token_hint: tokens.id_token ?? '' })))
    t.equal(nextIn(proven), home)
    const unproven = await text(window().go(logoutAt(app, { ...to, client_id: app.client.client_id })))
    t.equal(nextIn(unproven), undefined)
    t.match(unproven, `href="${home}"`)
    const nobody = await text(window().go(logoutAt(app, to)))
    t.notMatch(nobody, home, 'no app, no address')
    t.equal(titleIn(nobody), 'Signed out')
  })

  await t.test('somebody else signs in while an app waits, and the one before has nothing any more', async t => {
    await hire(kiln, 'default', 'yang')
    const browser = window()
    const before = await signedIn(app, kiln.base, browser, online)
    const way = await authorizing(app, kiln.base, online)
    const at = (await browser.go(way.url.href)).headers.get('location') ?? ''
    await browser.go(at)
    await browser.post(`${at}/sign-out`, {})
    t.equal(titleIn(await text(browser.go(at))), 'Sign in', 'the app waits')
    const next = await allowed(browser, at, kiln.base, online, 'yang')
    const form = await text(browser.go(next))
    const [, action = ''] = /action="([^"]+)"/.exec(form) ?? []
    const hidden = [...form.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value])
    const on = await browser.post(action, Object.fromEntries(hidden))
    const back = await browser.go(on.headers.get('location') ?? '')
    const tokens = await exchanged(app, way, new URL(back.headers.get('location') ?? ''))
    t.not(oauth.getValidatedIdTokenClaims(tokens)?.sub, oauth.getValidatedIdTokenClaims(before)?.sub)
    t.equal(await statusOf(kiln, tokens), 200)
    t.ok(await isRefused(kiln, before))
    t.equal(await refreshed(app, before), 400)
  })

  await t.test('attacks', async t => {
    const browser = window()
    await hire(kiln, 'north')
    const tokens = await signedIn(app, kiln.base, browser, online)
    const hint = tokens.id_token ?? ''
    const [head = '', claims = '', signature = ''] = hint.split('.')
    const forged = (change: object): string => {
      const body = { ...JSON.parse(Buffer.from(claims, 'base64url').toString()), ...change }
      return [head, Buffer.from(JSON.stringify(body)).toString('base64url'), signature].join('.')
    }
    const none = Buffer.from('{"alg":"none"}').toString('base64url')
    const another = await registered(kiln, { post_logout_redirect_uris: ['https://evil.example/'] })
    const north = await registered(kiln, { ...metadata, client_id: app.client.client_id }, undefined, 'north')
    const base = `${kiln.origin}/t/north/fhir`
    const theirs = (await signedIn(north, base, window(), 'openid')).id_token ?? ''
    const ours = app.client.client_id
    const to = { post_logout_redirect_uri: home }
    const evil = { post_logout_redirect_uri: 'https://evil.example/' }
    const cases: Readonly<Record<string, Record<string, string>>> = {
      'an address that nobody registered': { id_token_hint: hint, post_logout_redirect_uri: 'https://evil.example/x' },
      'the address of another client': { id_token_hint: hint, ...evil },
      'another client with our hint': { id_token_hint: hint, client_id: another.client.client_id, ...evil },
      'an address that begins alike': { client_id: ours, post_logout_redirect_uri: `${home}.evil.example` },
      'an address with more behind it': { client_id: ours, post_logout_redirect_uri: `${home}?x` },
      'an address below': { client_id: ours, post_logout_redirect_uri: `${home}/../evil` },
      'an address in capitals': { client_id: ours, post_logout_redirect_uri: home.toUpperCase() },
      'the address for codes': { client_id: ours, post_logout_redirect_uri: redirect },
      'a script': { client_id: ours, post_logout_redirect_uri: 'javascript:alert(1)' },
      'an app that is not known': { client_id: 'nobody', ...to },
      'a hint for somebody else': { id_token_hint: forged({ sub: 'other' }), ...to },
      'a hint for another client': { id_token_hint: forged({ aud: another.client.client_id }), ...evil },
      'a hint that nobody signed': { id_token_hint: `${none}.${claims}.`, ...to },
      'a hint of another tenant': { id_token_hint: theirs, ...to },
      'an access token as a hint': { id_token_hint: tokens.access_token, ...to },
      'nonsense as a hint': { id_token_hint: 'nonsense', ...to },
    }
    for (const [name, wish] of Object.entries(cases)) {
      const answer = await browser.go(logoutAt(app, wish))
      t.equal(answer.status, 400, name)
      t.equal(nextIn(browser.html()), undefined, name)
      t.notMatch(browser.html(), /href="(?:https:..(?:evil|app)|javascript)/i, name)
      await browser.go('/account')
      t.equal((await browser.post('/oauth/logout/end', { ...wish, choice: 'leave' })).status, 400, `${name}, confirmed`)
    }
    for (const from of [{ origin: 'https://evil.example' }, { origin: 'null' }]) {
      await browser.go('/account')
      t.equal(
        (await browser.post('/oauth/logout/end', { choice: 'leave' }, from)).status,
        403,
        'a form of another site',
      )
    }
    await browser.go('/account')
    t.equal((await browser.post('/oauth/logout/end', { choice: 'leave', csrf: '' })).status, 403, 'without our token')
    t.equal((await browser.go('/oauth/logout/end')).status, 200, 'a link does nothing')
    t.equal(
      (await fetch(`${kiln.origin}/oauth/logout/success?client_id=${ours}`)).status,
      404,
      'no page of the library',
    )
    await sleep(600)
    t.equal(await statusOf(kiln, tokens), 200, 'he is signed in all the time')
    t.equal(titleIn(await text(browser.go('/account'))), 'Your account')
  })

  await t.test('apps register where people come back to', async t => {
    const headers = { ...(await operator(kiln)), 'content-type': 'application/json' }
    const register = (uris: readonly string[]): Promise<Response> =>
      fetch(app.server.registration_endpoint ?? '', {
        ...{ method: 'POST', headers },
        body: JSON.stringify({
          redirect_uris: [redirect],
          token_endpoint_auth_method: 'none',
          post_logout_redirect_uris: uris,
        }),
      })
    const made = await register([home])
    t.equal(made.status, 201)
    t.match(await made.json(), { post_logout_redirect_uris: [home] })
    for (const uri of ['javascript:alert(1)', '/bye', `${home}#x`]) {
      t.equal((await register([uri])).status, 400, uri)
    }
  })
})
