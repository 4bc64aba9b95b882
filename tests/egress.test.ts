import type { LookupAddress } from 'node:dns'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { type EgressNeeds, openEgress, systemLookup } from '../src/egress.ts'

const limits = { bytes: 10_000, ms: 5_000 }

/** A server on loopback that remembers what it was asked. */
async function serve(t: Test, answer: RequestListener, host = '127.0.0.1', port = 0) {
  const asked: IncomingMessage[] = []
  const server = createServer((request, response) => {
    asked.push(request)
    answer(request, response)
  })
  await new Promise<void>(resolve => server.listen(port, host, resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { asked, port: (server.address() as AddressInfo).port }
}

/** Names lead where the test says; without it nowhere. */
function open(over: Partial<EgressNeeds> & { names?: Record<string, readonly string[]> } = {}) {
  const { names = {}, ...needs } = over
  const looked: string[] = []
  const lookup = async (host: string): Promise<LookupAddress[]> => {
    looked.push(host)
    return (names[host] ?? []).map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
  }
  return { looked, ...openEgress({ lookup, allow: [], credentials: new Map(), ...needs }) }
}

const hello: RequestListener = (_, response) => response.end('hello')

t.test('what settings allow is fetched, under its own name', async t => {
  const { port, asked } = await serve(t, hello)
  for (const allow of ['127.0.0.1', '127.0.0.0/8', 'registry.test']) {
    const { get } = open({ allow: [allow], names: { 'registry.test': ['127.0.0.1'] } })
    t.equal(String(Buffer.from((await get(`http://registry.test:${port}/a?b`, limits)) ?? [])), 'hello', allow)
  }
  t.equal(asked[0]?.headers.host, `registry.test:${port}`)
  t.equal(asked[0]?.url, '/a?b')
})

t.test('what is sent arrives, and whatever is answered comes back by its status', async t => {
  const { port, asked } = await serve(t, (request, response) => {
    let body = ''
    request.on('data', chunk => {
      body += chunk
    })
    request.on('end', () => response.writeHead(400, { 'content-type': 'text/plain' }).end(`${body}!`))
  })
  const { send } = open({ allow: ['127.0.0.1'], credentials: new Map([[`http://127.0.0.1:${port}`, 'Basic ours']]) })
  const form = { method: 'POST', headers: { authorization: 'Basic theirs', 'content-type': 'text/plain' }, body: 'a=b' }
  const { status, bytes, headers } = await send(`http://127.0.0.1:${port}/token`, form, limits)
  t.equal(status, 400)
  t.equal(String(Buffer.from(bytes)), 'a=b!')
  t.equal(headers['content-type'], 'text/plain')
  t.match(asked[0], {
    method: 'POST',
    url: '/token',
    headers: { authorization: 'Basic theirs', 'content-length': '3' },
  })
  const statusOf = (answering: Promise<unknown>) => answering.catch(error => error.status)
  const large = { ...form, body: 'x'.repeat(20_000) }
  t.equal(await statusOf(send(`http://127.0.0.1:${port}/`, large, limits)), 502)
  t.equal(await statusOf(open().send(`http://127.0.0.1:${port}/`, form, limits)), 403)
  t.equal(asked.length, 2)
})

t.test('this machine and private networks are refused, however they are written', async t => {
  const { port, asked } = await serve(t, hello)
  const hosts = [
    '127.0.0.1', '127.1', '0x7f000001', '2130706433', '0.0.0.0', '[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]',
    '[64:ff9b::7f00:1]', '[2002:7f00:1::]', '[fe80::1]', '[fc00::1]', '[ff02::1]', '[2001:db8::1]', '10.1.2.3', '172.16.0.1',
    '172.31.255.255', '192.168.0.1', '169.254.169.254', '100.64.0.1', '198.18.0.1', '224.0.0.1', '255.255.255.255',
  ] // biome-ignore format: a list
  for (const host of hosts) {
    await t.rejects(
      open().get(`http://${host}:${port}/`, limits),
      { status: 403, message: /leads into a private network/ },
      host,
    )
  }
  for (const address of ['127.0.0.1', '::1', '::ffff:10.0.0.1', 'fe80::1%lo', 'fd00::1']) {
    const { get } = open({ names: { 'evil.test': [address] } })
    await t.rejects(get(`http://evil.test:${port}/`, limits), { status: 403, message: /private network/ }, address)
  }
  t.equal(asked.length, 0)
})

t.test('the answer does not tell where a name leads', async t => {
  const { get } = open({ names: { 'inner.test': ['10.9.8.7'] } })
  const error = await get('http://inner.test/secret-path', limits).catch(error => error)
  t.notMatch(error.message, /10\.9\.8\.7|secret-path/)
})

t.test('one bad address among good ones is enough', async t => {
  const { port, asked } = await serve(t, hello)
  const { get } = open({ allow: ['127.0.0.1'], names: { 'mixed.test': ['127.0.0.1', '10.0.0.1'] } })
  await t.rejects(get(`http://mixed.test:${port}/`, limits), { status: 403, message: /private network/ })
  t.equal(asked.length, 0)
})

t.test('a name that changes its mind after it was checked leads to what was checked', async t => {
  const good = await serve(t, (_, response) => response.end('good'), '127.0.0.1')
  const evil = await serve(t, (_, response) => response.end('evil'), '127.0.0.2', good.port)
  let asked = 0
  const lookup = async () => [{ address: asked++ === 0 ? '127.0.0.1' : '127.0.0.2', family: 4 }]
  const { get } = open({ allow: ['127.0.0.1'], lookup })
  t.equal(String(Buffer.from((await get(`http://rebind.test:${good.port}/`, limits)) ?? [])), 'good')
  t.equal(asked, 1)
  t.equal(evil.asked.length, 0)
  await t.rejects(
    get(`http://rebind.test:${good.port}/`, limits),
    { status: 403, message: /private/ },
    'each request is checked anew',
  )
})

t.test('redirects are not followed', async t => {
  const target = await serve(t, hello)
  const { port } = await serve(t, (_, response) => {
    response.writeHead(302, { location: `http://127.0.0.1:${target.port}/` }).end()
  })
  const { get } = open({ allow: ['127.0.0.1'] })
  await t.rejects(get(`http://127.0.0.1:${port}/`, limits), { status: 403, message: /redirects to another place/ })
  t.equal(target.asked.length, 0)
})

t.test('what is too long is refused, announced or not', async t => {
  let sent = 0
  const endless: RequestListener = (_, response) => {
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(1_000))) sent += 1_000
    }
    response.on('drain', more)
    more()
  }
  const announced = await serve(t, (_, response) => response.end(Buffer.alloc(10_001)))
  const exact = await serve(t, (_, response) => response.end(Buffer.alloc(10_000)))
  const unending = await serve(t, endless)
  const { get } = open({ allow: ['127.0.0.1'] })
  for (const { port } of [announced, unending]) {
    await t.rejects(get(`http://127.0.0.1:${port}/`, limits), { status: 502, message: /longer than 10000 bytes/ })
  }
  t.equal((await get(`http://127.0.0.1:${exact.port}/`, limits))?.length, 10_000)
  t.ok(sent < 50_000_000)
})

