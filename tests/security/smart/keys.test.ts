/** Rotation: https://openid.net/specs/openid-connect-core-1_0.html#RotateSigKeys */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { refreshTokenGrantRequest } from 'oauth4webapi'
import { headerOf, mint } from '../../../src/security/smart/access-token.ts'
import { openAuthenticate } from '../../../src/security/smart/authenticate.ts'
import { type KeySet, openKeys, signerOf } from '../../../src/security/smart/keys.ts'
import { openRevoked } from '../../../src/security/smart/revoked.ts'
import { openKiln } from '../../http/kiln.ts'
import { onBothStores, type World } from '../../world.ts'
import { authorized, bearer, onEachStore, plainly, registered } from './app.ts'

const day = 24 * 3_600_000
const place = { tenant: 'default', base: 'https://kiln.test/fhir' }

function processOn(world: World) {
  const needs = { store: world.store, clock: () => world.clock, random: (bytes: number) => randomBytes(bytes) }
  const keys = openKeys(needs)
  const revoked = openRevoked({ ...needs, longest: 3_600_000 })
  return { keys, revoked, authenticate: openAuthenticate({ keys, revoked, clock: needs.clock }) }
}

await onBothStores(async (t, open) => {
  await t.test('what a key signed that has leaked is good nowhere within a second, and never again', async t => {
    const world = await open()
    const [one, other] = [processOn(world), processOn(world)]
    const leaked = await one.keys.of('default')
    const forged = (iat: number) => {
      const claims = { jti: `${iat}`, sub: 'a', client_id: 'a', scope: 'system/*.cruds', iat, exp: iat + day }
      return mint(leaked, place, claims)
    }
    const now = world.clock / 1000
    const tokens = [forged(now - 10), forged(now), forged(now + 100), forged(now + day / 1000)]
    const refused = async (token: string): Promise<boolean> => {
      const answers = [one, other].flatMap(({ authenticate }) => [
        authenticate.claims(place, token),
        (async () => authenticate.principal(place, `Bearer ${token}`))().catch(() => undefined),
      ])
      return (await Promise.all(answers)).every(answer => answer === undefined)
    }
    for (const token of tokens.slice(1)) t.equal(await refused(token), false, 'good so far')
    const { keys, gone } = await one.keys.replace('default')
    for (const kid of gone) await one.revoked.revoke('default', `key:${kid}`)
    t.strictSame(
      gone,
      leaked.map(({ kid }) => kid),
    )
    t.equal(keys.length, 3)
    world.clock += 999
    for (const token of tokens) t.equal(await refused(token), true)
    const fresh = mint(keys, place, { jti: 'f', sub: 'a', client_id: 'a', scope: '', iat: now, exp: now + day })
    t.equal(await refused(fresh), false)
    for (const later of [1_000, 3_600_000, day]) {
      world.clock += later
      for (const token of tokens) t.equal(await refused(token), true, `${later} ms later`)
    }
    for (const token of tokens) {
      const started = processOn(world)
      t.equal(await started.authenticate.claims(place, token), undefined, 'in one that was started since')
    }
  })

  await t.test(
    'every process follows within a second, and what the old keys signed stays good until it is over',
    async t => {
      const world = await open()
      const process = () => processOn(world)
      const [one, other] = [process(), process()]
      const token = (keys: KeySet, jti: string, seconds: number) => {
        const iat = world.clock / 1000
        return mint(keys, place, { jti, sub: 'a', client_id: 'a', scope: '', iat, exp: iat + seconds })
      }
      const before = await other.keys.of('default')
      const old = token(before, 'old', 3_600)
      const after = await one.keys.rotate('default')
      t.notSame(signerOf(after, 'ES256').kid, signerOf(before, 'ES256').kid)
      const fresh = token(after, 'new', 60)
      t.ok(await other.authenticate.principal(place, `Bearer ${fresh}`), 'a key that it does not know yet')
      world.clock += 1_000
      t.strictSame(await other.keys.of('default'), after)
      for (const { authenticate } of [one, other]) {
        t.ok(await authenticate.principal(place, `Bearer ${old}`))
      }
      t.equal(after.length, 6)
      for (const { kid } of before) t.equal(typeof after.find(key => key.kid === kid)?.retired, 'number')
      await one.keys.rotate('north')
      world.clock += day
      t.equal((await other.keys.of('default')).length, 3, 'what is over is told to nobody')
      const again = await one.keys.rotate('default')
      t.equal(again.length, 6)
      const left = new Set(again.map(({ kid }) => kid))
      t.notOk(before.some(({ kid }) => left.has(kid)))
      await Promise.all([one, other].map(({ keys }) => keys.rotate('default')))
      world.clock += 1_000
      const known = await Promise.all([one, other].map(({ keys }) => keys.of('default')))
      t.strictSame(known[0], known[1], 'of two at the same time both happen')
      t.equal(known[0]?.filter(({ retired }) => retired === undefined).length, 3)
    },
  )
})

