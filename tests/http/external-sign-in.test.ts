/** Signing in at an identity provider elsewhere: a real one on a socket of its own, and one that tells lies. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'
import t, { type Test } from 'tap'
import { parseConfig } from '../../src/config.ts'
import { addAccount, changeAccount, listAccounts, type NewAccount } from '../../src/security/accounts/account.ts'
import { link } from '../../src/security/external/linked.ts'
import { authorizing, registered } from '../security/smart/app.ts'
import { jwt, openIssuer } from '../security/smart/issuer.ts'
import { type Kiln, openKiln } from './kiln.ts'
import { openBrowser, type WithoutScreen } from './pages/site.ts'

const settings = { KILN_AUTH: 'smart', KILN_EGRESS_ALLOW: '127.0.0.1' }
const client = { id: 'kiln', secret: 'a-secret-of-thirty-two-characters' }

type Person = { readonly name?: string; readonly email?: string; readonly email_verified?: boolean }

const people: Readonly<Record<string, Person>> = {
  ann: { name: 'Ann Grey', email: 'ann@grey.test', email_verified: true },
  bob: { name: 'Bob', email: 'bob@grey.test', email_verified: false },
}

type Elsewhere = { readonly url: string; who: string; readonly know: (kiln: Kiln) => void }

/** Whoever comes is signed in there as `who`, and agrees. */
async function openProvider(t: Test): Promise<Elsewhere> {
  let provider: Provider | undefined
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    if (!provider) return response.end()
    if (!request.url?.startsWith('/interaction/')) return provider.callback()(request, response)
    const { params } = await provider.interactionDetails(request, response)
    const grant = new provider.Grant({ accountId: state.who, clientId: String(params['client_id']) })
    grant.addOIDCScope(String(params['scope']))
    const result = { login: { accountId: state.who }, consent: { grantId: await grant.save() } }
    return provider.interactionFinished(request, response, result)
  }
  const state: Elsewhere = {
    url,
    who: 'ann',
    know({ origin }) {
      provider = new Provider(url, {
        clients: [
          { client_id: client.id, client_secret: client.secret, redirect_uris: [`${origin}/account/callback`] },
        ],
        claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
        findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
        interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
        features: { devInteractions: { enabled: false } },
        cookies: { keys: ['cookies of a test'] },
      })
    },
  }
  return state
}

async function scene(t: Test, more: Record<string, string> = {}) {
  const provider = await openProvider(t)
  const oidc = { KILN_OIDC_ISSUER: provider.url, KILN_OIDC_CLIENT: `${client.id}:${client.secret}` }
  const kiln = await openKiln(t, { ...settings, ...oidc, KILN_OIDC_NAME: 'Grey & Sons', ...more })
  provider.know(kiln)
  return { provider, kiln, hire: (account: NewAccount) => hire(kiln, account) }
}

function hire({ store }: Kiln, account: NewAccount) {
  return addAccount({ store, clock: Date.now, random: randomBytes }, 'default', account)
}

/** Where the provider is. */
async function leaving(browser: WithoutScreen, at = '/account'): Promise<string> {
  await browser.post(`${at}/external`, {})
  const [, to = ''] = /http-equiv="refresh" content="0; url=([^"]+)"/.exec(browser.html()) ?? []
  return to.replaceAll('&amp;', '&')
}

/** Where the provider sends the browser back to. */
async function there(url: string): Promise<string> {
  const browser = openBrowser(new URL(url).origin)
  for (let next = url; ; ) {
    const answer = await browser.go(next)
    next = new URL(answer.headers.get('location') ?? `bad:${answer.status} ${browser.html()}`, next).href
    if (next.includes('/account/callback') || next.startsWith('bad:')) return next
  }
}

/** Whose account it shows, or that one has to sign in. */
async function signedIn(browser: WithoutScreen): Promise<string | undefined> {
  await browser.go('/account')
  return (/<p class="lead">(.+) · <code>/.exec(browser.html()) ?? /<h1>([^<]+)/.exec(browser.html()))?.[1]
}

