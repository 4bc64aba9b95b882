import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as tlsConnect } from 'node:tls'
import t, { type Test } from 'tap'
import { parseConfig } from '../src/config.ts'
import { isCleartext } from '../src/server.ts'
import { inFiles, selfSigned } from './http/self-signed.ts'

type Ended = { readonly code: number | null; readonly signal: string | null }

type Running = {
  readonly child: ChildProcess
  readonly base: string
  readonly greeting: string
  readonly ended: Promise<Ended>
}

function spawned(t: Test, command: string, args: readonly string[], settings: Record<string, string>): ChildProcess {
  const environment = Object.entries(process.env).filter(([name]) => !/^(KILN|NODE|npm)_/.test(name))
  const env = { ...Object.fromEntries(environment), KILN_MAX_EVENT_LOOP_DELAY: '0', ...settings }
  const child = spawn(command, args, { env })
  t.teardown(() => {
    if (child.exitCode === null) child.kill('SIGKILL')
  })
  return child
}

async function endOf(child: ChildProcess): Promise<Ended> {
  const [code, signal] = await once(child, 'exit')
  return { code, signal }
}

async function start(
  t: Test,
  command: string,
  args: readonly string[],
  folder: string,
  settings: Record<string, string> = {},
): Promise<Running> {
  const own = { KILN_AUTH: 'none', KILN_PORT: '0', KILN_STORE: `sqlite:${folder}` }
  const child = spawned(t, command, args, { ...own, ...settings })
  const ended = endOf(child)
  let greeting = ''
  let base = ''
  if (!child.stdout) throw new Error('no output')
  for await (const line of createInterface({ input: child.stdout })) {
    greeting += `${line}\n`
    base ||= /https?:\/\/127\.0\.0\.1:\d+\/fhir/.exec(line)?.[0] ?? ''
    if (line.includes('curl')) break
  }
  child.stdout.resume()
  child.stderr?.resume()
  if (base === '') throw new Error(`it did not start: ${greeting}`)
  return { child, base, greeting, ended }
}

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-server-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const put = (base: string) =>
  fetch(`${base}/Patient/kept`, {
    method: 'PUT',
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify({ resourceType: 'Patient', id: 'kept', active: true }),
  })

t.test('npm start says where it serves, ends when npm is told to, and keeps the data', async t => {
  const folder = folderOf(t)
  const first = await start(t, 'npm', ['start'], folder)
  t.match(first.greeting, `at ${first.base}`)
  t.match(first.greeting, folder)
  t.match(first.greeting, `curl -s ${first.base}/Patient`)
  t.equal((await put(first.base)).status, 201)
  first.child.kill('SIGTERM')
  await first.ended
  await t.rejects(fetch(`${first.base}/metadata`), 'nobody listens any more')

  const second = await start(t, 'npm', ['start'], folder)
  t.match(await (await fetch(`${second.base}/Patient/kept`)).json(), { id: 'kept', active: true })
  second.child.kill('SIGTERM')
  await second.ended
})

t.test('the curl of the greeting works as it is', async t => {
  const { greeting } = await start(t, process.execPath, ['src/server.ts'], folderOf(t), { KILN_AUTH: 'smart' })
  const line = /^\s*(curl .*)$/m.exec(greeting)?.[1] ?? ''
  const curl = spawn('sh', ['-c', line])
  let said = ''
  for await (const chunk of curl.stdout) said += chunk
  t.match(JSON.parse(said), { resourceType: 'Patient', meta: { versionId: '1' } })
})

t.test('on SIGTERM and on SIGINT it ends with code 0', async t => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const { child, ended } = await start(t, process.execPath, ['src/server.ts'], folderOf(t))
    child.kill(signal)
    t.same(await ended, { code: 0, signal: null }, signal)
  }
})

t.test('a request that is under way is answered before the end', async t => {
  const { base, child, ended } = await start(t, process.execPath, ['src/server.ts'], folderOf(t))
  const entry = Array.from({ length: 500 }, (_, n) => ({
    resource: { resourceType: 'Patient', id: `p${n}` },
    request: { method: 'PUT', url: `Patient/p${n}` },
  }))
  const answers = Array.from({ length: 4 }, () =>
    fetch(base, {
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json' },
      body: JSON.stringify({ resourceType: 'Bundle', type: 'batch', entry }),
    }),
  )
  await fetch(`${base}/metadata`) // by now the others are in the house
  child.kill('SIGTERM')
  for (const answer of await Promise.all(answers)) {
    t.equal(answer.status, 200)
    t.equal(((await answer.json()) as { entry: unknown[] }).entry.length, 500)
  }
  t.same(await ended, { code: 0, signal: null })
})

