import { EventEmitter } from 'node:events'
import type { Server } from 'node:http'
import t from 'tap'
import { limitConnections } from '../../src/http/connections.ts'
import type { HttpEvent } from '../../src/http/event.ts'

/** Connections from other addresses than this machine's own cannot be made here, so they are only told of. */
class Connection extends EventEmitter {
  readonly remoteAddress: string
  destroyed = false
  constructor(remoteAddress: string) {
    super()
    this.remoteAddress = remoteAddress
  }
  destroy(): void {
    this.destroyed = true
    this.emit('close')
  }
}

function crowd(most: number, trusted: readonly string[] = []) {
  const server = new EventEmitter()
  const events: HttpEvent[] = []
  limitConnections(server as unknown as Server, { most, trusted, observe: event => events.push(event) })
  return {
    events,
    from(address: string) {
      const connection = new Connection(address)
      server.emit('connection', connection)
      return connection
    },
  }
}

t.test('an address may hold so many connections, and another when one ends', async t => {
  const { from, events } = crowd(2)
  const first = from('203.0.113.9')
  const second = from('203.0.113.9')
  t.ok(from('203.0.113.9').destroyed)
  t.ok(from('203.0.113.9').destroyed, 'those that were refused do not count')
  t.notOk(first.destroyed || second.destroyed)
  t.notOk(from('203.0.113.10').destroyed, 'another address')
  t.same(events, [
    { event: 'http.crowded', most: 2 },
    { event: 'http.crowded', most: 2 },
  ])
  first.destroy()
  t.notOk(from('203.0.113.9').destroyed)
  t.ok(from('203.0.113.9').destroyed)
})

t.test('IPv6 addresses of one network count as one', async t => {
  const { from } = crowd(1)
  t.notOk(from('2001:db8::1').destroyed)
  t.ok(from('2001:db8::2').destroyed)
  t.notOk(from('2001:db8:0:1::1').destroyed)
})

t.test('this machine and trusted proxies hold as many as they like, and everybody where there is no limit', async t => {
  const { from } = crowd(1, ['10.0.0.0/8'])
  for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1', '10.0.0.1', '::ffff:10.0.0.1']) {
    t.notOk(from(address).destroyed || from(address).destroyed, address)
  }
  const { from: free } = crowd(0)
  t.notOk(free('203.0.113.9').destroyed || free('203.0.113.9').destroyed)
})
