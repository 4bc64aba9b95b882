/** What the authorization server keeps, on both stores, by several processes. */
import { randomBytes } from 'node:crypto'
import { errors } from 'oidc-provider'
import type { Test } from 'tap'
import { adapterFor } from '../../../src/security/smart/adapter.ts'
import {
  addClient,
  backendClient,
  findClient,
  isSecretOf,
  listClients,
  removeClient,
  rotateSecret,
} from '../../../src/security/smart/client.ts'
import { openKeys, signerOf } from '../../../src/security/smart/keys.ts'
import { contextOf, keepContext, mintLaunch, readLaunch, takeLaunch } from '../../../src/security/smart/launch.ts'
import { openPresented } from '../../../src/security/smart/presented.ts'
import { openRevoked } from '../../../src/security/smart/revoked.ts'
import { onBothStores, type World } from '../../world.ts'

const random = (bytes: number): Uint8Array => randomBytes(bytes)
const newToken = (): string => randomBytes(16).toString('hex')

function processOn(world: World) {
  const needs = { store: world.store, clock: () => world.clock, random }
  const revoked = openRevoked({ ...needs, longest: 3_600_000 })
  const adapter = (model: string, tenant = 'default') =>
    adapterFor({ ...needs, tenant, presented: openPresented(newToken), revoked })(model)
  return { keys: openKeys(needs), revoked, adapter }
}

const claims = { iss: 'i', aud: 'a', client_id: 'app', scope: '', exp: 2e9, iat: Date.UTC(2026, 0, 1) / 1000 }

