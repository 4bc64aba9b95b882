import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { firstClient } from '../src/bootstrap.ts'
import { type Environment, parseConfig } from '../src/config.ts'
import { openRuntime, type Runtime } from '../src/runtime.ts'
import { isSecretOf, listClients } from '../src/security/smart/client.ts'

const outside = { clock: Date.now, random: randomBytes, newId: () => randomUUID(), elapsed: () => performance.now() }

async function opened(t: Test, environment: Environment = {}): Promise<Runtime> {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-first-'))
  const runtime = await openRuntime(parseConfig({ KILN_STORE: `sqlite:${folder}`, ...environment }), outside, () => {})
  t.teardown(async () => {
    await runtime.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return runtime
}

t.test('an empty store on loopback gets a client that may do everything, once', async t => {
  const runtime = await opened(t)
  const many = await Promise.all([firstClient(runtime), firstClient(runtime), firstClient(runtime)])
  const made = many.filter(one => one !== undefined)
  t.equal(made.length, 1, 'of several processes, one tells')
  const [client] = await listClients(runtime.store, 'default')
  t.equal(client?.metadata.allowed_scope, 'system/*.cruds')
  t.ok(isSecretOf(client?.secrets ?? [], made[0]?.secret))
  t.equal(await firstClient(runtime), undefined)
})

t.test('a client that the operator names is registered and its secret not told', async t => {
  const runtime = await opened(t, { KILN_BOOTSTRAP_CLIENT: 'robot:0123:456789abcdef', KILN_HOST: '0.0.0.0' })
  t.equal(await firstClient(runtime), undefined)
  const [client] = await listClients(runtime.store, 'default')
  t.equal(client?.metadata.client_id, 'robot')
  t.ok(isSecretOf(client?.secrets ?? [], '0123:456789abcdef'))
})

t.test('where others can connect, or nobody needs a token, no client is made', async t => {
  for (const environment of [{ KILN_HOST: '0.0.0.0' }, { KILN_AUTH: 'none' }]) {
    const runtime = await opened(t, environment)
    t.equal(await firstClient(runtime), undefined)
    t.strictSame(await listClients(runtime.store, 'default'), [])
  }
})
