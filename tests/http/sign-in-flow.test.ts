/** From an app's first redirect to its last token, as people see it: in a browser, against a whole Kiln. */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import * as oauth from 'oauth4webapi'
import type { Browser, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { addAccount, type NewAccount } from '../../src/security/accounts/account.ts'
import { hashPassword } from '../../src/security/accounts/password.ts'
import { openChromium } from '../browser/chromium.ts'
import { type App, authorizing, bearer, operator, plainly, registered, type Way } from '../security/smart/app.ts'
import { type Kiln, openKiln } from './kiln.ts'

const password = 'seven quiet herons'
const wish =
  'launch/patient openid fhirUser offline_access patient/Patient.rs patient/Observation.rs patient/Condition.rs'

/** Must be https; the browser finds it without leaving this machine. */
const launchUri = 'https://growth.example/launch'

type Tokens = oauth.TokenEndpointResponse & Record<string, unknown>

/** Where the app is: its pages say nothing, what matters is their address. */
async function openAppServer(t: Test): Promise<string> {
  const server = createServer((_request, response) => response.setHeader('content-type', 'text/html').end('<p>App</p>'))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function admit(kiln: Kiln): Promise<void> {
  const headers = { ...(await operator(kiln)), 'content-type': 'application/fhir+json' }
  const subject = { reference: 'Patient/amy' }
  const code = { text: 'something' }
  for (const resource of [
    { resourceType: 'Practitioner', id: '1', name: [{ family: 'Grey' }] },
    { resourceType: 'Patient', id: 'amy', name: [{ family: 'Pond', given: ['Amy'] }], birthDate: '1989-02-01' },
    { resourceType: 'Patient', id: 'bob', name: [{ family: 'Builder', given: ['Bob'] }], birthDate: '1970-02-01' },
    { resourceType: 'Observation', id: 'o', status: 'final', code, subject },
    { resourceType: 'Condition', id: 'c', code, subject },
  ]) {
    const url = `${kiln.base}/${resource.resourceType}/${resource.id}`
    const answer = await fetch(url, { method: 'PUT', headers, body: JSON.stringify(resource) })
    if (!answer.ok) throw new Error(await answer.text())
  }
}

async function hire({ store }: Kiln, account: NewAccount): Promise<void> {
  const hash = await hashPassword(password, randomBytes)
  await addAccount({ store, clock: Date.now, random: randomBytes }, 'default', { password: hash, ...account })
}

type Scene = { readonly kiln: Kiln; readonly app: App; readonly at: string }

async function open(t: Test): Promise<Scene> {
  const kiln = await openKiln(t, { KILN_AUTH: 'smart' })
  const at = await openAppServer(t)
  const app = await registered(kiln, {
    client_name: 'Growth chart',
    redirect_uris: [`${at}/callback`],
    post_logout_redirect_uris: [`${at}/bye`],
    initiate_login_uri: launchUri,
  })
  await admit(kiln)
  await hire(kiln, { login: 'grey', name: 'Dr Grey', roles: ['physician'], links: ['Practitioner/1'] })
  await hire(kiln, { login: 'amy', name: 'Amy Pond', roles: ['patient'], links: ['Patient/amy'] })
  return { kiln, app, at }
}

/** A window that remembers nothing of any other. */
async function windowOf(t: Test, browser: Browser): Promise<Page> {
  const context = await browser.newContext()
  t.teardown(() => context.close())
  await context.route(`${launchUri}?**`, route => route.fulfill({ contentType: 'text/html', body: '<p>App</p>' }))
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  return page
}

async function ask({ app, kiln, at }: Scene, page: Page, scope: string, more: Record<string, string> = {}) {
  const way = await authorizing(app, kiln.base, scope, { redirect_uri: `${at}/callback`, ...more })
  await page.goto(way.url.href)
  return way
}

async function signIn(page: Page, name: string, secret = password): Promise<void> {
  await page.getByLabel('User name or e-mail').fill(name)
  await page.getByLabel('Password').fill(secret)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

const heading = (page: Page) => page.getByRole('heading', { level: 1 }).textContent()

async function allow({ app, at }: Scene, page: Page, way: Way): Promise<Tokens> {
  await page.getByRole('button', { name: 'Allow Growth chart' }).click()
  await page.waitForURL(url => url.href.startsWith(`${at}/callback`))
  const { server, client, auth } = app
  const back = oauth.validateAuthResponse(server, client, new URL(page.url()), way.state)
  const uri = `${at}/callback`
  const answer = await oauth.authorizationCodeGrantRequest(server, client, auth, back, uri, way.verifier, plainly)
  const nonce = way.url.searchParams.has('nonce') ? { expectedNonce: way.nonce } : {}
  return (await oauth.processAuthorizationCodeResponse(server, client, answer, nonce)) as Tokens
}

async function refreshed({ app: { server, client, auth } }: Scene, tokens: Tokens): Promise<Response> {
  return oauth.refreshTokenGrantRequest(server, client, auth, String(tokens.refresh_token), plainly)
}

function statusOf({ kiln }: Scene, tokens: Tokens, path: string): Promise<number> {
  return fetch(`${kiln.base}/${path}`, { headers: bearer(tokens.access_token) }).then(({ status }) => status)
}

/** All processes know what was revoked within half a second. */
async function isRefused(scene: Scene, tokens: Tokens): Promise<boolean> {
  for (let left = 20; left > 0; left--) {
    if ((await statusOf(scene, tokens, 'Patient/amy')) === 401) return true
    await sleep(100)
  }
  return false
}

/** Signs in at the app, as a physician who chooses Amy. */
async function physicianAt(scene: Scene, page: Page): Promise<Tokens> {
  const way = await ask(scene, page, wish)
  if ((await heading(page)) === 'Sign in') await signIn(page, 'grey')
  await page.getByLabel('Name').fill('pond')
  await page.getByRole('button', { name: 'Search' }).click()
  await page.getByRole('link', { name: /Amy Pond/ }).click()
  return allow(scene, page, way)
}

t.setTimeout(240_000)
const browser = await openChromium(t)

if (browser) {
  const scene = await open(t)
  const { kiln, at } = scene

  await t.test('a physician signs in, chooses a patient, and refuses a part of what the app wants', async t => {
    const page = await windowOf(t, browser)
    const way = await ask(scene, page, wish)
    t.equal(await heading(page), 'Sign in')
    await signIn(page, 'grey')
    t.equal(await heading(page), 'Which patient?')
    await page.getByLabel('Name').fill('pond')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByRole('link', { name: /Amy Pond/ }).click()
    t.equal(await heading(page), 'May this app have access?')
    await page.locator('input[value="patient/Condition.rs"]').uncheck()
    const tokens = await allow(scene, page, way)
    t.equal(tokens['patient'], 'amy')
    t.equal(tokens.scope, wish.replace(' patient/Condition.rs', ''))
    t.match(oauth.getValidatedIdTokenClaims(tokens), { fhirUser: `${kiln.base}/Practitioner/1` })
    t.equal(await statusOf(scene, tokens, 'Patient/amy'), 200)
    t.equal(await statusOf(scene, tokens, 'Observation/o'), 200)
    t.equal(await statusOf(scene, tokens, 'Patient/bob'), 404, 'another patient')
    t.equal(await statusOf(scene, tokens, 'Condition/c'), 403, 'what was refused')
    const again = await refreshed(scene, tokens)
    t.match(await again.json(), { patient: 'amy', scope: tokens.scope, refresh_token: String })
  })

  await t.test('a patient is not asked whose record it is, and sees no other by his role', async t => {
    const page = await windowOf(t, browser)
    const way = await ask(scene, page, `${wish} user/Patient.rs`)
    await signIn(page, 'amy')
    t.equal(await heading(page), 'May this app have access?')
    const tokens = await allow(scene, page, way)
    t.equal(tokens['patient'], 'amy')
    t.equal(await statusOf(scene, tokens, 'Patient/amy'), 200)
    t.equal(await statusOf(scene, tokens, 'Patient/bob'), 404)
    const found = await fetch(`${kiln.base}/Patient?_total=accurate`, { headers: bearer(tokens.access_token) })
    t.match(await found.json(), { total: 1, entry: [{ resource: { id: 'amy' } }] })
  })

  await t.test('an app is started from the launch page, for the patient that was chosen there', async t => {
    const page = await windowOf(t, browser)
    await page.goto(`${kiln.origin}/account/launch`)
    await signIn(page, 'grey')
    await page.getByRole('link', { name: /Growth chart/ }).click()
    await page.getByLabel('Name').fill('builder')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByRole('link', { name: /Bob Builder/ }).click()
    await page.getByRole('button', { name: 'Start' }).click()
    await page.waitForURL(url => url.href.startsWith(launchUri))
    const { searchParams: started } = new URL(page.url())
    t.equal(started.get('iss'), kiln.base)
    const way = await ask(scene, page, 'launch patient/Patient.rs', { launch: started.get('launch') ?? '' })
    t.equal(await heading(page), 'May this app have access?', 'he is signed in, and the patient is known')
    const tokens = await allow(scene, page, way)
    t.equal(tokens['patient'], 'bob')
    t.equal(await statusOf(scene, tokens, 'Patient/bob'), 200)
    t.equal(await statusOf(scene, tokens, 'Patient/amy'), 404)
    await ask(scene, page, wish, { prompt: 'login' })
    t.equal(await heading(page), 'Sign in', 'an app may want him to prove it anew')
  })

  await t.test('what is taken back on the account page is good for nothing at once', async t => {
    const page = await windowOf(t, browser)
    const tokens = await physicianAt(scene, page)
    t.equal(await statusOf(scene, tokens, 'Patient/amy'), 200)
    await page.goto(`${kiln.origin}/account`)
    await page.getByRole('button', { name: 'Take back from Growth chart' }).click()
    t.match(await page.getByRole('status').textContent(), /no access any more/)
    t.match(await page.locator('#apps-title ~ *').first().textContent(), /None has access/)
    t.ok(await isRefused(scene, tokens))
    t.equal((await refreshed(scene, tokens)).status, 400)
  })

  await t.test('an app sends somebody to sign out, who is asked, and comes back to the app', async t => {
    const page = await windowOf(t, browser)
    const tokens = await physicianAt(scene, page)
    const wish = { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: `${at}/bye`, state: 'x' }
    await page.goto(`${scene.app.server.end_session_endpoint}?${new URLSearchParams(wish)}`)
    t.equal(await heading(page), 'Do you want to sign out?')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL(url => url.href === `${at}/bye?state=x`)
    await page.goto(`${kiln.origin}/account`)
    t.equal(await heading(page), 'Sign in')
    t.equal(await statusOf(scene, tokens, 'Patient/amy'), 200, 'what it may keep offline stays')
  })

  await t.test('who refuses is sent back without a code', async t => {
    const page = await windowOf(t, browser)
    await ask(scene, page, wish)
    await signIn(page, 'amy')
    await page.getByRole('button', { name: 'Refuse' }).click()
    await page.waitForURL(url => url.href.startsWith(`${at}/callback`))
    t.equal(new URL(page.url()).searchParams.get('error'), 'access_denied')
  })

  await t.test('another password ends what apps have', async t => {
    const page = await windowOf(t, browser)
    await hire(kiln, { login: 'wilson', roles: ['physician'], links: ['Practitioner/1'] })
    const way = await ask(scene, page, `${wish} user/Patient.rs`)
    await signIn(page, 'wilson')
    await page.goto(`${page.url().split('?', 1)[0]}?patient=amy`)
    const tokens = await allow(scene, page, way)
    t.equal(await statusOf(scene, tokens, 'Patient/amy'), 200)
    await page.goto(`${kiln.origin}/account`)
    await page.getByLabel('Present password').fill(password)
    await page.getByLabel('New password').fill('nine very loud herons')
    await page.getByRole('button', { name: /password/i }).click()
    t.match(await page.getByRole('status').textContent(), /password was changed/)
    t.ok(await isRefused(scene, tokens))
    t.equal((await refreshed(scene, tokens)).status, 400)
  })

  await t.test('other roles and a lock, given beside the running server, hold at once', async t => {
    const page = await windowOf(t, browser)
    const tokens = await physicianAt(scene, page)
    const user = (...args: string[]) => {
      const env = { ...process.env, KILN_STORE: kiln.place, KILN_SYNCHRONOUS: 'NORMAL' }
      t.equal(spawnSync(process.execPath, ['src/cli.ts', 'user', ...args], { env }).status, 0)
    }
    user('roles', 'grey', 'billing')
    t.ok(await isRefused(scene, tokens))
    await sleep(1_000) // tokens tell in whole seconds when they were issued
    const fresh = (await (await refreshed(scene, tokens)).json()) as Tokens
    t.match(Buffer.from(fresh.access_token.split('.')[1] ?? '', 'base64url').toString(), /"roles":\["billing"\]/)
    user('lock', 'grey')
    t.ok(await isRefused(scene, fresh))
    t.equal((await refreshed(scene, fresh)).status, 400)
    await page.goto(`${kiln.origin}/account`)
    t.equal(await heading(page), 'Sign in')
  })
}
