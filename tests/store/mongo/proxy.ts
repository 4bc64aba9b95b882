/** A wire to MongoDB that can be cut at a chosen command. */

import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:net'
import type { Test } from 'tap'

export type Proxy = {
  readonly url: string
  /** Cuts so often before the command arrives, or behind it, before its answer. */
  lose(what: 'request' | 'answer', command: string, times: number): void
  /** How often it was cut since. */
  readonly lost: number
}

export async function openProxy(t: Test, url: string): Promise<Proxy> {
  const { hostname, port } = new URL(url)
  let losing: 'request' | 'answer' = 'request'
  let command = ''
  let left = 0
  let lost = 0
  const server = createServer(client => {
    const upstream = connect(Number(port), hostname)
    let mute = false
    const end = () => {
      client.destroy()
      upstream.destroy()
    }
    client.on('data', chunk => {
      const cuts = left > 0 && chunk.includes(`${command}\0`)
      if (cuts) {
        left--
        lost++
        mute = true
      }
      if (cuts && losing === 'request') end()
      else upstream.write(chunk)
    })
    upstream.on('data', chunk => {
      if (mute) end()
      else client.write(chunk)
    })
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.close())
  return {
    url: `mongodb://127.0.0.1:${(server.address() as AddressInfo).port}/?directConnection=true`,
    lose(what, name, times) {
      losing = what
      command = name
      left = times
      lost = 0
    },
    get lost() {
      return lost
    },
  }
}
