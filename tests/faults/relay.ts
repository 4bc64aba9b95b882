/** A relay before MongoDB that cuts a connection where a striker says so: before a command is passed on, or when its answer comes. */
import { connect, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'
import { frames } from '../mongo-engine/frames.ts'
import type { Striker, Way } from './strike.ts'

/** The field `lsid` in BSON: all commands have it, the driver's own pings do not. */
const mark = Buffer.from('\x03lsid\0', 'latin1')
const name = 26 // where the first name of a command's document begins: behind header, flags, kind, length and type

/** The URL to use in place of `url`, which names one host. */
export async function relay(t: Test, url: string, striker: Striker): Promise<string> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  const server = createServer(client => {
    const upstream = connect(Number(target.port || 27017), target.hostname)
    const cut = frames(16, start => start.readInt32LE(0))
    let lost = false
    client.on('data', chunk => {
      for (const message of cut(chunk as Buffer)) {
        const way = wayOf(message, striker)
        lost ||= way === 'lost'
        if (way === 'unavailable') client.destroy()
        else upstream.write(message)
      }
    })
    upstream.on('data', chunk => {
      if (lost) client.destroy()
      else client.write(chunk)
    })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {}) // 'close' follows
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as { port: number }
  const own = new URL(url)
  own.host = `127.0.0.1:${port}`
  own.searchParams.delete('replicaSet') // its members would be asked directly
  own.searchParams.set('directConnection', 'true')
  return own.href
}

function wayOf(message: Buffer, striker: Striker): Way | undefined {
  return message.includes(mark) ? striker.hit(message.toString('latin1', name, message.indexOf(0, name))) : undefined
}
