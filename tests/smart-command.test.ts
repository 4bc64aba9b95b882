/** `kiln client`, `token` and `launch`, beside a running server on the same store. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { findClient } from '../src/security/smart/client.ts'
import { openKiln } from './http/kiln.ts'
import { keyPair } from './security/smart/app.ts'

t.setTimeout(300_000) // a command takes a second, more where others are busy

async function site(t: Test) {
  const kiln = await openKiln(t, { KILN_AUTH: 'smart', KILN_TENANTS: 'north' })
  const settings = { KILN_STORE: kiln.place, KILN_BASE_URL: kiln.base, KILN_TENANTS: 'north' }
  const run = (...args: readonly string[]) => {
    const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('KILN_'))
    const env = { ...Object.fromEntries(environment), ...settings }
    const { status, stdout, stderr } = spawnSync(process.execPath, ['src/cli.ts', ...args], { encoding: 'utf8', env })
    return { status, said: stdout.trim(), wrong: stderr.trim() }
  }
  const read = async (token: string, base = kiln.base) =>
    (await fetch(`${base}/Patient`, { headers: { authorization: `Bearer ${token}` } })).status
  return { kiln, run, read }
}

async function granted(url: string, id: string, secret: string, scope: string): Promise<Response> {
  const authorization = `Basic ${btoa(`${id}:${secret}`)}`
  const body = new URLSearchParams({ grant_type: 'client_credentials', scope })
  return fetch(`${url}/oauth/token`, { method: 'POST', headers: { authorization }, body })
}

t.test('a client is added, gets another secret, and is removed with its tokens', async t => {
  const { kiln, run, read } = await site(t)
  const added = run('client', 'add', '--name', 'Lab', '--id', 'lab', '--scope', 'system/*.rs')
  t.equal(added.status, 0, added.wrong)
  const secretIn = (said: string) => /client_secret: (\S+)/.exec(said)?.[1] ?? ''
  const first = secretIn(added.said)
  const answer = await granted(kiln.origin, 'lab', first, 'system/*.rs')
  t.equal(answer.status, 200)
  const { access_token: token } = (await answer.json()) as { access_token: string }
  t.equal(await read(token), 200)
  t.match(run('client', 'list').said, /^lab\tLab\tclient_secret_basic\tsystem\/\*\.rs$/)
  t.match(
    run('client', 'add', '--name', 'X', '--id', 'lab', '--scope', 'system/*.rs').wrong,
    /there is a client 'lab' already/,
  )
  const second = secretIn(run('client', 'rotate', 'lab').said)
  t.equal((await granted(kiln.origin, 'lab', second, 'system/*.rs')).status, 200)
  t.equal((await granted(kiln.origin, 'lab', first, 'system/*.rs')).status, 200, 'until the next time')
  t.equal(run('client', 'remove', 'lab').status, 0)
  await new Promise(resolve => setTimeout(resolve, 600))
  t.equal(await read(token), 401)
  t.equal((await granted(kiln.origin, 'lab', second, 'system/*.rs')).status, 401)
  t.match(run('client', 'list').said, 'There are no clients.')
})

t.test('what the commands do is in the audit', async t => {
  const { kiln, run } = await site(t)
  t.equal(run('client', 'add', '--name', 'Lab', '--id', 'lab', '--scope', 'system/*.rs').status, 0)
  t.equal(run('token', '--scope', 'system/Patient.rs').status, 0)
  const [tenant, type] = ['default', 'AuditEvent']
  let told = ''
  for (let tries = 0; tries < 300 && !told.includes('kiln token'); tries++) {
    await new Promise(resolve => setTimeout(resolve, 100))
    const until = await kiln.store.sequence(tenant)
    const { versions } = await kiln.store.history({ tenant, type, order: 'oldest', until, limit: 100 })
    told = versions.map(({ json = '' }) => json).join('\n')
  }
  t.match(told, /"code":"110136".*"outcomeDesc":"added lab"/)
  t.match(told, /"code":"token-issued".*"outcomeDesc":"kiln token scope system\/Patient\.rs".*"value":"kiln-cli"/)
})

t.test('apps of all kinds, and what cannot be added', async t => {
  const { kiln, run } = await site(t)
  const { jwk } = await keyPair('ES384')
  const file = join(kiln.place.slice('sqlite:'.length), 'keys.json')
  writeFileSync(file, JSON.stringify({ keys: [jwk] }))
  const redirect = ['--redirect', 'https://app.example/callback']
  const bye = ['--post-logout', 'https://app.example/bye', 'https://app.example/gone']
  const url = 'https://app.example/launch'
  t.match(
    run('client', 'add', '--name', 'App', '--id', 'app', '--public', ...redirect, ...bye, '--launch', url).said,
    /^client_id: app$/,
  )
  t.match(run('client', 'add', '--name', 'Keys', '--jwks', file, '--scope', 'system/*.rs').said, /^client_id: \S+$/)
  const client = await findClient(kiln.store, 'default', 'app')
  t.same(client?.metadata.post_logout_redirect_uris, bye.slice(1))
  const started = new URL(run('launch', '--patient', '1', '--client', 'app').said)
  t.equal(started.origin + started.pathname, url)
  t.equal(started.searchParams.get('iss'), kiln.base)
  t.ok(started.searchParams.get('launch'))
  const wrong: readonly (readonly [RegExp, ...string[]])[] = [
    [/expected --redirect, or --scope/, '--name', 'A'],
    [/'nonsense' is no scope/, '--name', 'A', '--scope', 'nonsense', ...redirect],
    [/cannot act for itself/, '--name', 'A', '--public', '--scope', 'system/*.rs'],
    [/is no redirect URI/, '--name', 'A', '--redirect', 'javascript:alert(1)'],
    [/is no redirect URI/, '--name', 'A', ...redirect, '--post-logout', 'javascript:alert(1)'],
    [/is no JSON Web Key Set/, '--name', 'A', '--jwks', 'package.json', ...redirect],
    [/there is no file/, '--name', 'A', '--jwks', 'nowhere.json', ...redirect],
  ]
  for (const [text, ...args] of wrong) {
    const { status, wrong: said } = run('client', 'add', ...args)
    t.equal(status, 1)
    t.match(said, text)
    t.notMatch(said, /\n\s+at /)
  }
})

t.test('a token is printed alone, and is good in its tenant', async t => {
  const { kiln, run, read } = await site(t)
  const { said } = run('token', '--scope', 'system/*.rs')
  t.match(said, /^[\w-]+\.[\w-]+\.[\w-]+$/)
  t.equal(await read(said), 200)
  const north = run('token', '--scope', 'system/*.rs', '--tenant', 'north').said
  t.equal(await read(north), 401)
  const patient = run('token', '--scope', 'patient/*.rs', '--patient', 'p1', '--user', 'Patient/p1').said
  const claims = JSON.parse(Buffer.from(patient.split('.')[1] ?? '', 'base64url').toString())
  t.match(claims, { patient: 'p1', fhirUser: `${kiln.base}/Patient/p1`, aud: kiln.base })
  t.ok(claims.exp - claims.iat <= 300)
  t.match(run('token', '--scope', 'nonsense').wrong, /'nonsense' is no scope/)
  t.match(run('token', '--scope', 'system/*.rs', '--tenant', 'south').wrong, /'south' is no tenant/)
  const invited = run('client', 'invite').said
  const answer = await fetch(`${kiln.origin}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${invited}` },
    body: JSON.stringify({ redirect_uris: ['https://app.example/'], token_endpoint_auth_method: 'none' }),
  })
  t.equal(answer.status, 201)
})
