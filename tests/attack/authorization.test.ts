/** The authorization server, by those who want what was meant for others: https://www.rfc-editor.org/rfc/rfc9700 */
import * as oauth from 'oauth4webapi'
import type { Test } from 'tap'
import { type Kiln, openKiln } from '../http/kiln.ts'
import {
  type App,
  agreed,
  authorized,
  authorizing,
  bearer,
  browse,
  errorOf,
  exchanged,
  launchOf,
  onEachStore,
  patientOf,
  redirect,
  registered,
  type Tokens,
  type Way,
} from '../security/smart/app.ts'
import { portionOn } from './victim.ts'

const wish = 'openid launch/patient patient/*.rs offline_access'
const secret = 'a secret that is long enough'

type Form = Record<string, string>

/** Where the browser is sent after the first request, or what it is shown. */
async function shown(way: Way): Promise<string> {
  const answer = await browse(way.jar, way.url.href)
  const to = answer.headers.get('location')
  return to === null ? `${answer.status} ${await answer.text()}` : decodeURIComponent(to.replaceAll('+', ' '))
}

function token({ server }: App, form: Form | readonly [string, string][], headers: Form = {}): Promise<Response> {
  const body = new URLSearchParams(form as Form)
  return fetch(server.token_endpoint ?? '', { method: 'POST', body, headers })
}

function exchange(app: App, way: Way, back: URL, over: Form = {}): Promise<Response> {
  return token(app, {
    ...{ grant_type: 'authorization_code', client_id: app.client.client_id, redirect_uri: redirect },
    ...{ code: back.searchParams.get('code') ?? '', code_verifier: way.verifier },
    ...over,
  })
}

function refresh(app: App, refresh_token = '', over: Form = {}): Promise<Response> {
  return token(app, { grant_type: 'refresh_token', client_id: app.client.client_id, refresh_token, ...over })
}

/** None of them is the one that is registered. */
const places: readonly string[] = [
  ...['https://evil.example/callback', 'https://app.example.evil.example/callback', 'https://app.example'],
  ...[`${redirect}/`, `${redirect}/../evil`, `${redirect}/%2e%2e/evil`, `${redirect}?next=https://evil.example`],
  ...[`${redirect}#evil`, `${redirect}%00`, `${redirect}%0d%0aLocation:%20https://evil.example`, `${redirect}\\evil`],
  ...['https://app.example@evil.example/callback', 'https://evil.example\\@app.example/callback'],
  ...['https://app.example:8443/callback', 'https://app.example./callback', 'HTTPS://app.example/callback'],
  ...['https://app.example/Callback', 'https://app.example//callback', 'https://аpp.example/callback'],
  ...['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', '/callback', '*', 'https://*.example/callback'],
]

/** What is asked of the authorization endpoint, and what the app is told of it, if it is. */
const requests: Readonly<Record<string, readonly [over: Form, told: RegExp]>> = {
  'without a challenge': [{ code_challenge: '', code_challenge_method: '' }, /error=invalid_request.*PKCE/],
  'with a method and no challenge': [{ code_challenge: '' }, /error=invalid_request/],
  'with a plain challenge': [{ code_challenge_method: 'plain' }, /error=invalid_request/],
  'with a challenge of no method, which means plain': [{ code_challenge_method: '' }, /error=invalid_request/],
  'for a token in the URL': [{ response_type: 'token' }, /error=unsupported_response_type/],
  'for an id_token in the URL': [{ response_type: 'id_token' }, /error=unsupported_response_type/],
  'for a code and a token': [{ response_type: 'code id_token token' }, /error=unsupported_response_type/],
  'for nothing': [{ response_type: 'none' }, /error=unsupported_response_type/],
  'in a page that nobody sees': [{ prompt: 'none' }, /error=(login|interaction|consent)_required/],
  'by a request that nobody signed': [{ request: 'eyJhbGciOiJub25lIn0.e30.' }, /error=request_not_supported/],
  'for another server': [{ aud: 'https://evil.example/fhir' }, /error=invalid_request.*aud/],
  'for no server': [{ aud: '' }, /error=invalid_request.*aud/],
  'for a resource of another server': [{ resource: 'https://evil.example' }, /error=invalid_target/],
  'with a launch that nobody minted': [{ scope: 'launch patient/*.rs', launch: 'guessed' }, /error=invalid_request/],
  'with a launch of a prototype': [{ scope: 'launch patient/*.rs', launch: '__proto__' }, /error=invalid_request/],
}

