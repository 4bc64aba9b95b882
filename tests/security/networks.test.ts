import t from 'tap'
import { isAllowedFrom, isNetwork, neighbourhood, within } from '../../src/security/networks.ts'

t.test('an address lies in the networks that hold it', async t => {
  const isOurs = within(['10.0.0.0/8', '192.0.2.7', 'fd00::/8', '2001:db8::1'])
  for (const address of ['10.0.0.0', '10.255.255.255', '192.0.2.7', 'fd12::1', '2001:db8::1', '2001:DB8:0::0001']) {
    t.ok(isOurs(address), address)
  }
  t.ok(isOurs('::ffff:10.1.2.3'), 'IPv4 in IPv6')
  t.ok(isOurs('::ffff:a01:203'), 'the same in hexadecimal')
  for (const address of ['11.0.0.0', '192.0.2.8', 'fe80::1', '2001:db8::2', '::10.1.2.3', '::', '0.0.0.0']) {
    t.notOk(isOurs(address), address)
  }
  for (const text of [
    '',
    'unknown',
    'localhost',
    '10.0.0',
    '010.0.0.1',
    '10.0.0.1:80',
    '10.0.0.1/8',
    '10.0.0.1 ',
    '0x0a000001',
  ]) {
    t.notOk(isOurs(text), `'${text}' is no address`)
  }
  t.notOk(within([])('10.0.0.1'))
})

t.test('a client may come from its networks, and from anywhere if it names none', async t => {
  t.ok(isAllowedFrom('198.51.100.1', []))
  t.ok(isAllowedFrom('unknown', []))
  t.ok(isAllowedFrom('198.51.100.1', ['10.0.0.0/8', '198.51.100.0/24']))
  t.notOk(isAllowedFrom('198.51.101.1', ['10.0.0.0/8', '198.51.100.0/24']))
  t.notOk(isAllowedFrom('unknown', ['0.0.0.0/0', '::/0']), 'who cannot be placed is not inside')
  t.notOk(isAllowedFrom('2001:db8::1', ['0.0.0.0/0']), 'the other family')
})

t.test('networks are written as addresses, with or without a number of bits', async t => {
  for (const text of ['10.0.0.0/8', '10.0.0.1', '0.0.0.0/0', '::/0', 'fd00::/8', '::1/128']) t.ok(isNetwork(text), text)
  for (const text of [
    '',
    'a',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '10.0.0.0/8 ',
    '/8',
  ]) {
    t.notOk(isNetwork(text), text)
  }
})

t.test('IPv6 addresses are counted by the first 64 bits, however they are written', async t => {
  for (const [address, network] of [
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:ffff::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8::1:2:3:4:5', '2001:db8:0:1::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
    ['::2:3:4:5:6:7:8', '0:2:3:4::/64'],
    ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64'],
    ['1:2:3:4:5:6:192.0.2.33', '1:2:3:4::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['unknown', 'unknown'],
  ] as const) {
    t.equal(neighbourhood(address), network, address)
  }
})
