/** https://hl7.org/fhir/smart-app-launch/app-launch.html#refresh-access-token and https://www.rfc-editor.org/rfc/rfc9700#section-4.14 */
import * as oauth from 'oauth4webapi'
import { openKiln } from '../../http/kiln.ts'
import {
  type App,
  authorized,
  bearer,
  errorOf,
  onEachStore,
  patientOf,
  plainly,
  registered,
  type Tokens,
} from './app.ts'

function refresh({ server, client, auth }: App, token: string | undefined, scope?: string): Promise<Response> {
  const more = scope === undefined ? {} : { additionalParameters: { scope } }
  return oauth.refreshTokenGrantRequest(server, client, auth, token ?? '', { ...plainly, ...more })
}

await onEachStore(async (t, settings) => {
  const kiln = await openKiln(t, settings)
  const app = await registered(kiln)
  const patient = await patientOf(kiln, 'amy')
  const wish = 'openid fhirUser launch/patient patient/*.rs offline_access'
  const status = async (token: string) =>
    (await fetch(`${kiln.base}/Patient/${patient}`, { headers: bearer(token) })).status

  await t.test('a refresh token is good once, and gives another with the same context', async t => {
    const tokens = await authorized(kiln, app, wish, { patient })
    const answer = await refresh(app, tokens.refresh_token)
    const next = (await oauth.processRefreshTokenResponse(app.server, app.client, answer)) as Tokens
    t.match(next, { patient, scope: wish, id_token: String })
    t.not(next.refresh_token, tokens.refresh_token)
    t.equal(await status(next.access_token), 200)
    t.equal(answer.headers.get('cache-control'), 'no-store')
  })

  await t.test('used twice, the whole family is revoked: one of the two is a thief', async t => {
    const tokens = await authorized(kiln, app, wish, { patient })
    const next = (await (await refresh(app, tokens.refresh_token)).json()) as Tokens
    t.equal(await status(next.access_token), 200)
    t.match(await errorOf(await refresh(app, tokens.refresh_token)), /^400 invalid_grant/)
    t.match(await errorOf(await refresh(app, next.refresh_token)), /^400 invalid_grant/)
    t.equal(await status(next.access_token), 401)
    t.equal(await status(tokens.access_token), 401)
  })

  await t.test(
    'of many that use it at the same time, at most one gets a token, which is not good for long',
    async t => {
      const tokens = await authorized(kiln, app, wish, { patient })
      const answers = await Promise.all([1, 2, 3, 4].map(() => refresh(app, tokens.refresh_token)))
      const good = answers.filter(({ status }) => status === 200)
      t.ok(good.length <= 1, `${good.length}`)
      for (const answer of good) {
        const { refresh_token } = (await answer.json()) as Tokens
        t.match(await errorOf(await refresh(app, refresh_token)), /^400 invalid_grant/)
      }
    },
  )

  await t.test('a part of the scope may be asked for, never more', async t => {
    const tokens = await authorized(kiln, app, wish, { patient })
    const less = (await (await refresh(app, tokens.refresh_token, 'patient/*.rs')).json()) as Tokens
    t.equal(less.scope, 'patient/*.rs')
    const more = await refresh(app, less.refresh_token, 'patient/*.cruds')
    t.match(await errorOf(more), /^400 invalid_scope/)
  })

  await t.test('it is good for its client alone', async t => {
    const tokens = await authorized(kiln, app, wish, { patient })
    const thief = await registered(kiln)
    t.match(await errorOf(await refresh(thief, tokens.refresh_token)), /^400 invalid_grant/)
    t.equal((await refresh(app, tokens.refresh_token)).status, 200)
  })

  await t.test('a public app need not say who it is; one with a secret must', async t => {
    const alone = (one: App, token: string | undefined, more: Record<string, string> = {}) => {
      const form = { grant_type: 'refresh_token', refresh_token: token ?? '', ...more }
      return fetch(one.server.token_endpoint ?? '', { method: 'POST', body: new URLSearchParams(form) })
    }
    const tokens = await authorized(kiln, app, wish, { patient })
    const next = await alone(app, tokens.refresh_token)
    t.match(await next.json(), { access_token: String, refresh_token: String, patient })
    t.match(await errorOf(await alone(app, tokens.refresh_token)), /^400 invalid_grant/, 'once')
    const confidential = await registered(kiln, {}, 'a secret that is long enough')
    const own = await authorized(kiln, confidential, wish, { patient })
    t.match(await errorOf(await alone(confidential, own.refresh_token)), /^400 invalid_request/)
    t.match(await errorOf(await alone(app, 'nonsense')), /^400 invalid_request/)
    const other = { client_id: (await registered(kiln)).client.client_id }
    const again = await authorized(kiln, app, wish, { patient })
    t.match(await errorOf(await alone(app, again.refresh_token, other)), /^400 invalid_grant/, 'of another client')
  })

  await t.test('only who asks for it gets one, online or offline', async t => {
    t.equal((await authorized(kiln, app, 'patient/*.rs', { patient })).refresh_token, undefined)
    const online = await authorized(kiln, app, 'patient/*.rs online_access', { patient })
    t.equal((await refresh(app, online.refresh_token)).status, 200)
  })

  await t.test('when the client may have less than before, so may its tokens', async t => {
    const id = 'shrinking'
    const one = await registered(kiln, {
      client_id: id,
      allowed_scope: 'patient/*.cruds launch/patient offline_access',
    })
    const tokens = await authorized(kiln, one, 'patient/Patient.rs patient/Observation.rs offline_access', { patient })
    const note = await kiln.store.note({ tenant: 'default', kind: 'client', id })
    const client = JSON.parse(note?.text ?? '')
    client.metadata.allowed_scope = 'patient/Patient.rs offline_access'
    await kiln.store.keepNote({ ...note!, text: JSON.stringify(client) })
    const next = (await (await refresh(one, tokens.refresh_token)).json()) as Tokens
    t.equal(next.scope, 'patient/Patient.rs offline_access')
  })
})