t.test('time runs out wherever the other side dawdles', async t => {
  const silent = await serve(t, () => {})
  const slow = await serve(t, (_, response) => response.writeHead(200).write('a'))
  const { get } = open({ allow: ['127.0.0.1'] })
  for (const { port } of [silent, slow]) {
    await t.rejects(get(`http://127.0.0.1:${port}/`, { bytes: 10, ms: 100 }), { status: 502, message: /within 100 ms/ })
  }
  const lost = open({ lookup: () => new Promise(() => {}) })
  await t.rejects(lost.get('http://lost.test/', { bytes: 10, ms: 100 }), { message: /within 100 ms/ })
})

t.test('credentials go to their origin alone', async t => {
  const { port, asked } = await serve(t, hello)
  const other = await serve(t, hello)
  const credentials = new Map([[`http://one.test:${port}`, 'Basic secret']])
  const names = { 'one.test': ['127.0.0.1'], 'two.test': ['127.0.0.1'] }
  const { get } = open({ allow: ['127.0.0.1'], credentials, names })
  await get(`http://one.test:${port}/`, limits)
  await get(`http://two.test:${port}/`, limits)
  await get(`http://one.test:${other.port}/`, limits)
  t.strictSame(
    asked.map(({ headers }) => headers.authorization),
    ['Basic secret', undefined],
  )
  t.equal(other.asked[0]?.headers.authorization, undefined)
})