/** Ways to a token that there are not. */
const grants: readonly Form[] = [
  { grant_type: 'password', username: 'house', password: 'x' },
  { grant_type: 'implicit' },
  { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token: 'x' },
  { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: 'x' },
  { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: 'x' },
  { grant_type: '__proto__' },
  { grant_type: 'constructor' },
  { grant_type: '' },
]

await onEachStore(async (t, settings) => {
  const kiln = await openKiln(t, settings)
  const some = portionOn(settings)
  const app = await registered(kiln)
  const patient = await patientOf(kiln, 'amy')
  const other = await patientOf(kiln, 'bob')
  const way = () => authorizing(app, kiln.base, wish)
  const coded = async (own: Way) => (await agreed(kiln, own, { patient })).back
  const status = async (access: string | undefined, path = `Patient/${patient}`) =>
    (await fetch(`${kiln.base}/${path}`, { headers: bearer(access ?? '') })).status

  for (const [, place] of some(places)) {
    await t.test(`a code is never sent to ${JSON.stringify(place)}`, async t => {
      const own = await authorizing(app, kiln.base, wish, { redirect_uri: place })
      const answer = await browse(own.jar, own.url.href)
      t.equal(answer.status, 400)
      t.equal(answer.headers.get('location'), null)
      t.notMatch(answer.headers.get('content-type'), 'html')
    })
  }

  for (const [how, [over, told]] of some(requests)) {
    await t.test(`nothing is asked ${how}`, async t => {
      const said = await shown(await authorizing(app, kiln.base, wish, over))
      t.match(said, told)
      t.ok(said.startsWith(`${redirect}?`) || said.startsWith(`${redirect}#`), said.slice(0, 100))
      t.match(said, `iss=${kiln.origin}`, 'and who says so, against mix-up')
      t.notMatch(said, /[?&#](code|access_token)=/)
    })
  }

  await t.test('a parameter that comes twice is not chosen from', async t => {
    for (const [name, value] of [
      ['redirect_uri', 'https://evil.example/callback'],
      ['client_id', 'another'],
      ['scope', 'system/*.cruds'],
      ['code_challenge', 'x'.repeat(43)],
      ['state', 'x'],
    ] as const) {
      const own = await way()
      own.url.searchParams.append(name, value)
      t.match(await shown(own), /^400|error=invalid_request/, name)
    }
  })

  await t.test('an address that a request names is not asked', async t => {
    const own = await authorizing(app, kiln.base, wish, { request_uri: 'http://127.0.0.1:9/request' })
    t.match(await shown(own), /error=request_uri_not_supported/)
  })

  await t.test('what is shown of a bad request runs nowhere', async t => {
    const page = '<script>alert(1)</script>'
    for (const over of [{ client_id: page }, { redirect_uri: page }, { response_type: page }, { scope: page }]) {
      const own = await authorizing(app, kiln.base, wish, over)
      const answer = await browse(own.jar, own.url.href)
      t.notOk(/html/.test(answer.headers.get('content-type') ?? '') && (await answer.text()).includes(page))
      t.match(answer.headers.get('x-content-type-options'), 'nosniff')
    }
  })

  await t.test('a code that was injected into another’s session is worth nothing there', async t => {
    const [victim, thief] = [await way(), await way()]
    const stolen = await coded(victim)
    await coded(thief)
    t.match(await errorOf(await exchange(app, thief, stolen)), /^400 invalid_grant/)
  })

  const exchanges: Readonly<Record<string, readonly [over: Form, told: RegExp]>> = {
    'without a verifier': [{ code_verifier: '' }, /invalid_(grant|request)/],
    'with the challenge as verifier': [{ code_verifier: 'challenge' }, /invalid_(grant|request)/],
    'for another redirect URI': [{ redirect_uri: 'https://evil.example/callback' }, /invalid_grant/],
    'without its redirect URI': [{ redirect_uri: '' }, /invalid_(grant|request)/],
    'by a client that there is not': [{ client_id: 'nobody' }, /invalid_client/],
    'by a client of a prototype': [{ client_id: '__proto__' }, /invalid_client/],
    'by a client of an operator': [{ client_id: '{"$ne":null}' }, /invalid_client/],
    'as another one, cut short': [{ code: 'x' }, /invalid_grant/],
  }
  for (const [how, [over, told]] of some(exchanges)) {
    await t.test(`a code is not good ${how}`, async t => {
      const own = await way()
      const challenge = own.url.searchParams.get('code_challenge') ?? ''
      const given = over['code_verifier'] === 'challenge' ? { code_verifier: challenge } : over
      t.match(await errorOf(await exchange(app, own, await coded(own), given)), told)
    })
  }

  await t.test('a code is good once, and a second time ends what came of it', async t => {
    const own = await way()
    const back = await coded(own)
    const tokens = await exchanged(app, own, back)
    t.equal(await status(tokens.access_token), 200)
    t.match(await errorOf(await exchange(app, own, back)), /^400 invalid_grant/)
    t.equal(await status(tokens.access_token), 401)
    t.match(await errorOf(await refresh(app, tokens.refresh_token)), /^400 invalid_grant/)
  })

  await t.test('a code that many use at once is good for one of them at most', async t => {
    const own = await way()
    const back = await coded(own)
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => exchange(app, own, back)))
    t.ok(answers.filter(({ status }) => status === 200).length <= 1)
  })

  await t.test('a code is good for nobody but its client', async t => {
    const thief = await registered(kiln)
    const own = await way()
    t.match(await errorOf(await exchange(thief, own, await coded(own))), /^400 invalid_grant/)
  })

  await t.test('a confidential client is not spoken for by whoever knows its id', async t => {
    const confidential = await registered(kiln, {}, secret)
    const { client_id: id } = confidential.client
    const own = await authorizing(confidential, kiln.base, wish)
    const { back } = await agreed(kiln, own, { patient })
    const basic = (text: string) => ({ authorization: `Basic ${btoa(text)}` })
    for (const over of [{}, { client_secret: '' }, { client_secret: 'wrong' }, { client_secret: secret.slice(1) }]) {
      t.match(await errorOf(await exchange(confidential, own, back, over)), /^401 invalid_client/, JSON.stringify(over))
    }
    const form = { grant_type: 'authorization_code', code: back.searchParams.get('code') ?? '' }
    const rest = { ...form, redirect_uri: redirect, code_verifier: own.verifier }
    for (const text of [`${id}:`, `${id}:wrong`, `:${secret}`, id, `${id}:${secret}x`]) {
      t.match(await errorOf(await token(confidential, rest, basic(text))), /^40[01] invalid_(client|request)/, text)
    }
  })

  for (const [, form] of some(grants)) {
    await t.test(`there is no grant '${form['grant_type']}'`, async t => {
      const answer = await token(app, { client_id: app.client.client_id, ...form })
      t.match(await errorOf(answer), /^400 (unsupported_grant_type|invalid_request|unauthorized_client)/)
    })
  }

  await t.test('a refresh token that was used again ends the whole family', async t => {
    const tokens = await authorized(kiln, app, wish, { patient })
    const next = (await (await refresh(app, tokens.refresh_token)).json()) as Tokens
    t.equal(await status(next.access_token), 200)
    t.match(await errorOf(await refresh(app, tokens.refresh_token)), /^400 invalid_grant/)
    t.match(await errorOf(await refresh(app, next.refresh_token)), /^400 invalid_grant/)
    t.strictSame([await status(tokens.access_token), await status(next.access_token)], [401, 401])
  })

  await t.test('a refresh token brings neither more scope nor another patient', async t => {
    const tokens = await authorized(kiln, app, wish, { patient })
    for (const scope of ['patient/*.cruds', 'system/*.rs', 'patient/*.rs user/*.rs', 'patient/*.rs?_id=x&_id=y']) {
      const answer = await refresh(app, tokens.refresh_token, { scope })
      t.match(await errorOf(answer), /^400 invalid_scope/, scope)
    }
    const next = (await (await refresh(app, tokens.refresh_token, { patient: other })).json()) as Tokens
    t.equal(next['patient'], patient)
    t.equal(await status(next.access_token, `Patient/${other}`), 404)
  })

  await t.test('a refresh token is good for its client alone', async t => {
    const tokens = await authorized(kiln, app, wish, { patient })
    t.match(await errorOf(await refresh(await registered(kiln), tokens.refresh_token)), /^400 invalid_grant/)
  })

  await t.test('a launch is good once', async t => {
    const launch = await launchOf(kiln, [{ name: 'patient', valueString: patient }])
    const scope = 'launch patient/*.rs'
    const own = await authorizing(app, kiln.base, scope, { launch })
    t.match(await exchanged(app, own, (await agreed(kiln, own)).back), { patient })
    t.match(await shown(await authorizing(app, kiln.base, scope, { launch })), /error=invalid_request/)
  })

  await t.test('scopes that were not asked for are not agreed to', async t => {
    const scopes = ['patient/Patient.rs', 'patient/*.cruds', 'user/*.cruds', 'system/*.cruds', 'launch/patient']
    const tokens = await authorized(kiln, app, 'launch/patient patient/Patient.rs', { patient, scopes })
    t.equal(tokens.scope, 'launch/patient patient/Patient.rs')
  })

  await mixedUp(t, kiln, app, patient)
  await tokensOfOthers(t, kiln, app, patient)
})

