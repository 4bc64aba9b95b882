/** A key service as Vault's transit engine is, over real connections. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { openEgress, systemLookup } from '../../../src/egress.ts'
import { BadKeys } from '../../../src/security/encryption/key-wrapper.ts'
import { openEncryption } from '../../../src/security/encryption/open.ts'
import { mustBeUnused, rewrapAll } from '../../../src/security/encryption/rotate.ts'
import { type Ask, isVaultKey, openVault } from '../../../src/security/encryption/vault.ts'
import { StoreUnavailable } from '../../../src/store/port.ts'
import { onBothStores } from '../../world.ts'
import { definitions } from './sealed.ts'

type Mood = 'well' | 'sealed' | 'silent' | 'strange'

type Sent = Readonly<Record<string, string>>
type Answer = readonly [status: number, body: unknown]

/** What the engine does with a request that may be made. */
function transit(keys: readonly Uint8Array[]): Readonly<Record<string, (sent: Sent) => Answer>> {
  return {
    '/v1/hsm/transit/keys/kiln': () => [200, { data: { latest_version: keys.length } }],
    '/v1/hsm/transit/encrypt/kiln': ({ plaintext = '', associated_data: about = '' }) => {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', keys.at(-1) ?? '', nonce).setAAD(Buffer.from(about, 'base64'))
      const body = Buffer.concat([cipher.update(Buffer.from(plaintext, 'base64')), cipher.final()])
      const text = Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64')
      return [200, { data: { ciphertext: `vault:v${keys.length}:${text}` } }]
    },
    '/v1/hsm/transit/decrypt/kiln': ({ ciphertext = '', associated_data: about = '' }) => {
      const [, version, text = ''] = /^vault:v(\d+):(.*)$/.exec(ciphertext) ?? []
      const bytes = Buffer.from(text, 'base64')
      const decipher = createDecipheriv('aes-256-gcm', keys[Number(version) - 1] ?? '', bytes.subarray(0, 12))
      decipher.setAAD(Buffer.from(about, 'base64')).setAuthTag(bytes.subarray(12, 28))
      try {
        const plain = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()])
        return [200, { data: { plaintext: plain.toString('base64') } }]
      } catch {
        return [400, { errors: ['cipher: message authentication failed'] }]
      }
    },
  }
}

