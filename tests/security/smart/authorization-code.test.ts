/** https://hl7.org/fhir/smart-app-launch/app-launch.html, by a client that knows nothing of us. */
import * as oauth from 'oauth4webapi'
import { type Kiln, openKiln } from '../../http/kiln.ts'
import {
  type App,
  agreed,
  authorized,
  authorizing,
  bearer,
  browse,
  cookieOf,
  errorOf,
  exchanged,
  launchOf,
  onEachStore,
  patientOf,
  physician,
  plainly,
  redirect,
  registered,
  type Way,
} from './app.ts'

const wish = 'openid fhirUser profile launch/patient patient/*.rs offline_access'
const secret = 'a secret that is long enough'

/** Where the browser is sent after the first request, or what it is shown. */
async function where(way: Way): Promise<string> {
  const answer = await browse(way.jar, way.url.href)
  const to = answer.headers.get('location')
  return to === null ? `${answer.status} ${await answer.text()}` : decodeURIComponent(to.replaceAll('+', ' '))
}

async function exchange(app: App, way: Way, back: URL, over: Record<string, string> = {}): Promise<Response> {
  const form = {
    grant_type: 'authorization_code',
    client_id: app.client.client_id,
    code: back.searchParams.get('code') ?? '',
    redirect_uri: redirect,
    code_verifier: way.verifier,
    ...over,
  }
  return fetch(app.server.token_endpoint ?? '', { method: 'POST', body: new URLSearchParams(form) })
}

