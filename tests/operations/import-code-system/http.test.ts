/** A server that imports, as its clients see it; and one that is killed while it does. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { openCatalog } from '../../../src/terminology/library/catalog.ts'
import { openKiln } from '../../http/kiln.ts'
import { random } from '../../terminology/library/synthetic.ts'
import { zipOf } from '../../terminology/load/release.ts'

t.setTimeout(240_000)

const system = 'http://example.org/wards'
const many = (word: string, count: number): string =>
  `code,display\n${Array.from({ length: count }, (_, n) => `${n},${word}\n`).join('')}`

type Answer = { readonly resourceType: string; readonly issue: { diagnostics: string }[] }

t.test('over HTTP, from the body or from a url that the gateway may ask', async t => {
  const folder = t.testdir()
  const archive = zipOf([{ path: 'wards.csv', content: many('zipped', 3) }])
  const files = createServer((_, response) => response.end(archive))
  await new Promise<void>(resolve => files.listen(0, '127.0.0.1', resolve))
  t.teardown(() => files.close())
  const from = `http://127.0.0.1:${(files.address() as AddressInfo).port}/wards.zip`
  const post = async (base: string, version: string, given: { body?: Uint8Array; url?: string }, prefer = '') => {
    const query = new URLSearchParams({ system, version, ...(given.url === undefined ? {} : { url: given.url }) })
    const type = { 'content-type': 'application/zip' }
    const { body = new Uint8Array() } = given
    const headers = { ...(given.body === undefined ? {} : type), ...(prefer === '' ? {} : { prefer }) }
    return fetch(`${base}/CodeSystem/$import?${query}`, { method: 'POST', headers, body })
  }
  const settings = { KILN_TERMINOLOGY: folder, KILN_MAX_BODY: '2000' }
  const { base } = await openKiln(t, { ...settings, KILN_EGRESS_ALLOW: '127.0.0.1' })
  const sent = await post(base, '1', { body: new Uint8Array(archive) })
  t.equal(sent.status, 200)
  t.match(await sent.json(), { resourceType: 'Parameters', parameter: [{ name: 'loaded' }, { name: 'leftOut' }] })
  t.equal((await post(base, '2', { url: from })).status, 200)
  const accepted = await post(base, '3', { url: from }, 'respond-async')
  t.equal(accepted.status, 202)
  const status = accepted.headers.get('content-location') ?? ''
  t.ok(status.startsWith(`${base}/Task/`), status)
  while ((await fetch(status)).status === 202) await sleep(20)
  t.equal((await fetch(status)).status, 200)
  t.match(await (await fetch(status, { headers: { accept: 'application/fhir+xml' } })).text(), /<Parameters/)
  const large = await post(base, '4', { body: new Uint8Array(3_000) })
  t.equal(large.status, 413)
  t.match(((await large.json()) as Answer).issue[0]?.diagnostics, /larger than 2000 bytes/)
  const strict = await openKiln(t, settings)
  const refused = await post(strict.base, '5', { url: from })
  t.equal(refused.status, 403)
  t.match(((await refused.json()) as Answer).issue[0]?.diagnostics, /private network that KILN_EGRESS_ALLOW/)
  const catalog = openCatalog(folder, { clock: Date.now })
  t.teardown(() => catalog.close())
  t.same(
    catalog.list('default').map(({ version }) => version),
    ['3', '2', '1'],
  )
})

/** Until it listens. */
async function serve(t: Test, folder: string): Promise<{ base: string; child: ChildProcess }> {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('KILN_'))
  const ours = {
    KILN_STORE: `sqlite:${join(folder, 'store')}`,
    KILN_PORT: '0',
    KILN_LOG_LEVEL: 'silent',
    KILN_MAX_EVENT_LOOP_DELAY: '0',
    KILN_AUTH: 'none',
  }
  const child = spawn(process.execPath, ['src/server.ts'], {
    env: { ...Object.fromEntries(others), ...ours },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  let said = ''
  for await (const part of child.stdout.iterator({ destroyOnReturn: false })) {
    said += part
    const [base] = /http:\S+\/fhir/.exec(said) ?? []
    if (base !== undefined) return { base, child }
  }
  throw new Error(`the server ended: ${said}`)
}

const csv = { 'content-type': 'text/csv' }
const importAt = (base: string): string => `${base}/CodeSystem/$import?${new URLSearchParams({ system, version: '1' })}`

/** What answers, by the displays that there are. */
function displaysIn(folder: string): readonly (string | undefined)[] {
  const catalog = openCatalog(join(folder, 'store/terminology'), { clock: Date.now })
  const file = catalog.find('default', system)
  const found = new Set(Array.from({ length: file?.size ?? 0 }, (_, n) => file?.display(n)))
  catalog.close()
  return [...found]
}

/** Where it tells how far it is, without the server's origin. */
async function begin(base: string, body: string): Promise<string> {
  const accepted = await fetch(importAt(base), { method: 'POST', headers: { ...csv, prefer: 'respond-async' }, body })
  return new URL(accepted.headers.get('content-location') ?? '').pathname
}

async function ended(base: string, status: string): Promise<number> {
  for (;;) {
    const answer = await fetch(new URL(status, base))
    if (answer.status !== 202) return answer.status
    await sleep(50)
  }
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

t.test('a server that is killed while it imports goes on after its restart', async t => {
  const folder = t.testdir({ store: {} })
  const first = await serve(t, folder)
  t.equal((await fetch(importAt(first.base), { method: 'POST', headers: csv, body: many('old', 2_000) })).status, 200)
  const status = await begin(first.base, many('new', 150_000))
  const progress = async () => (await fetch(new URL(status, first.base))).headers.get('x-progress')
  while ((await progress()) === 'waiting') await sleep(5)
  await kill(first.child)
  t.equal(displaysIn(folder).length, 1, 'never a mixed answer')
  const second = await serve(t, folder)
  t.equal(await ended(second.base, status), 200)
  t.same(displaysIn(folder), ['new'])
})

t.test(
  'killed at any moment of an import, the version before answers or the new one, and in the end the new',
  async t => {
    const folder = t.testdir({ store: {} })
    let server = await serve(t, folder)
    const since = performance.now()
    t.equal(await ended(server.base, await begin(server.base, many('release 0', 40_000))), 200)
    const whole = performance.now() - since
    const draw = random(20_261_122)
    for (let round = 1; round <= 5; round++) {
      const before = displaysIn(folder)
      const status = await begin(server.base, many(`release ${round}`, 40_000))
      await sleep(draw() * whole)
      await kill(server.child)
      const answer = displaysIn(folder)
      t.ok(answer.length === 1 && [`release ${round}`, before[0]].includes(answer[0]), `${answer}`)
      server = await serve(t, folder)
      t.equal(await ended(server.base, status), 200)
      t.same(displaysIn(folder), [`release ${round}`], 'it went on by itself')
    }
  },
)