await onEachStore(async (t, settings) => {
  await t.test('kiln oauth-key rotate, beside a running server', async t => {
    const kiln = await openKiln(t, settings)
    const app = await registered(kiln)
    const jwks = async (): Promise<readonly string[]> => {
      const { keys } = (await (await fetch(`${kiln.origin}/oauth/jwks`)).json()) as {
        keys: { kid: string; d?: string }[]
      }
      t.ok(
        keys.every(({ d }) => d === undefined),
        'none is private',
      )
      return keys.map(({ kid }) => kid)
    }
    const command = (...args: string[]) => {
      const env = { ...process.env, KILN_STORE: kiln.place, KILN_SYNCHRONOUS: 'NORMAL' }
      const { stdout, stderr } = spawnSync(process.execPath, ['src/cli.ts', 'oauth-key', ...args], {
        env,
        encoding: 'utf8',
      })
      t.equal(stderr, '')
      return stdout
        .trim()
        .split('\n')
        .map(line => line.split('\t'))
    }
    const before = await authorized(kiln, app, 'openid user/Patient.rs')
    const old = await jwks()
    const rotated = command('rotate')
    t.strictSame(
      rotated.map(([, alg]) => alg),
      ['ES256', 'RS256', 'ES384', 'ES256', 'RS256', 'ES384'],
    )
    t.strictSame(
      rotated.map(([, , until = '']) => until.slice(0, 13)),
      [...Array<string>(3).fill('signs'), ...Array<string>(3).fill('is good until')],
    )
    t.strictSame(command('list'), rotated)
    await sleep(1_100) // so long may a process not know of it
    const now = await jwks()
    for (const kid of old) t.ok(now.includes(kid), 'those who check id_tokens find the key still')
    const after = await authorized(kiln, app, 'openid user/Patient.rs')
    for (const name of ['access_token', 'id_token'] as const) {
      t.ok(old.includes(String(headerOf(before[name] ?? '').kid)), name)
      t.notOk(old.includes(String(headerOf(after[name] ?? '').kid)), name)
      t.ok(now.includes(String(headerOf(after[name] ?? '').kid)), name)
    }
    for (const { access_token: token } of [before, after]) {
      t.not((await fetch(`${kiln.base}/Patient`, { headers: bearer(token) })).status, 401)
    }
  })

  await t.test('kiln oauth-key rotate --now, beside a running server', async t => {
    const kiln = await openKiln(t, settings)
    const app = await registered(kiln, { post_logout_redirect_uris: ['https://app.example/bye'] })
    const tokens = await authorized(kiln, app, 'openid offline_access user/Patient.rs')
    const ask = (token: string) => fetch(`${kiln.base}/Patient`, { headers: bearer(token) })
    t.not((await ask(tokens.access_token)).status, 401)
    const env = { ...process.env, KILN_STORE: kiln.place, KILN_SYNCHRONOUS: 'NORMAL' }
    const args = ['src/cli.ts', 'oauth-key', 'rotate', '--now']
    const { stdout } = spawnSync(process.execPath, args, { env, encoding: 'utf8' })
    t.match(stdout, /^(?:\S+\t\w+\tsigns\n){3}$/)
    await sleep(1_000)
    t.equal((await ask(tokens.access_token)).status, 401)
    const { keys } = (await (await fetch(`${kiln.origin}/oauth/jwks`)).json()) as { keys: { kid: string }[] }
    t.strictSame(
      keys.map(({ kid }) => kid),
      stdout
        .trim()
        .split('\n')
        .map(line => line.split('\t')[0]),
    )
    const hint = new URLSearchParams({ id_token_hint: tokens.id_token ?? '' })
    t.equal((await fetch(`${app.server.end_session_endpoint}?${hint}`)).status, 400, 'nor is an id_token believed')
    const { server, client, auth } = app
    const answer = await refreshTokenGrantRequest(server, client, auth, String(tokens.refresh_token), plainly)
    const fresh = (await answer.json()) as { access_token: string }
    t.not((await ask(fresh.access_token)).status, 401, 'the app goes on by refreshing')
    const told = async (): Promise<string> => {
      const wish = { client: 'auditor', scope: 'system/AuditEvent.rs', seconds: 60 }
      const token = await kiln.smart.token({ tenant: 'default', base: kiln.base }, wish)
      const url = `${kiln.base}/AuditEvent?subtype=keys-changed`
      return (await fetch(url, { headers: bearer(token) })).text()
    }
    for (let tries = 0; tries < 100 && !(await told()).includes('has leaked'); tries++) await sleep(100)
    t.match(await told(), 'signing keys were replaced: one has leaked')
  })
})