async function stuck(t: Test): Promise<Running> {
  const running = await start(t, process.execPath, ['src/server.ts'], folderOf(t))
  const client = connect(Number(new URL(running.base).port), '127.0.0.1')
  client.on('error', () => {})
  await once(client, 'connect')
  client.write('POST /fhir/Patient HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n')
  await fetch(`${running.base}/metadata`) // by now the other request is known
  return running
}

t.test('a client that does not finish its request does not keep it from ending', async t => {
  const { child, ended } = await stuck(t)
  child.kill('SIGTERM')
  t.equal((await ended).code, 0)
})

t.test('a second signal ends it at once, but not the echo of the first', async t => {
  const { child, ended, base } = await stuck(t)
  child.kill('SIGINT')
  child.kill('SIGINT')
  await sleep(700)
  t.equal(child.exitCode, null)
  await t.rejects(fetch(`${base}/metadata`), 'the door is closed')
  child.kill('SIGINT')
  t.equal((await ended).code, 1)
})

async function refusal(t: Test, settings: Record<string, string>): Promise<{ ended: Ended; said: string }> {
  const child = spawned(t, process.execPath, ['src/server.ts'], settings)
  let said = ''
  child.stderr?.on('data', chunk => {
    said += chunk
  })
  return { ended: await endOf(child), said }
}

t.test('with a certificate it speaks HTTPS, and on SIGHUP reads it again', async t => {
  const first = selfSigned('first')
  const files = inFiles(t, first)
  const settings = { KILN_TLS_CERT: files.cert, KILN_TLS_KEY: files.key }
  const { base, greeting, child, ended } = await start(t, process.execPath, ['src/server.ts'], folderOf(t), settings)
  t.match(base, /^https:/)
  t.match(greeting, `curl -s ${base}/Patient`)
  const reach = async (ca: string): Promise<string> => {
    const socket = tlsConnect({ port: Number(new URL(base).port), host: '127.0.0.1', ca })
    await once(socket, 'secureConnect')
    const name = String(socket.getPeerCertificate().subject.CN)
    socket.destroy()
    return name
  }
  t.equal(await reach(first.cert), 'first')
  const second = selfSigned('second')
  writeFileSync(files.cert, second.cert)
  writeFileSync(files.key, second.key)
  child.kill('SIGHUP')
  for (let tries = 0; tries < 100 && (await reach(second.cert).catch(() => '')) !== 'second'; tries++) await sleep(50)
  t.equal(await reach(second.cert), 'second')
  child.kill('SIGTERM')
  t.same(await ended, { code: 0, signal: null })
})

t.test('only what other machines can read on its way is called cleartext', async t => {
  const isOpen = (settings: object) => isCleartext({ ...parseConfig({}), ...settings })
  t.notOk(isOpen({}))
  t.ok(isOpen({ KILN_HOST: '0.0.0.0' }))
  t.ok(isOpen({ KILN_HOST: '10.0.0.1', KILN_BASE_URL: 'http://kiln.example/fhir' }))
  t.notOk(isOpen({ KILN_HOST: '0.0.0.0', KILN_BASE_URL: 'https://kiln.example/fhir' }))
  t.notOk(isOpen({ KILN_HOST: '0.0.0.0', KILN_TLS_CERT: 'cert.pem' }))
  t.notOk(isOpen({ KILN_HOST: '0.0.0.0', KILN_TRUSTED_PROXIES: ['10.0.0.0/8'] }))
})

t.test('a process that cannot start says why in plain words and ends with code 1', async t => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const { port } = taken.address() as { port: number }
  const file = join(folderOf(t), 'file')
  writeFileSync(file, 'not a folder')
  for (const [settings, words] of [
    [{ KILN_PORT: String(port), KILN_STORE: `sqlite:${folderOf(t)}` }, /port \d+ of 127\.0\.0\.1 is taken.*KILN_PORT/],
    [{ KILN_PORT: '0', KILN_STORE: `sqlite:${file}` }, /the store in .* cannot be opened/],
    [{ KILN_PROT: '0', KILN_SYNCHRONOUS: 'MAYBE' }, /KILN_PROT is not a setting; did you mean KILN_PORT\?(.|\n)*MAYBE/],
    [{ KILN_AUTH: 'none', KILN_HOST: '0.0.0.0' }, /KILN_AUTH is 'none'/],
    [{ KILN_PORT: '0', KILN_TLS_CERT: file, KILN_TLS_KEY: file }, /KILN_TLS_CERT names .*, which is no certificate/],
    [
      { KILN_STORE: 'mongodb://root:hunter2@127.0.0.1:1/kiln' },
      /the store at mongodb:\/\/127\.0\.0\.1:1\/kiln cannot be opened/,
    ],
  ] as const) {
    const { ended, said } = await refusal(t, settings)
    t.equal(ended.code, 1)
    t.match(said, /^Kiln cannot start: /m)
    t.match(said, words)
    t.notMatch(said, /\n\s+at |\.ts:/, 'no stack')
    t.notMatch(said, /hunter2/)
  }
})