async function vault(t: Test) {
  const keys = [randomBytes(32)]
  const engine = transit(keys)
  const state = { mood: 'well' as Mood, token: 's.good', asked: 0 }

  function answerTo({ headers, url = '' }: IncomingMessage, sent: Sent): Answer {
    if (state.mood === 'strange') return [200, '<html>']
    if (state.mood === 'sealed') return [503, { errors: ['Vault is sealed'] }]
    if (headers['x-vault-token'] !== state.token) return [403, { errors: ['permission denied'] }]
    return engine[url]?.(sent) ?? [404, { errors: [] }]
  }

  const server = createServer(async (request, response) => {
    state.asked++
    const sent = await bodyOf(request)
    if (state.mood === 'silent') return
    const [status, body] = answerTo(request, sent)
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  t.teardown(close)
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/hsm/transit/keys/kiln`
  const given = { token: 's.good' }
  const wrapper = openVault({ url, token: () => given.token, ask: asking(['127.0.0.1']) })
  return { state, keys, url, given, wrapper, close }
}

function asking(allow: readonly string[]): Ask {
  const { send } = openEgress({ lookup: systemLookup, allow, credentials: new Map() })
  return async (url, sent) => {
    const { status, bytes } = await send(url, sent, { bytes: 65_536, ms: 500 })
    return new Response(Buffer.from(bytes), { status })
  }
}

async function bodyOf(request: IncomingMessage): Promise<Readonly<Record<string, string>>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString())
}

t.setTimeout(120_000)

t.test('what is wrapped is unwrapped again, about the same thing alone', async t => {
  const { wrapper, keys } = await vault(t)
  const key = randomBytes(32)
  const wrapped = await wrapper.wrap(key, 'a')
  t.equal(wrapped.by, 'kiln:v1')
  t.notOk(wrapped.text.includes(key.toString('base64').slice(0, 20)))
  t.same(await wrapper.unwrap(wrapped, 'a'), key)
  await t.rejects(wrapper.unwrap(wrapped, 'b'), BadKeys)
  await t.rejects(
    wrapper.unwrap({ ...wrapped, by: 'other:v1' }, 'a'),
    /were wrapped by the master key 'other:v1', which is not http/,
  )
  keys.push(randomBytes(32))
  t.equal(await wrapper.current(), 'kiln:v2')
  t.equal((await wrapper.wrap(key, 'a')).by, 'kiln:v2')
  t.same(await wrapper.unwrap(wrapped, 'a'), key, 'what was wrapped before its rotation, too')
})

t.test('a service that does not answer as it should is told by what it did, and without its secrets', async t => {
  const { wrapper, state, given, url, close } = await vault(t)
  const wrapped = await wrapper.wrap(randomBytes(32), 'a')
  const cases: [Mood, RegExp][] = [
    ['sealed', /the key service http:\/\/127.0.0.1:\d+ answers 503 for the key 'kiln': it is sealed/],
    ['silent', /the key service cannot be asked: .* did not answer within 500 ms/],
    ['strange', /./],
  ]
  for (const [mood, message] of cases) {
    state.mood = mood
    for (const act of [
      () => wrapper.current(),
      () => wrapper.wrap(randomBytes(32), 'a'),
      () => wrapper.unwrap(wrapped, 'a'),
    ]) {
      const error = await act().catch(error => error)
      t.ok(error instanceof StoreUnavailable, mood)
      t.match(error.message, message)
      t.notMatch(error.message, /s\.good/)
    }
  }
  state.mood = 'well'
  given.token = 's.old'
  await t.rejects(wrapper.unwrap(wrapped, 'a'), /403 .*the token of KILN_KEY_VAULT_TOKEN may not use it/)
  given.token = 's.good'
  t.ok(await wrapper.unwrap(wrapped, 'a'), 'a renewed token is good from the next request on')
  const missing = openVault({ url: url.replace(/kiln$/, 'other'), token: () => 's.good', ask: asking(['127.0.0.1']) })
  await t.rejects(missing.current(), /404 for the key 'other': there is no such key/)
  const unreadable = openVault({
    url,
    ask: asking(['127.0.0.1']),
    token: () => {
      throw new Error('no such file')
    },
  })
  await t.rejects(unreadable.current(), /cannot be asked: no such file/)
  await t.rejects(
    openVault({ url, token: () => 's.good', ask: asking([]) }).current(),
    /KILN_EGRESS_ALLOW does not name/,
  )
  close()
  await t.rejects(wrapper.current(), /it cannot be reached/)
})

t.test('a URL says where the engine is mounted and how its key is called', async t => {
  for (const url of ['https://vault.example:8200/v1/transit/keys/kiln', 'http://[::1]/v1/a/b/keys/k-1.x_y'])
    t.ok(isVaultKey(url), url)
  for (const url of [
    ...[
      '',
      'kiln',
      'https://vault.example/transit/keys/kiln',
      'https://vault.example/v1/transit/keys/',
      'ftp://x/v1/t/keys/k',
    ],
    ...[
      'https://u:p@vault.example/v1/transit/keys/kiln',
      'https://vault.example/v1/transit/keys/kiln?x',
      'https://x/v1/t/keys/a/b',
    ],
  ])
    t.notOk(isVaultKey(url), url)
})

await onBothStores(async (t, open) => {
  await t.test('a store is kept by it: what is known goes on without it, and its rotation is taken over', async t => {
    const { state, keys, wrapper } = await vault(t)
    const { store: below } = await open()
    let now = 0
    const needs = {
      ...{ definitions, tenants: ['default'], random: randomBytes, elapsed: () => now, observe: () => {} },
      settings: { names: ['Patient'], file: '', service: wrapper },
    }
    const { store } = await openEncryption(below, needs)
    const key = { tenant: 'default', type: 'Patient', id: 'a' }
    const put = (id: string) => {
      const draft = { type: 'Patient', id, rest: '},"active":true}' }
      return store.commit({ tenant: 'default', writes: [{ do: 'put', method: 'PUT', key: { ...key, id }, draft }] })
    }
    t.match(await put('a'), { ok: true })
    t.match((await below.read(key))?.json, /"_sealed":"1\./)
    state.mood = 'sealed'
    now += 2_000
    t.match((await store.read(key))?.json, /"active":true/)
    t.match(await put('a'), { ok: true })
    await t.rejects(put('b'), StoreUnavailable, 'a new patient needs a new key')
    await t.rejects(openEncryption(below, needs), BadKeys, 'and a start is refused')
    state.mood = 'well'
    t.match(await put('b'), { ok: true })
    const { asked } = state
    for (let time = 0; time < 20; time++) await store.read(key)
    t.equal(state.asked, asked, 'what was unwrapped once is asked for no more')
    keys.push(randomBytes(32))
    const rotating = { store: below, wrapper, tenants: ['default'], random: randomBytes, observe: () => {} }
    t.ok((await rewrapAll(rotating)) >= 3)
    await mustBeUnused(rotating, 'kiln:v1')
    const again = await openEncryption(below, needs)
    t.match((await again.store.read({ ...key, id: 'b' }))?.json, /"active":true/)
  })
})