await onBothStores(async (t: Test, open) => {
  await t.test(
    'two processes that start together sign with the same keys, and tenants with different ones',
    async t => {
      const world = await open()
      const [one, two] = [processOn(world), processOn(world)]
      const [mine, yours] = await Promise.all([one.keys.of('default'), two.keys.of('default')])
      t.strictSame(mine, yours)
      t.strictSame(
        mine.map(({ alg }) => alg),
        ['ES256', 'RS256', 'ES384'],
      )
      const other = await one.keys.of('north')
      t.notSame(other[0]?.kid, mine[0]?.kid)
    },
  )

  await t.test('after a rotation other keys sign, everywhere, and the old ones are good for a day', async t => {
    const world = await open()
    const [one, two] = [processOn(world), processOn(world)]
    const before = signerOf(await two.keys.of('default'), 'ES256').kid
    await one.keys.rotate('default')
    t.not(signerOf(await one.keys.of('default'), 'ES256').kid, before)
    world.clock += 1_100
    const after = await two.keys.of('default')
    t.not(signerOf(after, 'ES256').kid, before)
    t.ok(after.find(({ kid }) => kid === before)?.retired)
    world.clock += 25 * 3_600_000
    const later = await one.keys.rotate('default')
    t.notOk(later.find(({ kid }) => kid === before))
  })

  await t.test('what is revoked is known at once where it was done, and in half a second everywhere', async t => {
    const world = await open()
    const [one, two] = [processOn(world), processOn(world)]
    const token = { ...claims, sub: 'anna', jti: 'j1', grant: 'g1' }
    t.equal(await two.revoked.has('default', token, 'k'), false)
    world.clock += 10_000
    for (const what of ['token:j1', 'grant:g1', 'client:app', 'user:anna'] as const) {
      const fresh = { ...token, iat: Math.floor(world.clock / 1000) }
      t.equal(await one.revoked.has('default', fresh, 'k'), false, `${what} before`)
      await one.revoked.revoke('default', what)
      t.equal(await one.revoked.has('default', fresh, 'k'), true, what)
      t.equal(await one.revoked.has('north', fresh, 'k'), false, 'another tenant')
      world.clock += 500
      t.equal(await two.revoked.has('default', fresh, 'k'), true, `${what} elsewhere`)
      world.clock += 2_000
      const later = { ...token, jti: 'j2', grant: 'g2', iat: Math.floor(world.clock / 1000) }
      t.equal(await one.revoked.has('default', later, 'k'), false, 'what is issued later is good')
    }
  })

  await t.test('what was revoked long ago is forgotten, and a process that starts late knows the rest', async t => {
    const world = await open()
    const one = processOn(world)
    const token = { ...claims, sub: 'anna', jti: 'old', iat: Math.floor(world.clock / 1000) }
    await one.revoked.revoke('default', 'token:old')
    world.clock += 1_800_000
    t.equal(await processOn(world).revoked.has('default', token, 'k'), true)
    world.clock += 1_900_000
    t.equal(await processOn(world).revoked.has('default', token, 'k'), false, 'no such token lives any more')
  })

  await t.test('a code is used by one of many that try at the same time, and the grant of all is gone', async t => {
    const world = await open()
    const [one, two] = [processOn(world), processOn(world)]
    const payload = { kind: 'AuthorizationCode', jti: 'c', grantId: 'g', clientId: 'app', accountId: 'anna' }
    await one.adapter('AuthorizationCode').upsert('c', payload, 60)
    await one.adapter('Grant').upsert('g', { kind: 'Grant', jti: 'g', clientId: 'app', accountId: 'anna' }, 600)
    await one.adapter('RefreshToken').upsert('r', { ...payload, kind: 'RefreshToken', jti: 'r' }, 600)
    const tries = [one, two, one, two].map(({ adapter }) => adapter('AuthorizationCode').consume('c'))
    const settled = await Promise.allSettled(tries)
    const failures = settled.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[]
    t.ok(failures.length >= 3, 'at most one')
    for (const { reason } of failures) t.ok(reason instanceof errors.InvalidGrant)
    t.equal(await two.adapter('Grant').find('g'), undefined)
    t.equal(await two.adapter('RefreshToken').find('r'), undefined)
    world.clock += 1_000
    const token = { ...claims, sub: 'anna', jti: 'j', grant: 'g', iat: world.clock / 1000 - 1 }
    t.equal(await two.revoked.has('default', token, 'k'), true)
  })

  await t.test('an assertion is taken once, however many processes are shown it', async t => {
    const world = await open()
    const [one, two] = [processOn(world), processOn(world)]
    const show = ({ adapter }: typeof one) =>
      adapter('ReplayDetection').upsert('jti', { kind: 'ReplayDetection', jti: 'jti' }, 300)
    const settled = await Promise.allSettled([show(one), show(two), show(one)])
    t.equal(settled.filter(({ status }) => status === 'fulfilled').length, 1)
    world.clock += 301_000
    await t.resolves(show(two), 'when it is over anyway, its number may be used again')
  })

  await t.test('what is kept is found by its tags, changes, expires, and belongs to one tenant', async t => {
    const world = await open()
    const { adapter } = processOn(world)
    const sessions = adapter('Session')
    await sessions.upsert('s', { kind: 'Session', jti: 's', uid: 'u', accountId: 'anna' }, 60)
    t.match(await sessions.findByUid('u'), { accountId: 'anna' })
    await sessions.upsert('s', { kind: 'Session', jti: 's', uid: 'u', accountId: 'bert' }, 60)
    t.match(await sessions.find('s'), { accountId: 'bert' })
    t.equal(await adapter('Session', 'north').find('s'), undefined)
    t.equal(await adapter('Session', 'north').findByUid('u'), undefined)
    world.clock += 61_000
    t.equal(await sessions.find('s'), undefined)
    await sessions.upsert('s', { kind: 'Session', jti: 's', uid: 'u' }, 60)
    await sessions.destroy('s')
    t.equal(await sessions.findByUid('u'), undefined)
  })

  await t.test(
    'secrets of clients are not kept, and after a rotation the one before is good until the next',
    async t => {
      const { store } = await open()
      t.equal(await addClient(store, 'default', backendClient('lab', 'Lab', 'first', 'system/*.rs')), true)
      t.equal(await addClient(store, 'default', backendClient('lab', 'Thief', 'mine', 'system/*.rs')), false)
      const good = async (secret: string) =>
        isSecretOf((await findClient(store, 'default', 'lab'))?.secrets ?? [], secret)
      t.equal(await good('first'), true)
      t.equal(await good('mine'), false)
      await rotateSecret(store, 'default', 'lab', 'second')
      t.strictSame([await good('first'), await good('second')], [true, true])
      await rotateSecret(store, 'default', 'lab', 'third')
      t.strictSame([await good('first'), await good('second'), await good('third')], [false, true, true])
      t.notMatch((await store.note({ tenant: 'default', kind: 'client', id: 'lab' }))?.text, /first|second|third/)
      t.equal(await findClient(store, 'north', 'lab'), undefined)
      t.equal((await listClients(store, 'default')).length, 1)
      await removeClient(store, 'default', 'lab')
      t.strictSame(await listClients(store, 'default'), [])
      await t.rejects(removeClient(store, 'default', 'lab'), /there is no client 'lab'/)
      await t.rejects(rotateSecret(store, 'default', 'lab', 'x'), /there is no client 'lab'/)
    },
  )

  await t.test('a launch is taken once, in its tenant, within five minutes', async t => {
    const world = await open()
    const { store } = world
    const mint = () => mintLaunch(store, 'default', { patient: '1' }, { clock: () => world.clock, newToken })
    const token = await mint()
    t.strictSame(await readLaunch(store, 'default', token), { patient: '1' })
    t.equal(await takeLaunch(store, 'north', token), undefined)
    const taken = await Promise.all([1, 2, 3].map(() => takeLaunch(store, 'default', token)))
    t.strictSame(
      taken.filter(one => one !== undefined),
      [{ patient: '1' }],
    )
    const late = await mint()
    world.clock += 5 * 60_000
    t.equal(await takeLaunch(store, 'default', late), undefined)
  })

  await t.test('the context of a grant is there as long as the grant', async t => {
    const world = await open()
    await keepContext(world.store, 'default', 'g', { patient: '1', fhirUser: 'Patient/1' }, world.clock + 1_000)
    t.strictSame(await contextOf(world.store, 'default', 'g'), { patient: '1', fhirUser: 'Patient/1' })
    t.strictSame(await contextOf(world.store, 'north', 'g'), {})
    t.strictSame(await contextOf(world.store, 'default', undefined), {})
    world.clock += 1_000
    t.strictSame(await contextOf(world.store, 'default', 'g'), {})
  })
})