await onEachStore(async (t, settings) => {
  const kiln = await openKiln(t, settings)
  const app = await registered(kiln, { client_name: 'Growth chart', logo_uri: 'https://app.example/logo.png' })
  const base = kiln.base
  const patient = await patientOf(kiln, 'amy')
  const other = await patientOf(kiln, 'bob')

  await t.test('standalone launch: the app reads the patient that was chosen, and no other', async t => {
    const way = await authorizing(app, base, wish)
    const { asked, back } = await agreed(kiln, way, { patient })
    t.strictSame(asked, {
      client: { id: app.client.client_id, name: 'Growth chart', logo: 'https://app.example/logo.png' },
      scopes: wish.split(' '),
      launch: {},
      choose: { patient: true, encounter: false },
      anew: false,
      acr: [],
    })
    t.equal(back.origin + back.pathname, redirect)
    t.equal(back.searchParams.get('state'), way.state, 'state is echoed')
    t.equal(back.searchParams.get('iss'), kiln.origin, 'RFC 9207')
    const tokens = await exchanged(app, way, back)
    t.match(tokens, { token_type: 'bearer', scope: wish, patient, need_patient_banner: true, refresh_token: String })
    const style = await fetch(String(tokens['smart_style_url']))
    t.match(await style.json(), { color_text: String })
    const read = (id: string) => fetch(`${base}/Patient/${id}`, { headers: bearer(tokens.access_token) })
    t.equal((await read(patient)).status, 200)
    t.equal((await read(other)).status, 404)
  })

  await t.test('the id_token is signed with RS256 and says who signed in', async t => {
    const tokens = await authorized(kiln, app, 'openid fhirUser profile', {})
    const [header = '', body = ''] = (tokens.id_token ?? '').split('.')
    t.match(JSON.parse(Buffer.from(header, 'base64url').toString()), { alg: 'RS256', kid: String })
    t.match(JSON.parse(Buffer.from(body, 'base64url').toString()), {
      iss: kiln.origin,
      aud: app.client.client_id,
      sub: 'house',
      fhirUser: `${base}/Practitioner/house`,
      name: 'Gregory House',
    })
    const told = await fetch(app.server.userinfo_endpoint ?? '', { headers: bearer(tokens.access_token) })
    t.strictSame(await told.json(), { sub: 'house', name: 'Gregory House', fhirUser: `${base}/Practitioner/house` })
  })

  await t.test('the answer of the token endpoint is not to be stored', async t => {
    const way = await authorizing(app, base, wish)
    const { back } = await agreed(kiln, way, { patient })
    const answer = await exchange(app, way, back)
    t.equal(answer.status, 200)
    t.equal(answer.headers.get('cache-control'), 'no-store')
    t.equal(answer.headers.get('pragma'), 'no-cache')
    t.match(await answer.json(), { token_type: 'Bearer', expires_in: 900 })
  })

  await t.test('EHR launch: the context is that of the launch, which is good once', async t => {
    const parameter = [
      { name: 'patient', valueString: `Patient/${patient}` },
      { name: 'intent', valueString: 'reconcile-medications' },
      { name: 'needPatientBanner', valueBoolean: false },
    ]
    const launch = await launchOf(kiln, parameter)
    const scope = 'launch openid fhirUser patient/*.rs'
    const [first, second] = [
      await authorizing(app, base, scope, { launch }),
      await authorizing(app, base, scope, { launch }),
    ]
    const [a, b] = [await browse(first.jar, first.url.href), await browse(second.jar, second.url.href)]
    t.equal(a.status + b.status, 606)
    const { asked, back } = await agreed(kiln, await authorizing(app, base, scope, { launch }), { patient: other })
    t.match(asked, { launch: { patient, intent: 'reconcile-medications' }, choose: { patient: false } })
    t.ok(back.searchParams.has('code'))
    const again = await authorizing(app, base, scope, { launch })
    t.match(await where(again), /^https:\/\/app\.example\/callback\?error=invalid_request&error_description=launch/)
    await t.rejects(finishAgain(kiln, second, b), /this launch was used before/)
    const fresh = await launchOf(kiln, [{ name: 'patient', valueString: patient }])
    const tokens = await authorized(kiln, app, scope, { patient: other }, { launch: fresh })
    t.match(tokens, { patient, need_patient_banner: true })
  })

  await t.test('launch without a launch, or with one that nobody minted, is refused', async t => {
    t.match(await where(await authorizing(app, base, 'launch patient/*.rs')), /error=invalid_request.*launch/)
    const unknown = await authorizing(app, base, 'launch patient/*.rs', { launch: 'nonsense' })
    t.match(await where(unknown), /error=invalid_request.*launch/)
  })

  await t.test('PKCE: S256 for everybody, plain for nobody', async t => {
    const confidential = await registered(kiln, {}, secret)
    for (const one of [app, confidential]) {
      const without = await authorizing(one, base, wish, { code_challenge: '', code_challenge_method: '' })
      t.match(await where(without), /^https:\/\/app\.example\/callback\?error=invalid_request.*PKCE/)
      const plain = await authorizing(one, base, wish, { code_challenge_method: 'plain' })
      t.match(
        await where(plain),
        /error=invalid_request&error_description=not supported value of code_challenge_method/,
      )
    }
    const way = await authorizing(app, base, wish)
    const { back } = await agreed(kiln, way, { patient })
    t.match(
      await errorOf(await exchange(app, way, back, { code_verifier: oauth.generateRandomCodeVerifier() })),
      /^400 invalid_grant/,
    )
    t.match(await errorOf(await exchange(app, way, back, { code_verifier: '' })), /^400 invalid_grant/)
  })

  await t.test('a redirect URI that is not registered is shown, never followed', async t => {
    for (const wrong of [
      'https://evil.example/callback',
      `${redirect}/more`,
      `${redirect}?more=1`,
      'https://app.example/CALLBACK',
      'https://app.example@evil.example/callback',
      'http://app.example/callback',
      '//app.example/callback',
    ]) {
      const way = await authorizing(app, base, wish, { redirect_uri: wrong })
      const answer = await browse(way.jar, way.url.href)
      t.equal(answer.status, 400, wrong)
      t.equal(answer.headers.get('location'), null)
      t.match(answer.headers.get('content-type'), 'text/plain')
      t.match(await answer.text(), 'invalid_redirect_uri')
    }
    const nobody = await authorizing({ ...app, client: { client_id: '<script>' } }, base, wish)
    t.match(await where(nobody), /^400 invalid_client/)
    const way = await authorizing(app, base, wish)
    const { back } = await agreed(kiln, way, { patient })
    t.match(await errorOf(await exchange(app, way, back, { redirect_uri: `${redirect}/` })), /^400 invalid_grant/)
  })

  await t.test('aud must be the FHIR base; a slash at its end is no difference', async t => {
    for (const aud of ['https://evil.example/fhir', kiln.origin, `${base}/Patient`, base.toUpperCase()]) {
      t.match(
        await where(await authorizing(app, base, wish, { aud })),
        /error=invalid_request&error_description=aud is not/,
      )
    }
    t.match(await where(await authorizing(app, base, wish, { aud: '' })), /aud is missing/)
    t.match(await where(await authorizing(app, base, 'openid', { aud: '' })), /\/oauth\/interaction\//)
    t.match(await where(await authorizing(app, base, wish, { aud: `${base}/` })), /\/oauth\/interaction\//)
    const resource = await authorizing(app, base, wish, { resource: 'https://evil.example/fhir' })
    t.match(await where(resource), /error=invalid_target/)
  })

  await t.test('the authorization request may be a form', async t => {
    const way = await authorizing(app, base, wish)
    const started = await browse(way.jar, `${kiln.origin}/oauth/authorize`, {
      method: 'POST',
      body: way.url.searchParams,
    })
    t.equal(started.status, 303)
    const { back } = await agreed(kiln, { jar: way.jar, url: way.url }, { patient })
    t.match(await exchanged(app, way, back), { patient })
  })

  await t.test('a code is good once: used twice, all that came of it is revoked', async t => {
    const way = await authorizing(app, base, wish)
    const { back } = await agreed(kiln, way, { patient })
    const tokens = await exchanged(app, way, back)
    const read = () => fetch(`${base}/Patient/${patient}`, { headers: bearer(tokens.access_token) })
    t.equal((await read()).status, 200)
    t.match(await errorOf(await exchange(app, way, back)), /^400 invalid_grant/)
    t.equal((await read()).status, 401)
    const answer = await oauth.refreshTokenGrantRequest(
      app.server,
      app.client,
      app.auth,
      tokens.refresh_token ?? '',
      plainly,
    )
    t.match(await errorOf(answer), /^400 invalid_grant/)
  })

  await t.test('a code is good for the client that it was issued to', async t => {
    const thief = await registered(kiln)
    const way = await authorizing(app, base, wish)
    const { back } = await agreed(kiln, way, { patient })
    t.match(await errorOf(await exchange(thief, way, back)), /^400 invalid_grant/)
    t.match(await errorOf(await exchange(app, way, back, { client_id: 'nobody' })), /^401 invalid_client/)
  })

  await t.test('a confidential app needs its secret, or its key', async t => {
    const confidential = await registered(kiln, {}, secret)
    t.match(await authorized(kiln, confidential, 'openid patient/*.rs', { patient }), { patient })
    const way = await authorizing(confidential, base, 'patient/*.rs')
    const { back } = await agreed(kiln, way, { patient })
    t.match(await errorOf(await exchange(confidential, way, back)), /^401 invalid_client/)
    t.match(await errorOf(await exchange(confidential, way, back, { client_secret: 'wrong' })), /^401 invalid_client/)
    t.equal((await exchange(confidential, way, back, { client_secret: secret })).status, 200)
  })

  await t.test('single scopes may be refused, and more than was asked for is not granted', async t => {
    const scopes = ['patient/Observation.rs', 'launch/patient', 'system/*.cruds']
    const tokens = await authorized(kiln, app, 'launch/patient patient/Patient.rs patient/Observation.rs', {
      patient,
      scopes,
    })
    t.equal(tokens.scope, 'launch/patient patient/Observation.rs')
    const read = (path: string) => fetch(`${base}/${path}`, { headers: bearer(tokens.access_token) })
    t.equal((await read('Observation')).status, 200)
    const denied = await read('Patient')
    t.equal(denied.status, 403)
    t.match(denied.headers.get('www-authenticate'), /error="insufficient_scope"/)
  })

  await t.test('scopes of both versions, and granular ones, are echoed as they were asked for', async t => {
    const scope = 'patient/Observation.rs?category=vital-signs patient/Patient.read'
    t.equal((await authorized(kiln, app, scope, { patient })).scope, scope)
    const system = await authorizing(app, base, 'system/*.rs')
    t.match(await where(system), /error|interaction/)
    t.equal((await authorized(kiln, app, 'patient/*.rs system/*.rs nonsense', { patient })).scope, 'patient/*.rs')
  })

  await t.test('who refuses sends the browser back with access_denied', async t => {
    const way = await authorizing(app, base, wish)
    const started = await browse(way.jar, way.url.href)
    const uid = started.headers.get('location')?.split('/').at(-1) ?? ''
    const signIn = await kiln.smart.signIn()
    const next = await signIn.refuse(
      { place: { tenant: 'default', base }, uid, cookie: cookieOf(way.jar) },
      'not today',
    )
    const back = new URL((await browse(way.jar, next)).headers.get('location') ?? '')
    t.match(Object.fromEntries(back.searchParams), {
      error: 'access_denied',
      error_description: 'not today',
      state: way.state,
    })
  })

  await t.test('a sign-in belongs to the browser in which it began', async t => {
    const [way, thief] = [await authorizing(app, base, wish), await authorizing(app, base, wish)]
    const uid = (await browse(way.jar, way.url.href)).headers.get('location')?.split('/').at(-1) ?? ''
    await browse(thief.jar, thief.url.href)
    const signIn = await kiln.smart.signIn()
    const place = { tenant: 'default', base }
    for (const cookie of [
      undefined,
      '',
      cookieOf(thief.jar),
      cookieOf(way.jar).replace(/\.sig=(.)/g, (_, first) => (first === 'x' ? '.sig=y' : '.sig=x')),
    ]) {
      await t.rejects(signIn.asked({ place, uid, cookie }), /began in another browser/, cookie ?? 'none')
    }
    await t.resolves(signIn.asked({ place, uid, cookie: cookieOf(way.jar) }))
    const decision = { account: physician, scopes: ['patient/*.rs'] }
    const finish = signIn.finish({ place, uid, cookie: cookieOf(way.jar) }, decision)
    await t.rejects(finish, /a patient must be chosen/)
  })

  await t.test('cookies are for this server and its scripts are not told them', async t => {
    const way = await authorizing(app, base, wish)
    const started = await browse(way.jar, way.url.href)
    const cookies = started.headers.getSetCookie()
    t.ok(cookies.length > 0)
    for (const cookie of cookies) {
      t.match(cookie, /httponly/i)
      t.match(cookie, /samesite=lax/i)
    }
  })

  await t.test('nobody else’s host comes into what is told', async t => {
    const answer = await fetch(`${kiln.origin}/oauth/authorize?client_id=x`, {
      headers: { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' },
      redirect: 'manual',
    })
    t.notMatch(await answer.text(), /evil/)
    const told = await fetch(`${kiln.origin}/.well-known/openid-configuration`, {
      headers: { 'x-forwarded-host': 'evil.example' },
    })
    t.notMatch(await told.text(), /evil/)
  })
})

/** Goes on with an authorization that began before its launch was used elsewhere. */
async function finishAgain(kiln: Kiln, way: Way, started: Response): Promise<string> {
  const uid = started.headers.get('location')?.split('/').at(-1) ?? ''
  const signIn = await kiln.smart.signIn()
  const browser = { place: { tenant: 'default', base: kiln.base }, uid, cookie: cookieOf(way.jar) }
  return signIn.finish(browser, { account: physician, scopes: ['launch', 'patient/*.rs'] })
}
