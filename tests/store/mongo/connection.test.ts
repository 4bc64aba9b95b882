import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect as connectTo, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { connect, databaseOf } from '../../../src/store/mongo/connection.ts'
import { StoreUnavailable } from '../../../src/store/port.ts'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

function answers(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connectTo(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}

t.test('a standalone server is refused with what to do', async t => {
  const port = await freePort()
  const gateway = new URL('../../mongo-engine/gateway.ts', import.meta.url).pathname
  const env = { ...process.env, MONGO_ENGINE_PORT: String(port), MONGO_ENGINE_TOPOLOGY: 'standalone' }
  const child = spawn(process.execPath, [gateway], { env, stdio: 'ignore' })
  t.teardown(() => child.kill())
  while (!(await answers(port))) await sleep(20)
  const refusal = await connect(`mongodb://127.0.0.1:${port}/kiln`).catch(error => error)
  t.match(refusal, { message: /standalone.*--replSet.*rs\.initiate\(\).*docker compose up/ })
})

t.test('a server that is not there is named, without the password', async t => {
  const port = await freePort()
  const refusal = await connect(`mongodb://me:secret@127.0.0.1:${port}/?serverSelectionTimeoutMS=1`).catch(it => it)
  t.type(refusal, StoreUnavailable)
  t.match(refusal.message, `127.0.0.1:${port}`)
  t.notMatch(refusal.message, 'secret')
})

t.test('the database is the one that the URL names', async t => {
  t.equal(databaseOf('mongodb://a:1,b:2/fhir?replicaSet=rs0'), 'fhir')
  t.equal(databaseOf('mongodb+srv://u:p@host/clinic'), 'clinic')
  t.equal(databaseOf('mongodb://a:1/?replicaSet=rs0'), 'kiln')
  t.equal(databaseOf('mongodb://a:1'), 'kiln')
})