t.test('nothing there is no failure, all else is', async t => {
  const { port } = await serve(t, (request, response) => {
    response.writeHead(Number(request.url?.slice(1))).end('x')
  })
  const { get } = open({ allow: ['127.0.0.1'] })
  t.equal(await get(`http://127.0.0.1:${port}/404`, limits), undefined)
  t.equal(await get(`http://127.0.0.1:${port}/410`, limits), undefined)
  for (const status of [201, 206, 401, 403, 500]) {
    await t.rejects(get(`http://127.0.0.1:${port}/${status}`, limits), { message: new RegExp(`it answers ${status}`) })
  }
})

t.test('an answer that is packed unasked is refused: it could be a bomb', async t => {
  const { port, asked } = await serve(t, (_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('hello'))
  })
  await t.rejects(open({ allow: ['127.0.0.1'] }).get(`http://127.0.0.1:${port}/`, limits), {
    message: /encoded, unasked/,
  })
  t.equal(asked[0]?.headers['accept-encoding'], 'identity')
})

t.test('only http and https, and no user in the URL', async t => {
  for (const url of ['file:///etc/passwd', 'ftp://a.test/', 'data:,x', 'nonsense', '']) {
    await t.rejects(open().get(url, limits), { status: 400, message: /no URL of http or https/ }, url)
  }
  await t.rejects(open().get('http://user:secret@a.test/', limits), {
    message: 'a URL with a user or password is not asked',
  })
})

t.test('a name that leads nowhere, and a port where nobody listens', async t => {
  await t.rejects(open().get('http://nowhere.test/', limits), { message: /its name leads nowhere/ })
  const failing = open({ lookup: () => Promise.reject(new Error('ENOTFOUND')) })
  await t.rejects(failing.get('http://nowhere.test/', limits), { status: 502, message: /cannot be reached/ })
  await t.rejects(open({ allow: ['127.0.0.1'] }).get('http://127.0.0.1:1/', limits), { message: /cannot be reached/ })
})

t.test('the system knows this machine by name', async t => {
  t.ok((await systemLookup('localhost')).length > 0)
})

t.test('what is too large to be held is taken piece by piece, within the same limits', async t => {
  const pieces = ['one', 'two', 'three']
  const { port } = await serve(t, async (request, response) => {
    if (request.url === '/none') response.writeHead(404)
    else for (const piece of pieces) response.write(piece)
    response.end()
  })
  const { pull } = open({ allow: ['127.0.0.1'] })
  const url = (path: string) => `http://127.0.0.1:${port}${path}`
  let taken = ''
  const take = async (chunk: Uint8Array) => {
    taken += Buffer.from(chunk)
  }
  t.equal(await pull(url('/all'), limits, take), true)
  t.equal(taken, 'onetwothree')
  t.equal(await pull(url('/none'), limits, take), false)
  await t.rejects(pull(url('/all'), { ...limits, bytes: 5 }, take), { message: /longer than 5 bytes/ })
  await t.rejects(open().pull(url('/all'), limits, take), { status: 403, message: /private network/ })
})

t.test('JSON is posted, with the credentials of the place alone, and only a 2xx will do', async t => {
  const bodies: string[] = []
  let status = 200
  const { port, asked } = await serve(t, async (request, response) => {
    bodies.push(Buffer.concat(await request.toArray()).toString())
    response.writeHead(status, { location: 'http://elsewhere.test/' }).end('thanks')
  })
  const url = `http://127.0.0.1:${port}/anchors`
  const { post } = open({ allow: ['127.0.0.1'], credentials: new Map([[`http://127.0.0.1:${port}`, 'Basic eA==']]) })
  await post(url, '{"a":"ä"}', limits)
  t.match(asked[0], { method: 'POST', url: '/anchors' })
  t.match(asked[0]?.headers, {
    'content-type': 'application/json',
    'content-length': '10',
    authorization: 'Basic eA==',
  })
  t.same(bodies, ['{"a":"ä"}'])
  for (status of [301, 400, 404, 500]) {
    await t.rejects(post(url, '{}', limits), { message: new RegExp(`answers ${status}`) }, String(status))
  }
  await t.rejects(open().post(url, '{}', limits), { message: /leads into a private network/ })
})
