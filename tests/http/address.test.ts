import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { addressFinder } from '../../src/http/address.ts'

function address(trusted: readonly string[], from: string | undefined, forwarded?: string): string {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
  return addressFinder(trusted)({ headers, socket: { remoteAddress: from } } as unknown as IncomingMessage)
}

t.test('without trusted proxies the address is that of the connection, whatever is forwarded', async t => {
  t.equal(address([], '198.51.100.1'), '198.51.100.1')
  t.equal(address([], '198.51.100.1', '203.0.113.9'), '198.51.100.1')
  t.equal(address(['10.0.0.0/8'], '198.51.100.1', '203.0.113.9'), '198.51.100.1', 'no proxy of ours')
  t.equal(address([], '::ffff:198.51.100.1'), '198.51.100.1', 'as IPv4 comes where IPv6 is listened on')
  t.equal(address([], undefined), 'unknown')
})

t.test('behind a chain of proxies it is the last hop that is none of ours', async t => {
  const trusted = ['10.0.0.0/8', 'fd00::/8']
  for (const [forwarded, client] of [
    ['203.0.113.9', '203.0.113.9'],
    ['203.0.113.9, 10.0.0.2', '203.0.113.9'],
    ['203.0.113.9,10.0.0.3 , 10.0.0.2', '203.0.113.9'],
    ['203.0.113.9, fd00::2, ::ffff:10.0.0.2', '203.0.113.9'],
    ['1.1.1.1, 203.0.113.9', '203.0.113.9'], // the client wrote the first one
    ['10.0.0.9, 203.0.113.9, 10.0.0.2', '203.0.113.9'],
    ['10.0.0.9', '10.0.0.9'], // a client within the network of the proxies
    ['203.0.113.9:4711', '203.0.113.9'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
  ] as const) {
    t.equal(address(trusted, '10.0.0.1', forwarded), client, forwarded)
  }
})

t.test('what cannot be understood ends the chain at the last hop that could', async t => {
  for (const forwarded of [
    '',
    ' ',
    'unknown',
    '_hidden',
    'a, b',
    '203.0.113.9,',
    '203.0.113.9 10.0.0.2',
    '300.1.1.1',
  ]) {
    t.equal(address(['10.0.0.0/8'], '10.0.0.1', forwarded), '10.0.0.1', `'${forwarded}'`)
  }
  t.equal(address(['10.0.0.0/8'], '10.0.0.1', 'evil, 10.0.0.2'), '10.0.0.2')
})