await t.test('who is linked signs in there, and is signed in here', async t => {
  const { provider, kiln, hire } = await scene(t)
  const ann = await hire({ login: 'ann', name: 'Ann', links: ['Practitioner/1'] })
  const browser = openBrowser(kiln.origin)
  await browser.go('/account')
  t.match(browser.html(), />Sign in with Grey &amp; Sons</)
  const url = new URL(await leaving(browser))
  t.equal(url.origin, provider.url)
  t.match(Object.fromEntries(url.searchParams), {
    ...{ response_type: 'code', code_challenge_method: 'S256', client_id: 'kiln', nonce: /.{40}/, state: /.{40}/ },
    redirect_uri: `${kiln.origin}/account/callback`,
  })
  const strange = await browser.go(await there(url.href))
  t.equal(strange.status, 403)
  t.match(browser.html(), /Grey &amp; Sons knows you as <strong>ann<\/strong>/, 'nobody is let in who is not linked')
  t.equal(await signedIn(browser), 'Sign in')

  await link(kiln, 'default', { issuer: provider.url, sub: 'ann' }, ann)
  const before = [...browser.jar.values()]
  const back = await there(await leaving(browser))
  const answer = await browser.go(back)
  t.equal(answer.status, 303)
  t.equal(answer.headers.get('location'), '/account')
  t.notSame([...browser.jar.values()], before, 'the session has a token of its own')
  t.equal(await signedIn(browser), 'Ann')
  t.equal((await browser.go(back)).status, 400, 'once')
  const events = kiln.events.filter(({ event }) => event.startsWith('account.'))
  t.match(events, [{ event: 'account.refused' }, { event: 'account.signed-in', account: ann.id, detail: 'fed' }])

  await changeAccount(kiln.store, 'default', 'ann', account => ({ ...account, locked: true }))
  const other = openBrowser(kiln.origin)
  await other.go('/account')
  t.equal((await other.go(await there(await leaving(other)))).status, 403)
  t.match(other.html(), /locked/)
})

await t.test('what one browser began, another does not end', async t => {
  const { provider, kiln, hire } = await scene(t)
  await link(kiln, 'default', { issuer: provider.url, sub: 'ann' }, await hire({ login: 'ann' }))
  const [mine, theirs] = [openBrowser(kiln.origin), openBrowser(kiln.origin)]
  await mine.go('/account')
  await theirs.go('/account')
  const back = await there(await leaving(theirs))
  t.equal((await mine.go(back)).status, 400, 'nobody is signed in as somebody else by a link')
  t.equal((await theirs.go(back)).status, 400, 'and it is used up')
  t.equal((await mine.go('/account/callback?code=x&state=y')).status, 400)
  t.equal((await mine.go('/account/callback')).status, 400)
  await mine.go('/account')
  const state = new URL(await leaving(mine)).searchParams.get('state') ?? ''
  const refused = `/account/callback?error=access_denied&state=${state}&iss=${encodeURIComponent(provider.url)}`
  t.equal((await mine.go(refused)).status, 403)
  t.match(mine.html(), /did not sign you in/)
  t.equal((await openBrowser(kiln.origin).post('/account/external', {})).status, 403, 'only from a form of ours')
  t.equal(await signedIn(mine), 'Sign in')
})

await t.test('a verified address is enough where settings say so', async t => {
  const { provider, kiln, hire } = await scene(t, { KILN_OIDC_ACCOUNTS: 'email' })
  await hire({ login: 'anna', name: 'Anna', email: { address: 'ann@grey.test', verified: true } })
  await hire({ login: 'bobby', name: 'Bobby', email: { address: 'bob@grey.test', verified: true } })
  const browser = openBrowser(kiln.origin)
  await browser.go('/account')
  t.equal((await browser.go(await there(await leaving(browser)))).status, 303)
  t.equal(await signedIn(browser), 'Anna')
  provider.who = 'bob'
  const other = openBrowser(kiln.origin)
  await other.go('/account')
  t.equal(
    (await other.go(await there(await leaving(other)))).status,
    403,
    'one that they have not verified is nobody’s',
  )
  await hire({ login: 'double', email: { address: 'ann@grey.test', verified: true } })
  t.equal((await listAccounts(kiln.store, 'default')).length, 3, 'no account was made')
})

await t.test('whoever comes gets an account without roles where settings say so', async t => {
  const { provider, kiln } = await scene(t, { KILN_OIDC_ACCOUNTS: 'everybody' })
  for (const who of ['ann', 'ann', 'bob']) {
    provider.who = who
    const browser = openBrowser(kiln.origin)
    await browser.go('/account')
    t.equal((await browser.go(await there(await leaving(browser)))).status, 303)
    t.equal(await signedIn(browser), people[who]?.name)
  }
  const accounts = await listAccounts(kiln.store, 'default')
  t.equal(accounts.length, 2)
  for (const account of accounts) t.match(account, { roles: [], links: [], password: undefined })
  t.strictSame(accounts.map(({ email }) => email?.address).sort(), ['ann@grey.test', undefined])
})

await t.test('an app goes on behind it, and may want it proven anew', async t => {
  const { provider, kiln, hire } = await scene(t)
  const ann = await hire({ login: 'ann', name: 'Ann', roles: ['physician'], links: ['Practitioner/1'] })
  await link(kiln, 'default', { issuer: provider.url, sub: 'ann' }, ann)
  const app = await registered(kiln, { client_name: 'Growth chart' })
  const browser = openBrowser(kiln.origin)
  const to = async (prompt: string) => {
    const way = await authorizing(app, kiln.base, 'openid user/Patient.rs', { prompt })
    const page = (await browser.go(way.url.href)).headers.get('location') ?? ''
    await browser.go(page)
    return { page, url: await leaving(browser, page) }
  }
  const first = await to('')
  const answer = await browser.go(await there(first.url))
  t.equal(answer.headers.get('location'), new URL(first.page).pathname)
  await browser.go(first.page)
  t.match(browser.html(), /May this app have access\?/)
  const anew = await to('login')
  t.match(Object.fromEntries(new URL(anew.url).searchParams), { prompt: 'login', max_age: '300' })
  await browser.go(await there(anew.url))
  await browser.go(anew.page)
  t.match(browser.html(), /May this app have access\?/)
})

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })

await t.test('an id_token that is not quite right signs nobody in', async t => {
  const issuer = await openIssuer(t)
  const at = (path: string): string => `${issuer.url}${path}`
  issuer.answers.set('/.well-known/openid-configuration', {
    ...{ issuer: issuer.url, authorization_endpoint: at('/authorize'), token_endpoint: at('/token') },
    ...{ jwks_uri: at('/keys'), id_token_signing_alg_values_supported: ['RS256'] },
  })
  const jwk = { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' }
  issuer.answers.set('/keys', { keys: [jwk] })
  const oidc = { KILN_OIDC_ISSUER: issuer.url, KILN_OIDC_CLIENT: `${client.id}:${client.secret}` }
  const kiln = await openKiln(t, { ...settings, ...oidc })
  const account = await hire(kiln, { login: 'ann', name: 'Ann' })
  await link(kiln, 'default', { issuer: issuer.url, sub: 'ann' }, account)

  type Lie = { readonly claims?: object; readonly header?: object; readonly key?: KeyObject; readonly token?: string }
  async function tried({ claims, header, key = rsa.privateKey, token }: Lie): Promise<number> {
    const browser = openBrowser(kiln.origin)
    await browser.go('/account')
    const { searchParams } = new URL(await leaving(browser))
    const iat = Math.floor(Date.now() / 1000)
    const nonce = searchParams.get('nonce')
    const right = { iss: issuer.url, aud: client.id, sub: 'ann', nonce, iat, exp: iat + 60, email: 'a@b.test' }
    const rs256 = (input: Buffer) => sign('sha256', input, key)
    const idToken = jwt({ alg: 'RS256', kid: 'one', ...header }, { ...right, ...claims }, rs256)
    issuer.answers.set('/token', () => ({ access_token: 'x', token_type: 'Bearer', id_token: token ?? idToken }))
    const { status } = await browser.go(`/account/callback?code=c&state=${searchParams.get('state')}`)
    t.equal(await signedIn(browser), status === 303 ? 'Ann' : 'Sign in')
    return status
  }

  t.equal(await tried({}), 303, 'the right one')
  const iat = Math.floor(Date.now() / 1000)
  const lies: Record<string, Lie> = {
    'a nonce of another sign-in': { claims: { nonce: 'other' } },
    'no nonce': { claims: { nonce: undefined } },
    'another audience': { claims: { aud: 'other' } },
    'several audiences': { claims: { aud: ['other', client.id], azp: 'other' } },
    'another issuer': { claims: { iss: 'https://evil.test' } },
    'it is over': { claims: { exp: iat - 600 } },
    'no sub': { claims: { sub: undefined } },
    'a key of somebody else': { key: stranger.privateKey },
    'a kid that nobody knows': { header: { kid: 'two' } },
    'alg none': { header: { alg: 'none' } },
    HS256: { header: { alg: 'HS256' } },
    'no JWT': { token: 'opaque' },
  }
  for (const [name, lie] of Object.entries(lies)) t.equal(await tried(lie), 403, name)
  issuer.answers.set('/token', { error: 'invalid_grant' })
  await issuer.down()
  const browser = openBrowser(kiln.origin)
  await browser.go('/account')
  const answer = await browser.post('/account/external', {})
  t.equal(answer.status, 200, 'what it said about itself is known')
  const [, state = ''] = /state=([\w-]+)/.exec(browser.html()) ?? []
  t.equal((await browser.go(`/account/callback?code=c&state=${state}`)).status, 502)
  t.match(browser.html(), /does not answer as it should/)
})

await t.test('without such a provider there is none', async t => {
  const kiln = await openKiln(t, settings)
  const browser = openBrowser(kiln.origin)
  await browser.go('/account')
  t.notMatch(browser.html(), /Sign in with/)
  t.equal((await browser.go('/account/callback')).status, 404)
  await browser.go('/account')
  t.equal((await browser.post('/account/external', {})).status, 200, 'the sign-in page')
  for (const half of [{ KILN_OIDC_ISSUER: 'https://login.example.org' }, { KILN_OIDC_CLIENT: 'kiln:secret' }]) {
    t.throws(() => parseConfig(half), { message: /KILN_OIDC_ISSUER and KILN_OIDC_CLIENT belong together/ })
  }
})
