import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { BadCertificate, openCertificate } from '../../src/http/certificate.ts'
import type { HttpEvent } from '../../src/http/event.ts'
import { inFiles, selfSigned } from './self-signed.ts'

async function serving(t: Test) {
  const first = selfSigned('first')
  const files = inFiles(t, first)
  const events: HttpEvent[] = []
  const certificate = openCertificate({ ...files, observe: event => events.push(event) })
  const server = createServer(certificate.options, (_request, response) => response.end('hello'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const clients: TLSSocket[] = []
  t.teardown(() => {
    for (const client of clients) client.destroy()
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as { port: number }
  const reach = (options: ConnectionOptions): Promise<TLSSocket> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ...options })
      clients.push(socket)
      socket.once('secureConnect', () => resolve(socket))
      socket.once('error', reject)
    })
  return { first, files, events, certificate, server, reach }
}

const named = (socket: TLSSocket): string => String(socket.getPeerCertificate().subject.CN)

t.test('[SMART-231] clients speak TLS 1.2 or 1.3, with forward secrecy, or not at all', async t => {
  const { first, reach } = await serving(t)
  const best = await reach({ ca: first.cert })
  t.equal(best.getProtocol(), 'TLSv1.3')
  t.ok(best.authorized)
  const older = await reach({ ca: first.cert, maxVersion: 'TLSv1.2' })
  t.equal(older.getProtocol(), 'TLSv1.2')
  t.match(older.getCipher().name, /^ECDHE-.*(?:GCM|POLY1305)/)
  const weak = { ca: first.cert, maxVersion: 'TLSv1.2' } as const
  for (const options of [
    { ca: first.cert, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' },
    { ...weak, ciphers: 'ECDHE-ECDSA-AES128-SHA256' }, // CBC
    { ...weak, ciphers: 'AES128-GCM-SHA256' }, // no forward secrecy
  ] as const) {
    await t.rejects(reach(options), options.ciphers)
  }
})

t.test('a new certificate serves new connections, and open ones stay', async t => {
  const { first, files, events, certificate, server, reach } = await serving(t)
  const open = await reach({ ca: first.cert })
  t.equal(named(open), 'first')
  certificate.renew(server)
  t.match(events, [{ event: 'tls.loaded' }], 'nothing is new')

  const second = selfSigned('second')
  writeFileSync(files.cert, second.cert)
  certificate.renew(server)
  certificate.renew(server)
  t.match(events.slice(1), [{ event: 'tls.refused', reason: /KILN_TLS_KEY.* is not that of the certificate/ }])
  t.equal(events.length, 2, 'told once')
  t.equal(named(await reach({ ca: first.cert })), 'first', 'half a pair changes nothing')

  writeFileSync(files.key, second.key)
  certificate.renew(server)
  t.match(events.slice(2), [{ event: 'tls.loaded', until: /^\d{4}-\d\d-\d\dT/ }])
  const fresh = await reach({ ca: second.cert })
  t.equal(named(fresh), 'second')
  t.equal(fresh.getProtocol(), 'TLSv1.3')
  await t.rejects(reach({ ca: second.cert, maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' }), 'as strict')

  open.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  let heard = ''
  for await (const chunk of open) heard += chunk
  t.match(heard, /200 OK[\s\S]*hello/, 'the old connection')
})

t.test('files that are gone for a moment do not end the service', async t => {
  const { first, files, events, certificate, server, reach } = await serving(t)
  rmSync(files.key)
  certificate.renew(server)
  t.match(events.slice(1), [{ event: 'tls.refused', reason: /cannot be read \(ENOENT\)/ }])
  t.equal(named(await reach({ ca: first.cert })), 'first')
})

t.test('a certificate that cannot serve is refused in words that help', async t => {
  const good = selfSigned('good')
  const observe = (): void => void t.fail('nothing was loaded')
  for (const [pair, words] of [
    [{ ...good, cert: 'rubbish' }, /KILN_TLS_CERT names .*cert\.pem, which is no certificate in PEM/],
    [{ ...good, key: 'rubbish' }, /KILN_TLS_KEY names .*key\.pem, which is no private key in PEM/],
    [{ ...good, key: good.cert }, /no private key/],
    [{ ...good, key: selfSigned('other').key }, /is not that of the certificate/],
    [{ ...good, cert: '' }, /no certificate/],
  ] as const) {
    const files = inFiles(t, pair)
    t.throws(() => openCertificate({ ...files, observe }), { name: 'BadCertificate', message: words })
  }
  const files = inFiles(t, good)
  t.throws(() => openCertificate({ ...files, cert: `${files.cert}.absent`, observe }), BadCertificate)
})