/** https://www.rfc-editor.org/rfc/rfc9207 */
async function mixedUp(t: Test, kiln: Kiln, app: App, patient: string): Promise<void> {
  await t.test('a client finds out which server answers', async t => {
    t.equal(app.server.authorization_response_iss_parameter_supported, true)
    const own = await authorizing(app, kiln.base, wish)
    const { back } = await agreed(kiln, own, { patient })
    t.equal(back.searchParams.get('iss'), kiln.origin)
    t.equal(back.searchParams.get('state'), own.state)
    back.searchParams.set('iss', 'https://evil.example')
    t.throws(() => oauth.validateAuthResponse(app.server, app.client, back, own.state), /iss/)
  })
}

async function tokensOfOthers(t: Test, kiln: Kiln, app: App, patient: string): Promise<void> {
  const thief = await registered(kiln, {}, secret)
  const asThief = { authorization: `Basic ${btoa(`${thief.client.client_id}:${secret}`)}` }
  const send = (url: string | undefined, value: string, headers: Form = {}) =>
    fetch(url ?? '', { method: 'POST', body: new URLSearchParams({ token: value }), headers })

  await t.test('nobody is told of another’s tokens, nor ends them', async t => {
    const tokens = await authorized(kiln, app, wish, { patient })
    const { introspection_endpoint: tell, revocation_endpoint: end } = app.server
    t.ok((await send(tell, tokens.access_token)).status >= 400, 'who is nobody is told nothing')
    for (const value of [tokens.access_token, tokens.refresh_token ?? '']) {
      t.equal((await send(end, value, asThief)).status, 200, 'RFC 7009: as if it were not known')
    }
    const read = await fetch(`${kiln.base}/Patient/${patient}`, { headers: bearer(tokens.access_token) })
    t.equal(read.status, 200)
    t.equal((await refresh(app, tokens.refresh_token)).status, 200)
  })

  await t.test('who registers himself gets no rights by that', async t => {
    const url = `${kiln.origin}/oauth/register`
    const headers = { 'content-type': 'application/json' }
    const metadata = { redirect_uris: ['https://evil.example'], token_endpoint_auth_method: 'none' }
    for (const more of [{}, { authorization: 'Bearer x' }, asThief]) {
      const init = { method: 'POST', headers: { ...headers, ...more }, body: JSON.stringify(metadata) }
      t.match(`${(await fetch(url, init)).status}`, /^40[013]$/)
    }
  })
}
