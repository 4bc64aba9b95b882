/** Rotation: https://openid.net/specs/openid-connect-core-1_0.html#RotateSigKeys */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { headerOf, mint } from '../../../src/security/smart/access-token.ts'
import { openAuthenticate } from '../../../src/security/smart/authenticate.ts'
import { type KeySet, openKeys, signerOf } from '../../../src/security/smart/keys.ts'
import { openRevoked } from '../../../src/security/smart/revoked.ts'
import { openKiln } from '../../http/kiln.ts'
import { onBothStores } from '../../world.ts'
import { authorized, bearer, onEachStore, registered } from './app.ts'

const day = 24 * 3_600_000

await onBothStores(async (t, open) => {
  await t.test(
    'every process follows within a second, and what the old keys signed stays good until it is over',
    async t => {
      const world = await open()
      const place = { tenant: 'default', base: 'https://kiln.test/fhir' }
      const needs = { store: world.store, clock: () => world.clock, random: (bytes: number) => randomBytes(bytes) }
      const process = () => {
        const keys = openKeys(needs)
        const revoked = openRevoked({ ...needs, longest: 3_600_000 })
        return { keys, authenticate: openAuthenticate({ keys, revoked, clock: needs.clock }) }
      }
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
})
